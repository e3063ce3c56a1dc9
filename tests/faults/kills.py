"""SIGKILL at random moments to Snakemake, one of its jobs or all, until a run is complete."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
from conftest import SmallProject
from content import differences
from outcome import Outcome, last_words
from projects import Run, kill, new_project, remove, run, wait_until

TARGETS = ("Snakemake", "a job", "Snakemake and its jobs")
MOMENTS = ("start", "work", "work", "work", "write")
_MOST_FILES = 3  # that are made, at most, before a kill
_START_S = 6.0  # in which Snakemake reads the configuration and makes its graph
_ORPHANS_S = 5.0  # after which no job may live on without its Snakemake


def kill_until(kills: int, *, kind: str, seed: int, folder: Path, reference: Path) -> list[Outcome]:
    """Kill runs of fresh projects ``kills`` times in all, each project until it is complete.

    Returns:
        One outcome per kind of kill, with how often it was done.
    """
    draw = random.Random(seed)
    done: dict[tuple[str, str], list[str]] = {}
    faults: list[str] = []
    projects = 0
    left = kills
    while left:
        projects += 1
        project = new_project(folder / f"killed{projects}", kind)
        while left and (hit := _run_and_kill(project, draw)):
            left -= 1
            what, fault = hit
            done.setdefault(what, []).append(fault)
            print(f"{kind}, project {projects}, {left} left: {what} {fault}", flush=True)
        faults += _complete(project, reference)
        remove(project)
    return [
        Outcome(
            f"kill -9 of {target}, {_MOMENT_WORDS[moment]} ({kind})",
            times=len(said),
            seen=f"the same command went on; {projects} projects in all",
            problems=[fault for fault in said if fault],
        )
        for (target, moment), said in sorted(done.items())
    ] + ([Outcome(f"the projects of these kills ({kind})", problems=faults)] if faults else [])


_MOMENT_WORDS = {
    "start": "as it starts",
    "work": "at work",
    "write": "while a file is written",
}


def _run_and_kill(project: SmallProject, draw: random.Random) -> tuple[tuple[str, str], str] | None:
    """Start a run and kill some of it; return what was killed when, and what was wrong after."""
    moment, target = draw.choice(MOMENTS), draw.choice(TARGETS)
    started = Run(project)
    if not _MOMENT[moment](project, started, draw):
        code = started.wait()
        if code:
            raise AssertionError(f"a run failed by itself:\n{started.said[-3000:]}")
        return None
    jobs = started.jobs()
    if target == "a job" and not jobs:
        target = "Snakemake"
    if target == "a job":
        kill([draw.choice(jobs)])
        code = started.wait()
        words = "" if code == 0 or "it was killed" in started.said else "not said: it was killed"
        return (target, moment), words
    kill(started.members() if target == "Snakemake and its jobs" else started.members()[:1])
    started.process.wait()
    return (target, moment), _orphans(jobs)


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
    seen: set[str] = set()

    def writing() -> bool:
        found = {str(file) for file in project.folder.glob("results/**/.*.tmp")}
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
    for file in (project.folder / "results").rglob("*.*"):
        with suppress(OSError):
            found.add(f"{file}:{file.stat().st_mtime_ns}")
    return found
