"""What the searches' own reports say: how many fits there were, and which did not converge."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from affectmix.files import read_sealed

_REPORTED_FIT = "reported fit"
_PROTOCOL = 4  # its place among the parts of a cell's name


def convergence(searches: Mapping[str, Iterable[str | Path]]) -> pd.DataFrame:
    """Return how many fits of each cell's searches and evaluations did not converge.

    Args:
        searches: cell → its search files.

    Returns:
        One row per cell and rung: ``cell, rung, share, fits, unconverged``, counts summed
        over searches. Rungs are numbers as text, and ``reported fit`` for the fits of the
        chosen points that made the predictions.
    """
    columns = ["cell", "rung", "share", "fits", "unconverged"]
    rows: list[tuple[str, str, float, int, int]] = []
    for cell, report, fits in _reports(searches):
        for rung in report.get("rungs", []):
            counts = rung["scored"], rung["unconverged"]
            rows.append((cell, str(rung["rung"]), rung["share"], *counts))
        if fits:
            failed = sum(not converged for converged in fits.values())
            rows.append((cell, _REPORTED_FIT, 1.0, len(fits), failed))
    frame = pd.DataFrame(rows, columns=columns).groupby(columns[:3], as_index=False)
    return frame[columns[3:]].sum()


def unconverged_sentences(searches: Mapping[str, Iterable[str | Path]]) -> list[str]:
    """Return a sentence for each cell and target whose reported fits or choices are in doubt.

    Args:
        searches: as in `convergence`.
    """
    found: dict[tuple[str, str, str], list[bool]] = {}
    for cell, report, fits in _reports(searches):
        chosen = report.get("chosen_converged", {})
        for what, by_target in (("searches", chosen), ("evaluations", fits)):
            for target, converged in by_target.items():
                found.setdefault((cell, target, what), []).append(bool(converged))
    subjects = {"searches": "the chosen point", "evaluations": "the reported fit"}
    return [
        f"{cell}, {target}: {subjects[what]} did not converge in {converged.count(False)} of "
        f"{len(converged)} {what}."
        for (cell, target, what), converged in sorted(found.items())
        if not all(converged)
    ]


def approximation_sentences(searches: Mapping[str, Iterable[str | Path]]) -> list[str]:
    """Return a sentence for each cell whose kernels were approximated.

    Args:
        searches: as in `convergence`.
    """
    found: dict[str, tuple[int, set[int]]] = {}
    for cell, report, _ in _reports(searches):
        said = report.get("approximation")
        if said:
            found.setdefault(cell, (said["landmarks"], set()))[1].update(said["rungs"])
    return [
        f"{cell}: there were too many clips for exact kernels; they were approximated by "
        f"{landmarks} landmarks, in rung{'s' if len(rungs) > 1 else ''} "
        f"{', '.join(map(str, sorted(rungs)))} of its searches and in the fits."
        for cell, (landmarks, rungs) in sorted(found.items())
    ]


def searches_by_cell(files: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return cell → its searches; those of final models stand beside, and are named so."""
    cells: dict[str, list[str]] = {}
    for kind, mark in (("searches", ""), ("final_searches", " (final model)")):
        for file in files.get(kind, []):
            cells.setdefault(f"{Path(file).parts[-2]}{mark}", []).append(file)
    return cells


def _reports(
    searches: Mapping[str, Iterable[str | Path]],
) -> Iterator[tuple[str, dict[str, Any], dict[str, bool]]]:
    """Yield for every file its cell, what the search reports, and whether its fits converged.

    Under the paper's protocol all folds of a repeat repeat the report of one search: it is
    yielded with the first of them, and is empty with the others.
    """
    for cell, files in searches.items():
        shared = cell.split("__")[_PROTOCOL : _PROTOCOL + 1] == ["paper"]
        seen: set[tuple[str, str]] = set()
        for file in map(Path, files):
            report = read_sealed(file)["report"]
            fits = report.pop("fits", {})
            repeat = file.name.split(".")[0].split("-")[0]
            key = (repeat, json.dumps(report, sort_keys=True))
            yield cell, {} if shared and key in seen else report, fits
            seen.add(key)
