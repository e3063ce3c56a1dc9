"""Disks that fill up, folders that may not be written to, and limits on the size of files."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from conftest import SmallProject
from content import differences
from outcome import Outcome, last_words
from projects import new_project, remove, run

AMPLE_MB = 500


def is_root() -> bool:
    return os.geteuid() == 0


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[None]:
    """Mount a disk of a size on a folder; root alone may."""
    folder.mkdir(exist_ok=True)
    _call("mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder))
    try:
        yield
    finally:
        _call("umount", "--lazy", str(folder))


def enlarge(folder: Path) -> None:
    _call("mount", "-o", f"remount,size={AMPLE_MB}m", str(folder))


def full_disks(
    kind: str, *, shares: tuple[float, ...], scratch: Path, reference: Path
) -> list[Outcome]:
    """Run on disks that hold a share of the results, and again when they have been enlarged."""
    outcomes = []
    for name in ("results", ".snakemake"):
        needed = sum(f.stat().st_blocks for f in (reference / name).rglob("*")) // 2
        for share in shares:
            project = new_project(scratch / "full", kind)
            size = max(40, round(share * needed))
            outcome = Outcome(f"a full disk under {name}/, {share:.0%} of what is needed ({kind})")
            with small_disk(project.folder / name, size):
                code, said = run(project)
                enlarge(project.folder / name)
                _judge(outcome, project, code, said, "disk is full", reference)
            remove(project)
            outcomes.append(outcome)
    return outcomes


def read_only(kind: str, *, scratch: Path, reference: Path) -> list[Outcome]:
    """Run where results/ may not be written to: nothing is to be begun."""
    project = new_project(scratch / "closed", kind)
    results = project.folder / "results"
    results.mkdir()
    outcome = Outcome(f"a read-only results folder ({kind})")
    _call("mount", "--bind", str(results), str(results))
    try:
        _call("mount", "-o", "remount,ro,bind", str(results))
        code, said = run(project)
        if (
            "rule "
            in said.replace("localrule ", "rule ").split("Error")[0].split("affectmix: ")[-1]
        ):
            outcome.problems.append("a job was started")
    finally:
        _call("umount", str(results))
    _judge(outcome, project, code, said, "may not be written", reference)
    remove(project)
    return [outcome]


def limited_files(kind: str, *, kilobytes: int, scratch: Path, reference: Path) -> list[Outcome]:
    """Run with a limit on the size of files, which needs no root, and again without."""
    project = new_project(scratch / "limited", kind)
    outcome = Outcome(f"files limited to {kilobytes} kB ({kind})")
    code, said = run(project, prefix=("prlimit", f"--fsize={kilobytes * 1024}"))
    _judge(outcome, project, code, said, "may not become so large", reference)
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
