"""Runs an AutoML program, and says in plain words why it failed where it did.

The workflow's own Python calls this; the program runs in its backend's environment. Outputs
get their names when the program has ended well, so that nothing is left half-written.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from affectmix.automl import BACKENDS
from affectmix.automl.environments import clean_environment, python_of
from affectmix.errors import AffectMixError
from affectmix.files import replacing
from affectmix.parent import end_with_parent

PROGRAMS = Path(__file__).parents[2] / "automl"
EXPLAINED = 3  # the program's last marked line says it all
MARK = "affectmix: "
_NO_MEMORY = ("MemoryError", "bad_alloc", "Cannot allocate memory")
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def supervise(arguments: argparse.Namespace) -> None:
    """Run one search.

    Raises:
        AffectMixError: the program failed; its output is in the log.
    """
    with (
        tempfile.TemporaryDirectory(prefix="affectmix-automl-") as scratch,
        replacing(arguments.predictions) as predictions,
        replacing(arguments.description) as description,
    ):
        command = [
            python_of(arguments.environment) if arguments.environment else "python",
            str(PROGRAMS / f"run_{arguments.backend}.py"),
            *("--rows", str(arguments.rows), "--folds", str(arguments.folds)),
            *("--settings", str(arguments.settings), "--target", arguments.target),
            *("--threads", str(arguments.threads), "--scratch", scratch),
            *("--predictions", str(predictions), "--description", str(description)),
        ]
        status = _run(command, arguments.log)
        if status:
            raise AffectMixError(_reason(status, arguments))
        for file in (predictions, description):
            if not file.is_file():
                raise AffectMixError(
                    f"the program ended well, but wrote no {file.name}; {_see(arguments)}"
                )


def _run(command: list[str], log: Path) -> int:
    """Return the exit status of a command whose output goes to ``log``; negative is a signal."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        try:
            process = subprocess.Popen(
                command,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=clean_environment() | dict.fromkeys(_ONE_THREAD, "1"),
                start_new_session=True,
            )
        except OSError as error:
            output.write(str(error).encode())
            return 127
        for ending in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(ending, lambda number, _: sys.exit(128 + number))
        try:
            end_with_parent(signal.SIGTERM)
            return process.wait()
        finally:
            # Candidates run in processes of their own, which outlive a program that is killed.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _reason(status: int, arguments: argparse.Namespace) -> str:
    lines = arguments.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    told = [line.removeprefix(MARK) for line in lines if line.startswith(MARK)]
    if status == EXPLAINED and told:
        return told[-1]
    killed = -status if status < 0 else status - 128
    if killed == signal.SIGKILL:
        return (
            "the program was killed from outside (SIGKILL), as systems do when memory runs out. "
            "Every one of its processes may take memory_mb: lower memory_mb or the rule's "
            "threads, run fewer jobs at once, or take a machine with more memory. "
            + _see(arguments)
        )
    if any(words in line for line in lines[-3:] for words in _NO_MEMORY):
        memory_mb = json.loads(arguments.settings.read_text(encoding="utf-8"))["memory_mb"]
        return (
            f"the program ran out of memory_mb {memory_mb} ({lines[-1]}): raise it, or leave the "
            f"hungriest learners out of the search; {_see(arguments)}"
        )
    broken = any(line.startswith(("ImportError", "ModuleNotFoundError")) for line in lines[-3:])
    if status in (126, 127) or broken:
        return (
            f"the environment of {arguments.backend} does not work "
            f"({lines[-1] if lines else 'no message'}); {_remedy(arguments)} "
            "and run snakemake again"
        )
    return f"{lines[-1] if lines else 'no message'} (exit status {status}); {_see(arguments)}"


def _remedy(arguments: argparse.Namespace) -> str:
    if arguments.environment:
        return f"delete {Path(arguments.environment).parent}"
    return "delete its folder under .snakemake/conda"


def _see(arguments: argparse.Namespace) -> str:
    return f"see {arguments.log}"


def main(argv: Sequence[str] | None = None) -> None:
    """Run one search from the command line; a failure ends with its message and status 1."""
    parser = argparse.ArgumentParser(prog="python -m affectmix.automl.supervise")
    parser.add_argument("--backend", choices=BACKENDS, required=True)
    parser.add_argument("--environment", default="", help="its ready mark; without: python")
    for name in ("rows", "folds", "settings", "predictions", "description", "log"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--target", required=True)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args(argv)
    try:
        supervise(arguments)
    except AffectMixError as error:
        print(f"affectmix: run_{arguments.backend}: {arguments.target}: {error}", file=sys.stderr)
        with arguments.log.open("a", encoding="utf-8") as log:
            log.write(f"\n{error}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
