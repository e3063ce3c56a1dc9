"""The one way in which every learner is measured, whatever it is.

R² compares a fold's squared error with the spread around **the test fold's own mean**,
R² = 1 − RMSE² / var(y_true) with the population variance of that view's rows in that
fold. A predictor of the training mean therefore scores slightly below 0.

Class tasks are measured in `affectmix.evaluation.class_metrics`; their rows have the task as
target, where those of regression have valence or arousal.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from affectmix.errors import TableError
from affectmix.evaluation.class_metrics import class_fold_scores
from affectmix.evaluation.intervals import ratio_of_scheme, repeated_interval
from affectmix.schemas import METRICS, PREDICTIONS
from affectmix.tables import check_table
from affectmix.tasks import TASK_OF_INDICATOR

CELL_FIELDS = (
    "experiment",
    "cell",
    "learner",
    "features",
    "mixture",
    "scheme",
    "protocol",
    "arithmetic",
    "control",
)
REGRESSION_METRICS = ("rmse", "r2", "pearson", "mae", "ccc")
HIGHER_IS_BETTER = {
    "rmse": False,
    "mae": False,
    "r2": True,
    "pearson": True,
    "ccc": True,
    "accuracy": True,
    "f1": True,
    "log_loss": False,
}
_FLAT = 1e-9  # a spread below this, on labels in [-1, 1], is rounding and not signal


def compute_metrics(predictions: pd.DataFrame) -> pd.DataFrame:
    """Return every metric per cell, repeat, fold, view and target, and its mean over folds.

    Args:
        predictions: rows of ``schemas.PREDICTIONS``, in any order, of any number of cells.

    Returns:
        Rows of ``schemas.METRICS``: one per fold, with null bounds; and one per cell,
        view, target and metric with ``repeat`` and ``fold`` null, the mean over the
        defined folds and its 95 % interval (`intervals.repeated_interval`). A metric
        that a fold leaves undefined (R² or a correlation where the labels or the
        predictions do not vary) is null, never 0, and does not enter the mean.

    Raises:
        TableError: the predictions break their schema, hold a value that is not finite,
            or R² and RMSE of a fold disagree.
    """
    folds = fold_metrics(predictions)
    return pd.concat([folds, summarise_folds(folds)], ignore_index=True)[[*METRICS.columns]]


def fold_metrics(predictions: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `compute_metrics` that stand for single folds."""
    check_table(predictions, PREDICTIONS, where="predictions")
    _require_finite(predictions)
    group_key = [*CELL_FIELDS, "view", "target", "repeat", "fold"]
    classes = predictions["target"].isin(list(TASK_OF_INDICATOR))
    scored = [_long(_regression_scores(predictions[~classes], group_key), group_key)]
    if classes.any():
        scored.append(_long(class_fold_scores(predictions[classes], group_key), group_key))
    tidy = pd.concat([part for part in scored if len(part)] or scored, ignore_index=True)
    return _typed(tidy.assign(ci95_low=math.nan, ci95_high=math.nan))


def _regression_scores(predictions: pd.DataFrame, group_key: list[str]) -> pd.DataFrame:
    """Return ``group_key`` and `REGRESSION_METRICS` of every group of rows."""
    wide, variances = [], []
    ordered = predictions.sort_values([*group_key, "corpus", "clip_id"], kind="stable")
    for values, rows in ordered.groupby(group_key, sort=False, observed=True):
        truth, predicted = rows["y_true"].to_numpy(float), rows["y_pred"].to_numpy(float)
        identity = dict(zip(group_key, values, strict=True))
        wide.append({**identity, **score(truth, predicted)})
        variances.append(float(truth.var()))
    frame = pd.DataFrame(wide, columns=[*group_key, *REGRESSION_METRICS])
    require_consistency(frame, np.asarray(variances))
    return frame


def _long(scored: pd.DataFrame, group_key: list[str]) -> pd.DataFrame:
    """Return one row per metric of ``scored``, which has a column for each."""
    return scored.melt(id_vars=group_key, var_name="metric", value_name="value")


def score(y_true: np.ndarray, y_pred: np.ndarray) -> dict[str, float]:
    """Return all metrics of one view's rows in one fold, NaN where one is undefined.

    Args:
        y_true: ratings in [-1, 1] [shape=(n,)], n at least 1.
        y_pred: predictions on the same scale [shape=(n,)].

    Returns:
        ``rmse`` and ``mae`` on the scale of the labels; ``r2`` against the mean of
        ``y_true``; ``pearson``; and ``ccc``, Lin's concordance (1989), with population
        moments. Constant predictions have no Pearson correlation, but a CCC of 0.
    """
    error = y_pred - y_true
    rmse = math.sqrt(float(np.mean(np.square(error))))
    scores = {"rmse": rmse, "mae": float(np.mean(np.abs(error)))}
    spread_true, spread_pred = float(y_true.std()), float(y_pred.std())
    if spread_true <= _FLAT:
        return {**scores, "r2": math.nan, "pearson": math.nan, "ccc": math.nan}
    centred = y_true - y_true.mean()
    covariance = float(np.mean(centred * (y_pred - y_pred.mean())))
    offset = float(y_pred.mean() - y_true.mean())
    scores["r2"] = 1 - float(np.square(error).sum()) / float(np.square(centred).sum())
    flat = spread_pred <= _FLAT * max(1.0, float(np.abs(y_pred).max()))
    scores["pearson"] = math.nan if flat else _bounded(covariance / (spread_true * spread_pred))
    scores["ccc"] = 2 * covariance / (spread_true**2 + spread_pred**2 + offset**2)
    return scores


def summarise_folds(folds: pd.DataFrame) -> pd.DataFrame:
    """Return the mean over folds, with its 95 % interval, of the rows of `fold_metrics`."""
    key = [*CELL_FIELDS, "view", "target", "metric"]
    rows = []
    for values, part in folds.groupby(key, sort=True, observed=True):
        identity = dict(zip(key, values, strict=True))
        repeats = [group["value"].to_numpy(float) for _, group in part.groupby("repeat")]
        ratio = ratio_of_scheme(str(identity["scheme"])) if len(repeats) > 1 else 0.0
        mean = repeated_interval(repeats, ratio=ratio)
        bounds = {"value": mean.mean, "ci95_low": mean.low, "ci95_high": mean.high}
        rows.append({**identity, **bounds})
    frame = pd.DataFrame(rows, columns=[*key, "value", "ci95_low", "ci95_high"])
    unset = pd.array([None] * len(frame), dtype="Int32")
    return _typed(frame.assign(repeat=unset, fold=unset))


def require_consistency(
    wide: pd.DataFrame, variances: np.ndarray, *, tolerance: float = 1e-9
) -> None:
    """Raise TableError unless every R² equals 1 − RMSE² / variance of the fold's labels.

    Args:
        wide: one row per fold with columns ``rmse`` and ``r2`` [shape=(n,)].
        variances: population variance of each fold's labels [shape=(n,)].
        tolerance: largest difference, relative to max(1, |R²|).
    """
    r2 = wide["r2"].to_numpy(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        implied = 1 - np.square(wide["rmse"].to_numpy(float)) / variances
    wrong = np.abs(r2 - implied) > tolerance * np.maximum(1, np.abs(r2))
    if wrong.any():
        first = wide.loc[wrong].iloc[0]
        where = {k: first[k] for k in ("cell", "repeat", "fold", "view", "target") if k in first}
        raise TableError(
            f"metrics: {int(wrong.sum())} folds have an R² that their RMSE contradicts; "
            f"{where} has R² {first['r2']:.6g} where 1 - RMSE²/variance is "
            f"{implied[wrong][0]:.6g}. Delete the metrics and run snakemake again."
        )


def mean_rows(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that are means over folds."""
    return metrics[metrics["fold"].isna()]


def fold_rows(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of single folds."""
    return metrics[metrics["fold"].notna()]


def _bounded(correlation: float) -> float:
    return min(1.0, max(-1.0, correlation))


def _require_finite(predictions: pd.DataFrame) -> None:
    for column in ("y_true", "y_pred"):
        strange = ~np.isfinite(predictions[column].to_numpy(float))
        if strange.any():
            row = predictions.loc[strange].iloc[0]
            raise TableError(
                f"predictions: {int(strange.sum())} values of {column!r} are not finite, first "
                f"{row[column]} for clip {row['clip_id']!r} of cell {row['cell']!r}; allowed are "
                "finite numbers. Delete that cell's files under results/cells and run again."
            )


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    """Return ``frame`` with METRICS' column order, nullable integers and sorted rows."""
    typed = frame.astype({"repeat": "Int32", "fold": "Int32", "value": "float64"})
    key = [*CELL_FIELDS, "view", "target", "metric", "repeat", "fold"]
    ordered = typed[[*METRICS.columns]].sort_values(key, kind="stable")
    return ordered.reset_index(drop=True)
