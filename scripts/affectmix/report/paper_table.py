"""Table 1 in the form that the page shows: rows, and in each cell ours over the published."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from affectmix.evaluation.metrics import HIGHER_IS_BETTER
from affectmix.evaluation.mixture_shares import describe
from affectmix.report.labels import ordered_mixtures
from affectmix.report.tables import plus_minus


@dataclass(frozen=True)
class PaperCell:
    """One number of ours with its published counterpart; empty texts where there is none."""

    ours: str
    best: bool
    published: str
    note: str


@dataclass(frozen=True)
class PaperRow:
    """One row: what it is about, and a cell per training set; None where nothing was run.

    A span says over how many rows the test view or the learner stands; 0 where a row
    above has named it already.
    """

    view: str
    view_span: int
    series: str
    series_span: int
    target: str
    cells: tuple[PaperCell | None, ...]


@dataclass(frozen=True)
class PaperTable:
    """The table: its training sets in words, its rows, and the flags that occur."""

    columns: tuple[str, ...]
    rows: tuple[PaperRow, ...]
    flags: tuple[str, ...]


def paper_table(long: pd.DataFrame) -> PaperTable:
    """Return the rows of `tables.table1` in the layout of the page; best of a row marked."""
    mixtures = ordered_mixtures(long["mixture"])
    rows: list[PaperRow] = []
    views = long.groupby("view", sort=False)
    for view, by_view in views:
        height = len(by_view[["series", "target"]].drop_duplicates())
        for series, by_series in by_view.groupby("series", sort=False):
            span = by_series["target"].nunique()
            for target, part in by_series.groupby("target", sort=False):
                cells = _cells(part, mixtures)
                rows.append(PaperRow(str(view), height, str(series), span, str(target), cells))
                height = span = 0
    flags = sorted({flag for row in long["published_flags"] for flag in row.split(";") if flag})
    return PaperTable(tuple(describe(m) for m in mixtures), tuple(rows), tuple(flags))


def _cells(part: pd.DataFrame, mixtures: list[str]) -> tuple[PaperCell | None, ...]:
    by_mixture = {row["mixture"]: row for _, row in part.iterrows()}
    values = part["ours"].to_numpy(float)
    best = np.nan
    if len(values) > 1 and not np.isnan(values).all():
        higher = HIGHER_IS_BETTER[part["metric"].iloc[0]]
        best = np.nanmax(values) if higher else np.nanmin(values)
    return tuple(_cell(by_mixture.get(mixture), float(best)) for mixture in mixtures)


def _cell(row: pd.Series | None, best: float) -> PaperCell | None:
    if row is None:
        return None
    flagged = bool(row["published_flags"])
    return PaperCell(
        ours=plus_minus(row["ours"], row["ours_ci"]) or "–",
        best=bool(row["ours"] == best),
        published=plus_minus(row["published"], row["published_ci"], dagger=flagged),
        note=row["published_note"],
    )
