"""Does un-mixing help? A learner's features of stems against those of the mix, fold by fold.

Both are of the same set, and trained and tested on the same rows, so that their folds pair;
the test is corrected for overlapping training sets (`corrected_test`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd

from affectmix.evaluation.comparisons import verdict_of
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
from affectmix.stems.names import MIX, sources_of

_SHARED = [name for name in TASK if name != "features"]


def compare_with_mix(
    metrics: pd.DataFrame,
    features: Mapping[str, Mapping[str, Any]],
    *,
    learners: Collection[str],
    metric: str = "r2",
) -> pd.DataFrame:
    """Test every choice of stems against the mix, of the same learner and training set.

    Args:
        metrics: rows of ``schemas.METRICS``; the folds' rows are used.
        features: feature choice → its settings; of others nothing is compared.
        learners: the learners compared; Holm's adjustment counts all of theirs.
        metric: which metric; its gain is positive where stems are better.

    Returns:
        One row per cell of stems without a control for which there is one of the mix: its
        setting, ``mix_features``, ``metric``, ``value`` and ``mix_value`` (means over folds),
        ``gain`` over the mix with its corrected 95 % interval, ``effect`` (d_z), ``p``
        (two-sided), ``folds``, ``p_holm`` over all rows of the same experiment, scheme,
        protocol and arithmetic, and ``verdict``: ``helped``, ``hurt``, ``not shown`` or
        ``undefined``.
    """
    scored = [
        cell
        for cell in scored_cells(metrics, metric)
        if cell.fields["control"] == "none"
        and cell.fields["learner"] in learners
        and cell.fields["features"] in features
    ]
    sign = 1 if HIGHER_IS_BETTER[metric] else -1
    mixes = {
        (features[cell.fields["features"]]["set"], *(cell.fields[n] for n in _SHARED)): cell
        for cell in scored
        if sources_of(features[cell.fields["features"]]) == (MIX,)
    }
    rows = []
    for cell in scored:
        choice = features[cell.fields["features"]]
        mix = mixes.get((choice["set"], *(cell.fields[name] for name in _SHARED)))
        if mix is None or mix is cell or sources_of(choice) == (MIX,):
            continue
        test = tested_folds(
            sign * (cell.values - mix.values), scheme=cell.fields["scheme"], two_sided=True
        )
        means = {"value": cell.mean, "mix_value": mix.mean}
        own = {**cell.fields, "mix_features": mix.fields["features"], "metric": metric}
        rows.append({**own, **means, **tested_columns(test)})
    names = [*TASK, "mix_features", "metric", "value", "mix_value", "gain", *TESTED]
    frame = with_holm(pd.DataFrame(rows, columns=names), FAMILY)
    frame["verdict"] = [verdict_of(row["gain"], row["p_holm"]) for _, row in frame.iterrows()]
    return frame
