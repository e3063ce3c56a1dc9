"""A program that fails is explained, and leaves nothing half-written."""

from __future__ import annotations

import contextlib
import os
import select
import stat
from pathlib import Path

import pytest
from affectmix.automl import supervise

NAMES = ("rows", "folds", "settings", "predictions", "description", "log")


def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str) -> Path:
    """Run a shell script in place of a backend's Python, as its environment would hold it."""
    python = tmp_path / "env" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\n{program}\n", encoding="utf-8")
    python.chmod(python.stat().st_mode | stat.S_IXUSR)
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", None)
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "settings").write_text('{"memory_mb": 560}', encoding="utf-8")
    arguments = ["--backend", "flaml", "--environment", str(tmp_path / "env" / "ready.json")]
    for name in NAMES:
        arguments += [f"--{name}", str(folder / name)]
    supervise.main([*arguments, "--target", "valence", "--threads", "3"])
    return folder


def names_in(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


WRITES = """
while [ $# -gt 1 ]; do
    case $1 in --predictions|--description) echo "$1" > "$2" ;; esac
    shift
done
"""


def test_outputs_get_their_names_when_the_program_has_ended_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/ours")
    says = 'echo "$@"; echo "threads $OMP_NUM_THREADS path ${PYTHONPATH:-none}"'
    folder = run(tmp_path, monkeypatch, f"{says}\n{WRITES}")
    assert names_in(folder) == ["description", "log", "predictions", "settings"]
    log = (folder / "log").read_text()
    for words in ("run_flaml.py", "--target valence", "--threads 3", "threads 1 path none"):
        assert words in log
    assert not list((tmp_path / "tmp").iterdir())


FAILURES = {
    "killed": (f"{WRITES}\nkill -9 $$", ["SIGKILL", "memory_mb", "threads"]),
    "memory": (
        "echo 'LightGBMError: std::bad_alloc'; exit 1",
        ["ran out of memory_mb 560", "std::bad_alloc", "raise it", "log"],
    ),
    "no memory for the refit": (
        "echo 'numpy.exceptions._ArrayMemoryError: Unable to allocate 9 GiB'; exit 1",
        ["ran out of memory_mb 560", "9 GiB", "raise it"],
    ),
    "explained": (
        "echo noise; echo 'affectmix: found no model; raise budget_s'; exit 3",
        ["valence: found no model; raise budget_s"],
    ),
    "broken": (
        "echo \"ModuleNotFoundError: No module named 'flaml'\"; exit 1",
        ["environment of flaml does not work", "No module named 'flaml'", "delete", "/env "],
    ),
    "crashed": (f"{WRITES}\necho 'ValueError: odd'; exit 1", ["ValueError: odd", "log"]),
    "silent": ("exit 0", ["wrote no", "predictions"]),
    "shell": ("exit 137", ["SIGKILL"]),
}


@pytest.mark.parametrize("case", FAILURES)
def test_failure_is_explained_and_leaves_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    case: str,
) -> None:
    program, words = FAILURES[case]
    with pytest.raises(SystemExit) as caught:
        run(tmp_path, monkeypatch, program)
    assert caught.value.code == 1
    said = capsys.readouterr().err
    assert said.startswith("affectmix: run_flaml: valence: ")
    for word in words:
        assert word in said
    assert names_in(tmp_path / "out") == ["log", "settings"]
    assert (
        said.strip().removeprefix("affectmix: run_flaml: valence: ")
        in (tmp_path / "out" / "log").read_text()
    )
    assert not list((tmp_path / "tmp").iterdir())


def test_processes_of_a_program_that_ends_end_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = tmp_path / "child"
    run(tmp_path, monkeypatch, f"sleep 60 & echo $! > {child}\n{WRITES}")
    with contextlib.suppress(ProcessLookupError):
        ended = os.pidfd_open(int(child.read_text()))
        assert select.select([ended], [], [], 30)[0]


def test_missing_interpreter_is_a_broken_environment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--backend", "autosklearn", "--environment", str(tmp_path / "gone/ready.json")]
    for name in NAMES:
        arguments += [f"--{name}", str(tmp_path / name)]
    with pytest.raises(SystemExit):
        supervise.main([*arguments, "--target", "arousal"])
    said = capsys.readouterr().err
    assert "environment of autosklearn does not work" in said
    assert f"delete {tmp_path / 'gone'}" in said
