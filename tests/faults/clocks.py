"""Clocks that jump in a run, and files whose times lie in the future or long ago."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from conftest import SmallProject
from content import differences
from outcome import Outcome, last_words
from projects import Run, killed_at_last, new_project, remove, run, wait_until

DAY_S = 86_400
SKEW = "could indicate a clock skew problem"  # Snakemake's words
AHEAD = "the results' times are next year, in any order"
HALF = "results/features/eGeMAPSv02/mix/tones.parquet"


def jump_in_a_run(kind: str, *, scratch: Path, reference: Path) -> list[Outcome]:
    """Set the clock right when a run has made half: what it wrote lies ahead or behind from then.

    The clock itself is everybody's. So what it wrote is moved, while the run stands still.
    """
    return [
        _jump(
            Outcome(f"the clock jumps two days {way} in the middle of a run ({kind})"),
            new_project(scratch / "jumping", kind),
            seconds,
            reference,
        )
        for way, seconds in (("back", 2 * DAY_S), ("ahead", -2 * DAY_S))
    ]


def _jump(outcome: Outcome, project: SmallProject, seconds: float, reference: Path) -> Outcome:
    with killed_at_last(Run(project)) as started:
        half = project.folder / HALF
        if not wait_until(half.exists, started):
            outcome.problems.append("the run ended before half was made")
        stopped = started.members()
        for process in stopped:
            process.suspend()
        for file in _files(project.folder, "results", ".snakemake"):
            moved = file.stat().st_mtime + seconds
            os.utime(file, (moved, moved))
        for process in stopped:
            process.resume()
        code, said = started.wait(), started.said
    if code and SKEW not in said:
        outcome.problems.append(f"not said in words: {said[-3000:]}")
    _run_and_judge(outcome, project, reference)
    outcome.seen = f"{'stopped: ' + SKEW if code else 'went on'}; {outcome.seen}"
    return outcome


def move_times(finished: SmallProject, *, scratch: Path, reference: Path) -> list[Outcome]:
    """Move the times of inputs and results, run again, and see whether it comes to an end."""
    return [move_time(name, finished, scratch, reference) for name in MOVES]


def move_time(name: str, finished: SmallProject, scratch: Path, reference: Path) -> Outcome:
    """Do one of :data:`MOVES` to a copy of a finished project, and run it again."""
    project = finished.copy_to(scratch / "moved")
    MOVES[name](project.folder)
    return _run_and_judge(Outcome(name), project, reference)


def _run_and_judge(outcome: Outcome, project: SmallProject, reference: Path) -> Outcome:
    """Run, look whether that was the end of it and the content is right, and remove the project."""
    code, said = run(project)
    if code:
        outcome.problems.append(last_words(said))
    outcome.problems += _settled(project, outcome, reference)
    remove(project)
    return outcome


def _settled(project: SmallProject, outcome: Outcome, reference: Path) -> list[str]:
    left = project.would_run()
    outcome.seen = f"jobs that the next command would run: {sum(left.values())}"
    endless = [f"would be run again and again: {left}"] if left else []
    return endless + differences(project.folder, reference)


def _move(files: list[Path], seconds: Callable[[int], float]) -> None:
    for place, file in enumerate(files):
        moved = time.time() + seconds(place)
        os.utime(file, (moved, moved))


def _files(folder: Path, *parts: str) -> list[Path]:
    return sorted(file for part in parts for file in (folder / part).rglob("*") if file.is_file())


MOVES: dict[str, Callable[[Path], None]] = {
    "the ratings' time is next year": lambda folder: _move(
        sorted(folder.glob("resources/*/ratings.csv")), lambda _: 365 * DAY_S
    ),
    "the results' times are last year": lambda folder: _move(
        _files(folder, "results"), lambda _: -365 * DAY_S
    ),
    AHEAD: lambda folder: _move(
        _files(folder, "results"), lambda place: 365 * DAY_S + (place * 7919) % 1009
    ),
}
