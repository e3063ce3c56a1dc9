"""How far apart two evaluations of one fold are that nothing but their machine tells apart."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from affectmix.errors import TableError

_ROW: Final = ["view", "corpus", "clip_id", "target"]


def compare_evaluations(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Return, by view and target, how far apart the predictions of two evaluations are.

    Args:
        first: ``schemas.CELL_PREDICTIONS`` of a fold.
        second: the same of another evaluation of it.

    Returns:
        ``view``, ``target``, ``rows``, ``apart`` (rows whose predictions differ at all),
        ``largest`` (difference of two predictions), and ``rmse`` and ``rmse_again`` of both.

    Raises:
        TableError: they do not predict the same rows.
    """
    pairs = first.merge(second, on=_ROW, suffixes=("", "_again"), validate="1:1")
    if not len(pairs) == len(first) == len(second):
        raise TableError(
            f"the fold has {len(first)} predictions, evaluated again {len(second)}, of which "
            f"{len(pairs)} are of the same rows; delete results/cells and run snakemake again"
        )
    measured = pairs.assign(
        apart=pairs["y_pred"] != pairs["y_pred_again"],
        largest=(pairs["y_pred"] - pairs["y_pred_again"]).abs(),
        rmse=np.square(pairs["y_pred"] - pairs["y_true"]),
        rmse_again=np.square(pairs["y_pred_again"] - pairs["y_true_again"]),
    )
    found = measured.groupby(["view", "target"], as_index=False).agg(
        rows=("clip_id", "size"),
        apart=("apart", "sum"),
        largest=("largest", "max"),
        rmse=("rmse", "mean"),
        rmse_again=("rmse_again", "mean"),
    )
    return found.assign(rmse=np.sqrt(found["rmse"]), rmse_again=np.sqrt(found["rmse_again"]))
