"""Projects that faults are let loose on, and the content of what a run leaves in them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import yaml
from conftest import REPOSITORY, SmallProject, make_project, small_config

LONGEST_S = 1800  # of a run; the machine may be busy
LATE = ("predictions", "metrics", "coverage", "audit", "tables", "figures")
CONFIGS = {
    "small": None,  # of tests/workflow/conftest.py
    "mini": REPOSITORY / "config" / "examples" / "mini.yaml",
    "stems": Path(__file__).with_name("stems.yaml"),
    "networks": Path(__file__).with_name("networks.yaml"),
}


def new_project(folder: Path, kind: str) -> SmallProject:
    """Return a project that nothing was run in yet, of one of :data:`CONFIGS`."""
    project = make_project(folder)
    file = CONFIGS[kind]
    config = yaml.safe_load(file.read_text(encoding="utf-8")) if file else small_config()
    project.write_config(config)
    return project


def evaluated(finished: SmallProject, folder: Path) -> SmallProject:
    """Return a copy of a finished project from which everything after its cells is gone."""
    project = finished.copy_to(folder)
    results = project.folder / "results"
    for name in LATE:
        shutil.rmtree(results / name, ignore_errors=True)
    (results / "report.html").unlink()
    return project


class Run:
    """A run of a project's workflow in the background, and what it says.

    Args:
        project: where it runs.
        arguments: of Snakemake, beside the usual ones.
        prefix: a command that Snakemake is run by, such as ``prlimit``.
        environment: variables beside this process's own.
    """

    def __init__(
        self,
        project: SmallProject,
        *arguments: str,
        prefix: tuple[str, ...] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._said = project.folder / "said.txt"
        self._from = self._said.stat().st_size if self._said.exists() else 0
        with self._said.open("ab") as said:
            self.process = subprocess.Popen(
                [*prefix, *project.command(*arguments)],
                cwd=project.folder,
                env=os.environ | {"OMP_NUM_THREADS": "1"} | dict(environment or {}),
                stdout=said,
                stderr=subprocess.STDOUT,
            )

    @property
    def said(self) -> str:
        """What was printed so far."""
        with self._said.open("rb") as file:
            file.seek(self._from)
            return file.read().decode(errors="replace")

    def wait(self) -> int:
        """Return the exit status; a run that hangs is killed, and is a failure of the test."""
        try:
            return self.process.wait(timeout=LONGEST_S)
        except subprocess.TimeoutExpired:
            kill(self.members())
            raise AssertionError(f"the run hung:\n{self.said[-3000:]}") from None

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def jobs(self) -> list[psutil.Process]:
        """Return the processes that Snakemake has started and that still run."""
        with suppress(psutil.NoSuchProcess):
            return psutil.Process(self.process.pid).children(recursive=True)
        return []

    def members(self) -> list[psutil.Process]:
        """Return Snakemake's process first, then those that it has started."""
        with suppress(psutil.NoSuchProcess):
            return [psutil.Process(self.process.pid), *self.jobs()]
        return []


def run(project: SmallProject, *arguments: str, **settings: object) -> tuple[int, str]:
    """Return the exit status and the words of a run."""
    started = Run(project, *arguments, **settings)  # type: ignore[arg-type]
    return started.wait(), started.said


def kill(processes: list[psutil.Process]) -> None:
    """Send SIGKILL to processes in their order, whether or not they are still there."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGKILL)
    psutil.wait_procs(processes, timeout=30)


@contextmanager
def killed_at_last(started: Run) -> Iterator[Run]:
    """Kill whatever is left of a run when the block ends."""
    try:
        yield started
    finally:
        kill(started.members())
        started.process.wait()


def wait_until(condition: object, started: Run, *, longest_s: float = LONGEST_S) -> bool:
    """Wait until ``condition()`` is true while a run lives, and return whether it became so."""
    assert callable(condition)
    end = time.monotonic() + longest_s
    while started.alive and time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def remove(project: SmallProject) -> None:
    """Delete a project's folder."""
    shutil.rmtree(project.folder, ignore_errors=True)
