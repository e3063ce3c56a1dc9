"""Differences between cells, tested fold by fold: mixing, skill, and the permuted control.

All tests pair the same repeat, fold, view and target, and are corrected for overlapping
training sets (`corrected_test`). Where several are made, Holm's adjustment is beside them.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from affectmix.evaluation.corrected_test import CorrectedTest, corrected_resampled_ttest, holm
from affectmix.evaluation.intervals import ratio_of_scheme
from affectmix.evaluation.metrics import HIGHER_IS_BETTER, fold_rows
from affectmix.evaluation.mixture_shares import is_full, trained_views
from affectmix.splits.mixtures import parse_mixture

ALPHA = 0.05
HELPED, HURT, NOT_SHOWN, UNDEFINED = "helped", "hurt", "not shown", "undefined"
SKILL, NO_SKILL = "skill", "no skill"
_SETTING = ("experiment", "learner", "features", "scheme", "protocol", "arithmetic", "control")
_TASK = (*_SETTING, "mixture", "view", "target")
_FAMILY = ["experiment", "scheme", "protocol", "arithmetic"]
_TESTED = ("ci95_low", "ci95_high", "effect", "p", "folds")


@dataclass(frozen=True)
class _Scored:
    """One cell's folds on one view and target: a series by (repeat, fold)."""

    fields: dict[str, str]
    values: pd.Series

    @property
    def mean(self) -> float:
        return float(self.values.mean())

    def same(self, other: _Scored, names: Collection[str]) -> bool:
        return all(self.fields[name] == other.fields[name] for name in names)


def compare_mixtures(
    metrics: pd.DataFrame, *, metric: str = "r2", mean_learners: Collection[str] = ("mean",)
) -> pd.DataFrame:
    """Test, for every view and target, whether adding other views to its training set helped.

    The baseline is the cell that trains on all of the view and on nothing else; against
    it stands every mixture that trains on all of the view and on some of another one.

    Args:
        metrics: rows of ``schemas.METRICS``; the folds' rows are used.
        metric: which metric; its gain is positive where mixing is better.
        mean_learners: names of learners that do not learn, and are left out.

    Returns:
        One row per comparison without a control: the cell's setting, ``mixture``,
        ``view``, ``target``, ``metric``, ``alone`` and ``mixed`` (means over folds),
        ``gain`` with its corrected 95 % interval, ``effect`` (d_z), ``p`` (two-sided),
        ``folds``, ``p_holm`` over the experiment's comparisons of the same kind (full
        mixtures and partial ones apart), and ``verdict``.
    """
    scored = [s for s in _scored(metrics, metric) if s.fields["control"] == "none"]
    scored = [s for s in scored if s.fields["learner"] not in mean_learners]
    sign = 1 if HIGHER_IS_BETTER[metric] else -1
    rows = []
    for mixed in scored:
        alone = _baseline(mixed, scored)
        if alone is None:
            continue
        test = _test(sign * (mixed.values - alone.values), mixed, two_sided=True)
        means = {"alone": alone.mean, "mixed": mixed.mean}
        full = is_full(mixed.fields["mixture"])
        rows.append({**mixed.fields, "metric": metric, "full": full, **means, **_row(test)})
    names = [*_TASK, "metric", "full", "alone", "mixed", "gain", *_TESTED]
    frame = _adjusted(pd.DataFrame(rows, columns=names), [*_FAMILY, "full"])
    frame["verdict"] = [_verdict(row) for _, row in frame.iterrows()]
    return frame


def skill_over_mean(
    metrics: pd.DataFrame, *, mean_learners: Collection[str] = ("mean",)
) -> pd.DataFrame:
    """Test every cell against the mean predictor of the same mixture, one-sided, by RMSE.

    Returns:
        One row per cell without a control, view and target: the setting, ``rmse``,
        ``rmse_mean`` (the mean predictor's), ``gain`` in RMSE with its corrected 95 %
        interval, ``effect``, ``p`` (one-sided), ``folds``, ``p_holm`` and ``verdict``.
        Cells whose mixture has no mean predictor in the experiment have no row.
    """
    scored = [s for s in _scored(metrics, "rmse") if s.fields["control"] == "none"]
    rows = []
    for learned, mean in _against_mean(scored, mean_learners):
        test = _test(mean.values - learned.values, learned, two_sided=False)
        rows.append({**learned.fields, "rmse": learned.mean, "rmse_mean": mean.mean, **_row(test)})
    frame = pd.DataFrame(rows, columns=[*_TASK, "rmse", "rmse_mean", "gain", *_TESTED])
    return _with_skill(_adjusted(frame, _FAMILY))


def permutation_verdict(
    metrics: pd.DataFrame, *, mean_learners: Collection[str] = ("mean",)
) -> pd.DataFrame:
    """Test whether anything was learned from permuted labels, which would prove a leak.

    Labels of the control ``permuted`` are shuffled within each corpus, in training and
    test. Each cell is tested, one-sided, for skill over the mean predictor on the same
    labels by RMSE where the experiment has one, else for an R² above zero.

    Returns:
        One row per permuted cell, view and target: the setting, ``against``
        (``mean predictor`` or ``zero R²``), ``gain`` with its corrected 95 % interval,
        ``effect``, ``p`` (one-sided), ``folds``, ``p_holm``, and ``verdict``: ``skill``
        where ``p_holm`` is below 0.05, ``no skill``, or ``undefined``.
    """
    permuted = metrics[metrics["control"] == "permuted"]
    rows, done = [], set()
    for learned, mean in _against_mean(list(_scored(permuted, "rmse")), mean_learners):
        test = _test(mean.values - learned.values, learned, two_sided=False)
        rows.append({**learned.fields, "against": "mean predictor", **_row(test)})
        done.add(tuple(learned.fields.values()))
    for cell in _scored(permuted, "r2"):
        if cell.fields["learner"] in mean_learners or tuple(cell.fields.values()) in done:
            continue
        test = _test(cell.values, cell, two_sided=False)
        rows.append({**cell.fields, "against": "zero R²", **_row(test)})
    frame = pd.DataFrame(rows, columns=[*_TASK, "against", "gain", *_TESTED])
    return _with_skill(_adjusted(frame, _FAMILY))


def _scored(metrics: pd.DataFrame, metric: str) -> Iterator[_Scored]:
    rows = fold_rows(metrics)
    rows = rows[rows["metric"] == metric]
    for key, part in rows.groupby(list(_TASK), sort=True, observed=True):
        index = pd.MultiIndex.from_frame(part[["repeat", "fold"]].astype(int))
        fields = {name: str(value) for name, value in zip(_TASK, key, strict=True)}
        yield _Scored(fields, pd.Series(part["value"].to_numpy(float), index=index))


def _baseline(mixed: _Scored, scored: list[_Scored]) -> _Scored | None:
    """Return the cell that ``mixed`` has to beat: one that tests the same views if there is."""
    view, shares = mixed.fields["view"], parse_mixture(mixed.fields["mixture"])
    if shares.get(view, 0.0) < 1 or trained_views(mixed.fields["mixture"]) == (view,):
        return None
    found = [
        s
        for s in scored
        if mixed.same(s, (*_SETTING, "view", "target"))
        and trained_views(s.fields["mixture"]) == (view,)
        and parse_mixture(s.fields["mixture"])[view] == 1
    ]
    found.sort(key=lambda s: parse_mixture(s.fields["mixture"]).keys() != shares.keys())
    return found[0] if found else None


def _against_mean(
    scored: list[_Scored], mean_learners: Collection[str]
) -> Iterator[tuple[_Scored, _Scored]]:
    """Yield each learning cell with the mean predictor that saw the same training rows."""
    shared = ("experiment", "scheme", "arithmetic", "control", "mixture", "view", "target")
    floors = [s for s in scored if s.fields["learner"] in mean_learners]
    by_task = {tuple(s.fields[name] for name in shared): s for s in reversed(floors)}
    for cell in scored:
        floor = by_task.get(tuple(cell.fields[name] for name in shared))
        if floor is not None and cell.fields["learner"] not in mean_learners:
            yield cell, floor


def _test(differences: pd.Series, cell: _Scored, *, two_sided: bool) -> CorrectedTest:
    return corrected_resampled_ttest(
        differences.to_numpy(float),
        ratio=ratio_of_scheme(cell.fields["scheme"]),
        alternative="two-sided" if two_sided else "greater",
    )


def _row(test: CorrectedTest) -> dict[str, Any]:
    return {
        "gain": test.mean,
        "ci95_low": test.low,
        "ci95_high": test.high,
        "effect": test.effect,
        "p": test.p,
        "folds": test.count,
    }


def _adjusted(frame: pd.DataFrame, family: list[str]) -> pd.DataFrame:
    """Return ``frame`` with ``p_holm``, adjusted within each family."""
    adjusted = pd.Series(math.nan, index=frame.index, dtype=float)
    for _, part in frame.groupby(family, sort=False):
        adjusted.loc[part.index] = holm(part["p"].to_numpy(float))
    return frame.assign(p_holm=adjusted)


def _verdict(row: pd.Series) -> str:
    if np.isnan(row["p_holm"]):
        return UNDEFINED
    if row["p_holm"] >= ALPHA:
        return NOT_SHOWN
    return HELPED if row["gain"] > 0 else HURT


def _with_skill(frame: pd.DataFrame) -> pd.DataFrame:
    words = np.where(frame["p_holm"] < ALPHA, SKILL, NO_SKILL)
    return frame.assign(verdict=np.where(frame["p_holm"].isna(), UNDEFINED, words))
