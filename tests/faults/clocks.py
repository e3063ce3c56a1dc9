"""Clocks that jump between runs, and files whose times lie in the future or long ago."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from conftest import SmallProject
from content import differences
from outcome import Outcome, last_words
from projects import new_project, remove, run

DAY_S = 86_400
HALF = "results/features/eGeMAPSv02/mix/tones.parquet"


def has_faketime() -> bool:
    return shutil.which("faketime") is not None


def jump_between_runs(kind: str, *, scratch: Path, reference: Path) -> list[Outcome]:
    """Run half of the workflow by one clock, and the rest by another."""
    outcomes = []
    for first, second in (("+2 days", None), (None, "-2 days"), ("-2 days", None)):
        halves = f"{first or 'right'} in the first half of a run, {second or 'right'} in the second"
        outcomes.append(
            _run_in_turn(
                Outcome(f"clock {halves} ({kind})"),
                new_project(scratch / "jumping", kind),
                [((HALF,), _clock(first)), ((), _clock(second))],
                reference,
            )
        )
    return outcomes


def move_times(finished: SmallProject, *, scratch: Path, reference: Path) -> list[Outcome]:
    """Move the times of inputs and results, run again, and see whether it comes to an end."""
    outcomes = []
    for name, move in MOVES.items():
        project = finished.copy_to(scratch / "moved")
        move(project.folder)
        outcomes.append(_run_in_turn(Outcome(name), project, [((), ())], reference))
    return outcomes


def _run_in_turn(
    outcome: Outcome,
    project: SmallProject,
    runs: list[tuple[tuple[str, ...], tuple[str, ...]]],
    reference: Path,
) -> Outcome:
    """Make runs of some arguments and a prefix one after the other, judge, and remove them."""
    for arguments, prefix in runs:
        code, said = run(project, *arguments, prefix=prefix)
        if code:
            outcome.problems.append(f"{prefix}: {last_words(said)}")
    outcome.problems += _settled(project, outcome, reference)
    remove(project)
    return outcome


def _settled(project: SmallProject, outcome: Outcome, reference: Path) -> list[str]:
    left = project.would_run()
    outcome.seen = f"jobs that the next command would run: {sum(left.values())}"
    endless = [f"would be run again and again: {left}"] if left else []
    return endless + differences(project.folder, reference)


def _clock(change: str | None) -> tuple[str, ...]:
    return () if change is None else ("faketime", "-f", change.replace(" days", "d"))


def _move(files: list[Path], seconds: Callable[[int], float]) -> None:
    for place, file in enumerate(files):
        moved = time.time() + seconds(place)
        os.utime(file, (moved, moved))


def _results(folder: Path) -> list[Path]:
    return sorted(f for f in (folder / "results").rglob("*") if f.is_file())


MOVES: dict[str, Callable[[Path], None]] = {
    "the ratings' time is next year": lambda folder: _move(
        sorted(folder.glob("resources/*/ratings.csv")), lambda _: 365 * DAY_S
    ),
    "the results' times are last year": lambda folder: _move(
        _results(folder), lambda _: -365 * DAY_S
    ),
    "the results' times are next year, in any order": lambda folder: _move(
        _results(folder), lambda place: 365 * DAY_S + (place * 7919) % 1009
    ),
}
