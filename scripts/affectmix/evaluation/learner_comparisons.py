"""Differences between learners on the same training set, tested fold by fold.

Two learners of one mixture are trained and tested on the same rows, so that their folds
pair; training sets of different folds overlap, so that the test is corrected for it
(`corrected_test`). Holm's adjustment counts the pairs of the same scheme, protocol,
arithmetic and kind of mixture.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection

import pandas as pd

from affectmix.evaluation.comparisons import HELPED, HURT, NOT_SHOWN, UNDEFINED, verdict_of
from affectmix.evaluation.fold_scores import (
    FAMILY,
    TASK,
    TESTED,
    scored_cells,
    tested_columns,
    tested_folds,
    with_holm,
)
from affectmix.evaluation.metrics import HIGHER_IS_BETTER
from affectmix.evaluation.mixture_shares import is_full

BETTER, WORSE = "better", "worse"
_WORDS = {HELPED: BETTER, HURT: WORSE, NOT_SHOWN: NOT_SHOWN, UNDEFINED: UNDEFINED}
_SHARED = [name for name in TASK if name != "learner"]


def compare_learners(
    metrics: pd.DataFrame, *, metric: str = "r2", mean_learners: Collection[str] = ("mean",)
) -> pd.DataFrame:
    """Test every pair of learners on the same features, mixture, view and target.

    Args:
        metrics: rows of ``schemas.METRICS``; the folds' rows are used.
        metric: which metric; its gain is positive where ``learner`` is better.
        mean_learners: names of learners that do not learn, and are left out: the mean
            predictor is compared in `comparisons.skill_over_mean`.

    Returns:
        One row per pair and setting without a control, ``learner`` before ``other`` by
        name: the setting, ``metric``, ``full`` (whole mixture), ``value`` and
        ``other_value`` (means over folds), ``gain`` of ``learner`` over ``other`` with its
        corrected 95 % interval, ``effect`` (d_z), ``p`` (two-sided), ``folds``, ``p_holm``
        over the experiment's pairs of the same scheme, protocol, arithmetic and kind of
        mixture (full and partial ones apart), and ``verdict``: ``better`` or ``worse`` (of
        ``learner``), ``not shown`` or ``undefined``.
    """
    scored = [s for s in scored_cells(metrics, metric) if s.fields["control"] == "none"]
    scored = [s for s in scored if s.fields["learner"] not in mean_learners]
    sign = 1 if HIGHER_IS_BETTER[metric] else -1
    rows = []
    ordered = sorted(scored, key=lambda s: [s.fields[name] for name in _SHARED])
    for _, same_task in itertools.groupby(ordered, key=lambda s: [s.fields[n] for n in _SHARED]):
        by_name = sorted(same_task, key=lambda s: s.fields["learner"])
        for one, other in itertools.combinations(by_name, 2):
            test = tested_folds(
                sign * (one.values - other.values), scheme=one.fields["scheme"], two_sided=True
            )
            rows.append(
                {
                    **one.fields,
                    "other": other.fields["learner"],
                    "metric": metric,
                    "full": is_full(one.fields["mixture"]),
                    "value": one.mean,
                    "other_value": other.mean,
                    **tested_columns(test),
                }
            )
    names = [*TASK, "other", "metric", "full", "value", "other_value", "gain", *TESTED]
    frame = with_holm(pd.DataFrame(rows, columns=names), [*FAMILY, "full"])
    verdicts = [verdict_of(row["gain"], row["p_holm"]) for _, row in frame.iterrows()]
    frame["verdict"] = [_WORDS[verdict] for verdict in verdicts]
    return frame
