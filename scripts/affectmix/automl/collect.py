"""What an AutoML program gave back, as the tables that every learner leaves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from affectmix.cells.evaluate import FoldResult
from affectmix.cells.rows import KEY, CellRows, prediction_table
from affectmix.cells.tables import TARGETS, CellTables
from affectmix.errors import TableError
from affectmix.learners.base import Choice


def collect_fold(
    tables: CellTables,
    settings: Mapping[str, Any],
    *,
    repeat: int,
    fold: int,
    predictions: Mapping[str, pd.DataFrame],
    descriptions: Mapping[str, Mapping[str, Any]],
) -> FoldResult:
    """Return predictions, training rows and choice of one evaluation.

    Args:
        tables: the cell's tables; features are not needed.
        settings: the cell's settings.
        repeat: which repeat of the scheme.
        fold: the tested fold.
        predictions: target → ``schemas.AUTOML_PREDICTIONS``.
        descriptions: target → what the program says of its search: ``ensemble``, a list of
            members with ``weight`` and ``configuration``, and what else there is.

    Raises:
        TableError: a tested clip is not predicted, or another is, or a value is not finite.
    """
    cell = CellRows(tables, settings, repeat)
    train, tested = cell.of_fold(fold)
    predicted = np.column_stack(
        [_predicted(predictions[target], tested, target, fold) for target in TARGETS]
    )
    points = {target: {"ensemble": descriptions[target]["ensemble"]} for target in TARGETS}
    told = {
        target: {key: value for key, value in descriptions[target].items() if key != "ensemble"}
        for target in TARGETS
    }
    report = {"automl": told, "fits": dict.fromkeys(TARGETS, True)}
    labels = cell.labels_of(tested, phase="test")
    return FoldResult(
        prediction_table(tested, train, labels, predicted, targets=TARGETS),
        train[[*KEY, "copies"]],
        Choice(points, report),
    )


def _predicted(
    predictions: pd.DataFrame, tested: pd.DataFrame, target: str, fold: int
) -> np.ndarray:
    """Return the predicted value of every tested row. [shape=(n,)]"""
    own = predictions[predictions["fold"] == fold]
    keys = pd.MultiIndex.from_frame(own[KEY])
    wanted = pd.MultiIndex.from_frame(tested[KEY])
    remedy = "delete the file under results/automl/ and run snakemake again"
    for lacking, words in (
        (wanted.difference(keys), "has no prediction"),
        (keys.difference(wanted), "is predicted but not tested"),
    ):
        if len(lacking):
            corpus, clip = lacking[0]
            raise TableError(
                f"AutoML, {target}, fold {fold}: clip {clip!r} of corpus {corpus!r} {words} "
                f"({len(lacking)} such clips); {remedy}"
            )
    values = own["y_pred"].to_numpy(dtype=float)[keys.get_indexer(wanted)]
    if not np.isfinite(values).all():
        clip = tested["clip_id"].iloc[int(np.argmin(np.isfinite(values)))]
        raise TableError(
            f"AutoML, {target}, fold {fold}: the prediction of clip {clip!r} is not a finite "
            f"number; {remedy}, with another seed or budget if it comes again"
        )
    return values
