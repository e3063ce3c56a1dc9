"""Disks that fill up, folders that may not be written to, and limits on the size of files."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from conftest import SmallProject
from content import differences
from outcome import Outcome, last_words
from projects import Run, evaluated, killed_at_last, remove, run, wait_until

AMPLE_MB = 500
TOO_LARGE = "files may not become so large"


def is_root() -> bool:
    return os.geteuid() == 0


@contextmanager
def small_disk(folder: Path, spare_kb: int) -> Iterator[None]:
    """Put a folder on a disk of its own with little room left; root alone may."""
    aside = folder.with_name(f"{folder.name}.aside")
    folder.rename(aside)
    folder.mkdir()
    _call("mount", "-t", "tmpfs", "-o", f"size={AMPLE_MB}m", "tmpfs", str(folder))
    try:
        shutil.copytree(aside, folder, symlinks=True, dirs_exist_ok=True)
        used_kb = shutil.disk_usage(folder).used >> 10
        _call("mount", "-o", f"remount,size={used_kb + spare_kb}k", str(folder))
        yield
    finally:
        _call("umount", "--lazy", str(folder))


def enlarge(folder: Path) -> None:
    _call("mount", "-o", f"remount,size={AMPLE_MB}m", str(folder))


def full_disks(
    finished: SmallProject, *, spare_kb: tuple[int, ...], scratch: Path, reference: Path
) -> list[Outcome]:
    """Run the stages after the cells on a disk that fills up, and again when it is larger."""
    return [
        _fill(name, spare, finished, scratch, reference)
        for name in ("results", ".snakemake")
        for spare in spare_kb
    ]


def _fill(
    name: str, spare_kb: int, finished: SmallProject, scratch: Path, reference: Path
) -> Outcome:
    project = evaluated(finished, scratch / "full")
    outcome = Outcome(f"a full disk under {name}/: room for {spare_kb} kB more")
    with small_disk(project.folder / name, spare_kb):
        code, said = run(project)
        enlarge(project.folder / name)
        _judge(outcome, project, code, said, "disk is full", reference)
    remove(project)
    return outcome


def filled_meanwhile(finished: SmallProject, *, scratch: Path, reference: Path) -> list[Outcome]:
    """Leave no room at all for Snakemake's own files once a run is at work."""
    project = evaluated(finished, scratch / "filled")
    outcome = Outcome("a disk under .snakemake/ that is filled while a run is at work")
    state = project.folder / ".snakemake"
    with small_disk(state, spare_kb=32 << 10), killed_at_last(Run(project)) as started:
        predictions = project.folder / "results" / "predictions"
        wait_until(lambda: list(predictions.glob("[!.]*.parquet")), started)
        _call("sh", "-c", f"cat /dev/zero > {state}/filler || true")
        code, said = started.wait(), started.said
        enlarge(state)
        _judge(outcome, project, code, said, "No space left", reference)
    remove(project)
    return [outcome]


def read_only(finished: SmallProject, *, scratch: Path, reference: Path) -> list[Outcome]:
    """Run where results/ or .snakemake/ may not be written to: nothing is to be begun."""
    outcomes = []
    for name in ("results", ".snakemake"):
        project = evaluated(finished, scratch / "closed")
        folder = project.folder / name
        outcome = Outcome(f"a read-only {name}/")
        _call("mount", "--bind", str(folder), str(folder))
        try:
            _call("mount", "-o", "remount,ro,bind", str(folder))
            code, said = run(project)
        finally:
            _call("umount", str(folder))
        if "Execute " in said:
            outcome.problems.append("a job was started")
        _judge(outcome, project, code, said, "may not be written", reference)
        remove(project)
        outcomes.append(outcome)
    return outcomes


def limited_files(
    finished: SmallProject, *, kilobytes: int, scratch: Path, reference: Path
) -> list[Outcome]:
    """Run with a limit on the size of files, which needs no root, and again without."""
    project = evaluated(finished, scratch / "limited")
    outcome = Outcome(f"files limited to {kilobytes} kB")
    code, said = run(project, prefix=("prlimit", f"--fsize={kilobytes * 1024}"))
    _judge(outcome, project, code, said, TOO_LARGE, reference)
    remove(project)
    return [outcome]


def _judge(
    outcome: Outcome, project: SmallProject, code: int, said: str, words: str, reference: Path
) -> None:
    outcome.seen = last_words(said)
    if code == 0:
        outcome.problems.append("the run did not notice")
    elif words not in said:
        outcome.problems.append(f"{words!r} is not said: {said[-3000:]}")
    if "Traceback" in said:
        outcome.problems.append(f"a traceback: {said[-4000:]}")
    again, told = run(project)
    if again:
        outcome.problems.append(f"does not complete afterwards: {last_words(told)}")
    outcome.problems += differences(project.folder, reference)


def _call(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
