"""SIGKILL at random moments to Snakemake, one of its jobs or all, until a run is complete."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from fnmatch import fnmatch
from pathlib import Path

import psutil
from conftest import SmallProject
from content import differences
from outcome import Outcome, last_words
from projects import Run, kill, new_project, remove, run, wait_until

TARGETS = ("a job", "a job", "Snakemake", "Snakemake and its jobs")
MOMENTS = ("start", "work", "work", "write", "write")
_MOST_FILES = 3  # that are made, at most, before a kill
_START_S = 6.0  # in which Snakemake reads the configuration and makes its graph
_ORPHANS_S = 5.0  # after which no job may live on without its Snakemake


Hit = tuple[str, str]  # what was killed, and when


def kill_until(kills: int, *, kind: str, seed: int, folder: Path, reference: Path) -> list[Outcome]:
    """Kill runs of fresh projects ``kills`` times in all, each project until it is complete.

    Runs keep going when one of their jobs is killed, and are started again when they end.

    Returns:
        One outcome per kind of kill, with how often it was done.
    """
    draw = random.Random(seed)
    done: dict[Hit, list[str]] = {}
    faults: list[str] = []
    projects = left = 0
    while left < kills:
        projects += 1
        project = new_project(folder / f"killed{projects}", kind)
        finished = False
        while left < kills and not finished:
            hits, finished = _run_and_kill(project, draw, most=kills - left)
            left += len(hits)
            for hit, fault in hits:
                done.setdefault(hit, []).append(fault)
                print(f"{kind}, project {projects}, {left} of {kills}: {hit} {fault}", flush=True)
        faults += _complete(project, reference)
        print(f"{kind}, project {projects} complete, differences: {faults}", flush=True)
        remove(project)
    outcomes = [
        Outcome(
            f"kill -9 of {target}, {_MOMENT_WORDS[moment]} ({kind})",
            times=len(said),
            seen="the same command went on",
            problems=[fault for fault in said if fault],
        )
        for (target, moment), said in sorted(done.items())
    ]
    seen = "complete, nothing left to be done"
    return [*outcomes, Outcome(f"projects of these kills ({kind})", projects, seen, faults)]


_MOMENT_WORDS = {
    "start": "as it starts",
    "work": "at work",
    "write": "while a file is written",
}


def _run_and_kill(
    project: SmallProject, draw: random.Random, *, most: int
) -> tuple[list[tuple[Hit, str]], bool]:
    """Start a run and kill some of it; return what was killed, what was wrong, and if it ended."""
    started = Run(project, "--keep-going")
    hits: list[tuple[Hit, str]] = []
    while len(hits) < most:
        moment, target = draw.choice(MOMENTS), draw.choice(TARGETS)
        if not _MOMENT[moment](project, started, draw):
            break
        jobs = started.jobs()
        if target == "a job" and jobs:
            kill([draw.choice(jobs)])
            hits.append(((target, moment), ""))
            continue
        whole = target == "Snakemake and its jobs"
        kill(started.members() if whole else started.members()[:1])
        started.process.wait()
        hits.append((("Snakemake" if not whole else target, moment), _orphans(jobs)))
        return hits, False
    code = started.wait()
    if code and not hits:
        raise AssertionError(f"a run failed by itself:\n{started.said[-3000:]}")
    if code and "it was killed" not in started.said:
        hits[-1] = (hits[-1][0], "not said that a job was killed")
    return hits, code == 0


def _orphans(jobs: list[psutil.Process]) -> str:
    """Say which jobs went on without their Snakemake; the next run is started beside them."""
    _, alive = psutil.wait_procs(jobs, timeout=_ORPHANS_S)
    return f"{len(alive)} jobs went on alone" if alive else ""


def _complete(project: SmallProject, reference: Path) -> list[str]:
    code, said = run(project)
    if code:
        return [f"the last run failed: {last_words(said)}"]
    if project.would_run():
        return [f"jobs left over: {project.would_run()}"]
    return differences(project.folder, reference)


def _as_it_starts(project: SmallProject, started: Run, draw: random.Random) -> bool:
    time.sleep(draw.uniform(0, _START_S))
    return started.alive


def _at_work(project: SmallProject, started: Run, draw: random.Random) -> bool:
    before, wanted = _files(project), draw.randint(1, _MOST_FILES)
    if not wait_until(lambda: len(_files(project) - before) >= wanted, started):
        return False
    time.sleep(draw.uniform(0, 1))
    return started.alive


def _while_writing(project: SmallProject, started: Run, draw: random.Random) -> bool:
    skip = draw.randint(0, _MOST_FILES)
    seen: set[Path] = set()

    def writing() -> bool:
        found = {file for file in _results(project) if fnmatch(file.name, ".*.tmp")}
        seen.update(found)
        return bool(found) and len(seen) > skip

    return wait_until(writing, started)


_MOMENT: dict[str, Callable[[SmallProject, Run, random.Random], bool]] = {
    "start": _as_it_starts,
    "work": _at_work,
    "write": _while_writing,
}


def _files(project: SmallProject) -> set[str]:
    """Return the results, with their times, as a file may be made again."""
    found = set()
    for file in _results(project):
        with suppress(OSError):
            found.add(f"{file}:{file.stat().st_mtime_ns}")
    return found


def _results(project: SmallProject) -> Iterator[Path]:
    """Yield the files of the results; folders may go while they are looked through."""
    for folder, _, files in os.walk(project.folder / "results"):
        yield from (Path(folder) / name for name in files)
