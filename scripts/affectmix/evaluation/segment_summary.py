"""What the report says of segments, gathered file by file: they are many, and it shows few."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd

from affectmix.evaluation.segment_agreement import (
    own_accuracy,
    segment_agreement,
    segment_values,
)
from affectmix.evaluation.segment_curves import segment_curves
from affectmix.schemas import SEGMENT_AGREEMENT, SEGMENT_COUNTS, SEGMENT_CURVES
from affectmix.tasks import CLASS_TASKS, Task, classes_from_scores, indicators, task_of

_PREFERRED: Final = (Task.QUADRANT, Task.VALENCE_CLASS, Task.AROUSAL_CLASS)


@dataclass(frozen=True)
class SegmentRun:
    """One fold of a cell of the learner ``segments``.

    Attributes:
        cell, repeat, fold: which it is.
        settings: ``Project.cell_settings``.
        segment_s: length of its segments: the learner's, or the one that it chose.
        rows: ``schemas.SEGMENTS``.
    """

    cell: str
    repeat: int
    fold: int
    settings: Mapping[str, Any]
    segment_s: float
    rows: pd.DataFrame

    @property
    def task(self) -> Task:
        """What its learner is to predict."""
        return task_of(self.settings["learner"])


@dataclass
class SegmentSummary:
    """Collects what the report shows.

    Args:
        labels: corpus and ``schemas.LABELS`` of all corpora.
        sections: corpus and ``schemas.SECTIONS`` of the corpora whose sections are known.
    """

    labels: pd.DataFrame
    sections: pd.DataFrame
    _counts: list[pd.DataFrame] = field(default_factory=list)
    _agreement: list[dict[str, Any]] = field(default_factory=list)
    _curves: dict[str, list[pd.DataFrame]] = field(default_factory=dict)

    def add(self, run: SegmentRun, *, curves: bool) -> None:
        """Take in one fold; ``curves`` where its cell's clips may be shown."""
        if run.repeat == 0 and run.settings["fields"]["control"] == "none":
            self._counts.append(_counted(run))
        if run.task not in CLASS_TASKS:
            return
        if len(self.sections) and run.settings["fields"]["control"] == "none":
            found = segment_agreement(
                run.rows, self.labels, self.sections, task=run.task, segment_s=run.segment_s
            )
            named = {"cell": run.cell, "learner": run.settings["fields"]["learner"]}
            place = {"task": str(run.task), "repeat": run.repeat, "fold": run.fold}
            found["own_accuracy"] = own_accuracy(
                run.rows, self.sections, task=run.task, segment_s=run.segment_s
            )
            self._agreement.append({**named, **place, "segment_s": run.segment_s, **found})
        if curves and run.repeat == 0:
            kept = run.rows[run.rows["role"] == "test"].assign(segment_s=run.segment_s)
            self._curves.setdefault(run.cell, []).append(kept)

    def counts(self) -> pd.DataFrame:
        """Return ``schemas.SEGMENT_COUNTS``: tested clips with a segment, and their segments.

        A learner may have several cells, such as one per scheme, that test the same clips: the
        one that tests most counts.
        """
        keys, found = list(SEGMENT_COUNTS.key), ["songs", "segments"]
        if not self._counts:
            return pd.DataFrame(columns=list(SEGMENT_COUNTS.columns))
        by_cell = pd.concat(self._counts).groupby(["cell", *keys], as_index=False)[found].sum()
        most = by_cell.sort_values([*keys, *found], kind="stable").drop_duplicates(
            keys, keep="last"
        )
        return most.drop(columns="cell").reset_index(drop=True)

    def agreement(self) -> pd.DataFrame:
        """Return ``schemas.SEGMENT_AGREEMENT``."""
        return pd.DataFrame(self._agreement, columns=list(SEGMENT_AGREEMENT.columns))

    def curves(self, tasks: Mapping[str, Task]) -> pd.DataFrame:
        """Return ``schemas.SEGMENT_CURVES`` of the cells that were taken in for it.

        Args:
            tasks: cell → its task.
        """
        parts = [self._curve(cell, tasks[cell], rows) for cell, rows in self._curves.items()]
        columns = list(SEGMENT_CURVES.columns)
        return pd.concat(parts)[columns] if parts else pd.DataFrame(columns=columns)

    def _curve(self, cell: str, task: Task, rows: list[pd.DataFrame]) -> pd.DataFrame:
        tested = pd.concat(rows, ignore_index=True)
        # Lengths chosen inside training may differ from fold to fold: each clip has its own.
        length = tested.groupby(["corpus", "clip_id"])["segment_s"].first()
        shown = segment_curves(tested, self.labels, task=task, segment_s=0.0)
        places = pd.MultiIndex.from_frame(shown[["corpus", "clip_id"]])
        shown = shown.assign(cell=cell, segment_s=length.reindex(places).to_numpy())
        return shown.assign(own_class=self._own_classes(shown, task))

    def _own_classes(self, shown: pd.DataFrame, task: Task) -> np.ndarray:
        own = np.full(len(shown), None, dtype=object)
        if not len(self.sections):
            return own
        for length in shown["segment_s"].unique():
            place = (shown["segment_s"] == length).to_numpy()
            values = segment_values(shown[place], self.sections, segment_s=float(length))
            known = values.notna().all(axis=1).to_numpy()
            truth = indicators(values[known].assign(quadrant=None), task)
            names = [task.classes[number] for number in classes_from_scores(truth, task)]
            own[np.flatnonzero(place)[known]] = names
        return own


def length_of(learner: Mapping[str, Any], search: Mapping[str, Any]) -> float:
    """Return the length of a fold's segments in seconds: the learner's, or the one it chose.

    Args:
        learner: its settings; several lengths are chosen among.
        search: the fold's ``search.json``.
    """
    lengths = learner["segment_s"]
    if not isinstance(lengths, list):
        return float(lengths)
    if len(lengths) == 1:
        return float(lengths[0])
    return float(next(iter(search["points"].values()))["segment_s"])


def shown_cells(cells: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the cell whose clips the report shows: one, of the paper's method, if there is.

    Args:
        cells: cell of the learner ``segments`` → ``Project.cell_settings``, in their order.

    Returns:
        The first cell without a control, of quadrants before other classes, of the method
        ``full`` before others; none without a class task.
    """
    ranked = sorted(_ranked(cells.items()))
    return [ranked[0][-1]] if ranked else []


def _ranked(
    cells: Iterable[tuple[str, Mapping[str, Any]]],
) -> Iterator[tuple[int, bool, int, str]]:
    for place, (name, settings) in enumerate(cells):
        task = task_of(settings["learner"])
        if task in _PREFERRED and settings["fields"]["control"] == "none":
            other = settings["learner"].get("method", "full") != "full"
            yield _PREFERRED.index(task), other, place, name


def _counted(run: SegmentRun) -> pd.DataFrame:
    tested = run.rows[run.rows["role"] == "test"]
    groups = tested.groupby("corpus")["clip_id"]
    frame = pd.DataFrame({"songs": groups.nunique(), "segments": groups.size()}).reset_index()
    learner = run.settings["fields"]["learner"]
    return frame.assign(cell=run.cell, learner=learner, segment_s=run.segment_s)
