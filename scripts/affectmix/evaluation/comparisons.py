"""Differences between cells, tested fold by fold: mixing, skill, and the permuted control.

All tests pair the same repeat, fold, view and target, and are corrected for overlapping
training sets (`corrected_test`). Where several are made, Holm's adjustment is beside them.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from affectmix.evaluation.corrected_test import CorrectedTest
from affectmix.evaluation.fold_scores import (
    ALPHA,
    FAMILY,
    TASK,
    TESTED,
    Scored,
    scored_cells,
    tested_columns,
    tested_folds,
    trained_alone,
    with_holm,
)
from affectmix.evaluation.metrics import HIGHER_IS_BETTER
from affectmix.evaluation.mixture_shares import is_full
from affectmix.tasks import Task

HELPED, HURT, NOT_SHOWN, UNDEFINED = "helped", "hurt", "not shown", "undefined"
SKILL, NO_SKILL = "skill", "no skill"


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
    scored = [s for s in scored_cells(metrics, metric) if s.fields["control"] == "none"]
    scored = [s for s in scored if s.fields["learner"] not in mean_learners]
    sign = 1 if HIGHER_IS_BETTER[metric] else -1
    rows = []
    for mixed in scored:
        alone = trained_alone(mixed, scored)
        if alone is None:
            continue
        test = tested_folds(
            sign * (mixed.values - alone.values), scheme=mixed.fields["scheme"], two_sided=True
        )
        means = {"alone": alone.mean, "mixed": mixed.mean}
        full = is_full(mixed.fields["mixture"])
        rows.append(
            {**mixed.fields, "metric": metric, "full": full, **means, **tested_columns(test)}
        )
    names = [*TASK, "metric", "full", "alone", "mixed", "gain", *TESTED]
    frame = with_holm(pd.DataFrame(rows, columns=names), [*FAMILY, "full"])
    frame["verdict"] = [verdict_of(row["gain"], row["p_holm"]) for _, row in frame.iterrows()]
    return frame


def skill_over_mean(
    metrics: pd.DataFrame, *, metric: str = "rmse", mean_learners: Collection[str] = ("mean",)
) -> pd.DataFrame:
    """Test every cell against the mean predictor of the same mixture, one-sided.

    Args:
        metrics: rows of ``schemas.METRICS``; the folds' rows are used.
        metric: ``rmse``, or ``accuracy`` for class tasks, whose mean predictor always decides
            on the class that is most frequent in training; see `_floor_of` for why its
            accuracy is taken to be that of chance at least.
        mean_learners: names of learners that predict the mean.

    Returns:
        One row per cell without a control, view and target: the setting, ``rmse``,
        ``rmse_mean`` (the mean predictor's; both named after ``metric``), ``gain``, positive
        where the cell is better, with its corrected 95 % interval, ``effect``, ``p``
        (one-sided), ``folds``, ``full`` (whether the mixture takes views wholly or not at
        all), ``p_holm`` (full mixtures and partial ones apart, lest a sweep of many shares
        hide what each cell knows) and ``verdict``. Cells whose
        mixture has no mean predictor in the experiment have no row.
    """
    scored = [s for s in scored_cells(metrics, metric) if s.fields["control"] == "none"]
    rows = []
    for learned, mean in _against_mean(scored, metric, mean_learners):
        test = _gain_over(learned, mean, metric)
        means = {metric: learned.mean, f"{metric}_mean": mean.mean}
        full = is_full(learned.fields["mixture"])
        rows.append({**learned.fields, "full": full, **means, **tested_columns(test)})
    frame = pd.DataFrame(rows, columns=[*TASK, "full", metric, f"{metric}_mean", "gain", *TESTED])
    return _with_skill(with_holm(frame, [*FAMILY, "full"]))


def permutation_verdict(
    metrics: pd.DataFrame, *, mean_learners: Collection[str] = ("mean",)
) -> pd.DataFrame:
    """Test whether anything was learned from permuted labels, which would prove a leak.

    Labels of the control ``permuted`` are shuffled within each corpus, in training and
    test. Each cell is tested, one-sided, for skill over the mean predictor on the same
    labels where the experiment has one, by RMSE, or accuracy for class tasks; else for an R²
    above zero, while class tasks cannot be tested.

    Returns:
        One row per permuted cell, view and target: the setting, ``against`` (``mean
        predictor``, ``zero R²`` or ``no mean predictor``), ``gain`` with its corrected 95 %
        interval, ``effect``, ``p`` (one-sided), ``folds``, ``p_holm``, and ``verdict``: ``skill``
        where ``p_holm`` is below 0.05, ``no skill``, or ``undefined``.
    """
    permuted = metrics[metrics["control"] == "permuted"]
    rows, done = [], set()
    for metric in ("rmse", "accuracy"):
        scored = list(scored_cells(permuted, metric))
        for learned, mean in _against_mean(scored, metric, mean_learners):
            test = _gain_over(learned, mean, metric)
            rows.append({**learned.fields, "against": "mean predictor", **tested_columns(test)})
            done.add(tuple(learned.fields.values()))
    for metric, against in (("r2", "zero R²"), ("accuracy", "no mean predictor")):
        for cell in scored_cells(permuted, metric):
            if cell.fields["learner"] in mean_learners or tuple(cell.fields.values()) in done:
                continue
            # Of permuted classes nobody knows what accuracy no skill is.
            values = cell.values if metric == "r2" else cell.values * math.nan
            test = tested_folds(values, scheme=cell.fields["scheme"], two_sided=False)
            rows.append({**cell.fields, "against": against, **tested_columns(test)})
    frame = pd.DataFrame(rows, columns=[*TASK, "against", "gain", *TESTED])
    return _with_skill(with_holm(frame, FAMILY))


def _gain_over(learned: Scored, floor: Scored, metric: str) -> CorrectedTest:
    """Test, one-sided, whether a cell is better than the mean predictor."""
    sign = 1 if HIGHER_IS_BETTER[metric] else -1
    return tested_folds(
        sign * (learned.values - floor.values), scheme=learned.fields["scheme"], two_sided=False
    )


def _against_mean(
    scored: list[Scored], metric: str, mean_learners: Collection[str]
) -> Iterator[tuple[Scored, Scored]]:
    """Yield each learning cell with the mean predictor that saw the same training rows."""
    shared = ("experiment", "scheme", "arithmetic", "control", "mixture", "view", "target")
    floors = [s for s in scored if s.fields["learner"] in mean_learners]
    by_task = {tuple(s.fields[name] for name in shared): s for s in reversed(floors)}
    for cell in scored:
        floor = by_task.get(tuple(cell.fields[name] for name in shared))
        if floor is not None and cell.fields["learner"] not in mean_learners:
            yield cell, _floor_of(floor, metric)


def _floor_of(mean: Scored, metric: str) -> Scored:
    """Return what a cell has to beat: the mean predictor, by accuracy not below chance.

    Where classes are about equally frequent, the one that is most frequent in training is rare in
    the tested fold, for the two are parts of one whole: the mean predictor is then worse than any
    constant decision over all folds, of which the best reaches one in so many classes at least.
    Against it a learner that knows nothing would have skill, and permuted labels would seem
    to leak. So its folds are raised by what their mean lacks.
    """
    if metric != "accuracy":
        return mean
    chance = 1 / len(Task(mean.fields["target"]).classes)
    return replace(mean, values=mean.values + max(0.0, chance - mean.mean))


def verdict_of(gain: float, p_holm: float) -> str:
    """Return ``helped``, ``hurt``, ``not shown`` or ``undefined``, as the adjusted test has it."""
    if np.isnan(p_holm):
        return UNDEFINED
    if p_holm >= ALPHA:
        return NOT_SHOWN
    return HELPED if gain > 0 else HURT


def _with_skill(frame: pd.DataFrame) -> pd.DataFrame:
    words = np.where(frame["p_holm"] < ALPHA, SKILL, NO_SKILL)
    return frame.assign(verdict=np.where(frame["p_holm"].isna(), UNDEFINED, words))
