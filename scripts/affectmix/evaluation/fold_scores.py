"""Cells as series over folds, and what a paired test of two of them gives a table."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from affectmix.evaluation.corrected_test import CorrectedTest, corrected_resampled_ttest, holm
from affectmix.evaluation.intervals import ratio_of_scheme
from affectmix.evaluation.metrics import fold_rows
from affectmix.evaluation.mixture_shares import trained_views
from affectmix.splits.mixtures import parse_mixture

ALPHA = 0.05
SETTING = ("experiment", "learner", "features", "scheme", "protocol", "arithmetic", "control")
TASK = (*SETTING, "mixture", "view", "target")
FAMILY = ("experiment", "scheme", "protocol", "arithmetic")
TESTED = ("ci95_low", "ci95_high", "effect", "p", "folds")


@dataclass(frozen=True)
class Scored:
    """One cell's folds on one view and target.

    Attributes:
        fields: the names in `TASK` → value.
        values: the metric, indexed by (repeat, fold).
    """

    fields: dict[str, str]
    values: pd.Series

    @property
    def mean(self) -> float:
        """Mean over the defined folds."""
        return float(self.values.mean())

    def same(self, other: Scored, names: Collection[str]) -> bool:
        """Whether both have the same values of the fields ``names``."""
        return all(self.fields[name] == other.fields[name] for name in names)


def scored_cells(metrics: pd.DataFrame, metric: str) -> Iterator[Scored]:
    """Yield every cell, view and target of ``metrics`` (rows of ``schemas.METRICS``), sorted."""
    rows = fold_rows(metrics)
    rows = rows[rows["metric"] == metric]
    for key, part in rows.groupby(list(TASK), sort=True, observed=True):
        index = pd.MultiIndex.from_frame(part[["repeat", "fold"]].astype(int))
        fields = {name: str(value) for name, value in zip(TASK, key, strict=True)}
        yield Scored(fields, pd.Series(part["value"].to_numpy(float), index=index))


def trained_alone(mixed: Scored, scored: Collection[Scored]) -> Scored | None:
    """Return the cell that ``mixed`` has to beat: trained on all of its view, nothing else.

    Of several such cells, one that tests the same views. None where ``mixed`` does not
    train on all of its view and on some of another one, or no such cell was run.
    """
    view, shares = mixed.fields["view"], parse_mixture(mixed.fields["mixture"])
    if shares.get(view, 0.0) < 1 or trained_views(mixed.fields["mixture"]) == (view,):
        return None
    found = [
        s
        for s in scored
        if mixed.same(s, (*SETTING, "view", "target"))
        and trained_views(s.fields["mixture"]) == (view,)
        and parse_mixture(s.fields["mixture"])[view] == 1
    ]
    found.sort(key=lambda s: parse_mixture(s.fields["mixture"]).keys() != shares.keys())
    return found[0] if found else None


def tested_folds(differences: pd.Series, *, scheme: str, two_sided: bool = True) -> CorrectedTest:
    """Test the mean of differences between folds of ``scheme`` that pair, against zero."""
    return corrected_resampled_ttest(
        differences.to_numpy(float),
        ratio=ratio_of_scheme(scheme),
        alternative="two-sided" if two_sided else "greater",
    )


def tested_columns(test: CorrectedTest) -> dict[str, Any]:
    """Return ``gain`` and the columns `TESTED` of one row."""
    return {
        "gain": test.mean,
        "ci95_low": test.low,
        "ci95_high": test.high,
        "effect": test.effect,
        "p": test.p,
        "folds": test.count,
    }


def with_holm(frame: pd.DataFrame, family: Sequence[str]) -> pd.DataFrame:
    """Return ``frame`` with ``p_holm``, its ``p`` adjusted within each family of rows."""
    adjusted = pd.Series(math.nan, index=frame.index, dtype=float)
    for _, part in frame.groupby(list(family), sort=False):
        adjusted.loc[part.index] = holm(part["p"].to_numpy(float))
    return frame.assign(p_holm=adjusted)
