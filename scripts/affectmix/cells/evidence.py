"""What a final model is worth and was made of, from its cell's own evaluations."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd

from affectmix.cells.conformal import Calibration
from affectmix.cells.final import FinalModel
from affectmix.evaluation.metrics import compute_metrics, mean_rows
from affectmix.tasks import Task, task_of

_TOLD: Final = ("r2", "rmse", "ccc", "accuracy", "f1", "log_loss")


def with_evidence(
    model: FinalModel,
    predictions: pd.DataFrame,
    audio: Mapping[str, pd.DataFrame],
    hearing: Mapping[str, Any],
) -> FinalModel:
    """Return a model with its cell's errors out of fold, its metrics and its corpora.

    Args:
        model: of ``fit_final``.
        predictions: ``schemas.CELL_PREDICTIONS`` of all the cell's evaluations, with their
            ``repeat`` and ``fold``.
        audio: corpus → ``schemas.AUDIO``, of the cell's corpora.
        hearing: how its features are made beside openSMILE's set: ``separator`` and
            ``recipe``, settings or None.
    """
    settings = model.description["settings"]
    trained = model.description["rows"]
    description = {
        **model.description,
        "hearing": dict(hearing),
        "corpora": {
            corpus: corpus_index(index) for corpus, index in audio.items() if corpus in trained
        },
        "clip_s": clip_lengths([index for corpus, index in audio.items() if corpus in trained]),
        "metrics": metric_records(predictions, settings),
    }
    return replace(
        model, description=description, calibration=calibration_of(predictions, settings)
    )


def calibration_of(predictions: pd.DataFrame, settings: Mapping[str, Any]) -> Calibration | None:
    """Return the absolute errors out of fold on the views trained on; None for class tasks.

    A clip that is in two of the views counts once.

    Args:
        predictions: ``schemas.CELL_PREDICTIONS`` with ``repeat`` and ``fold``.
        settings: the cell's settings (``Project.cell_settings``).
    """
    if task_of(settings["learner"]) is not Task.REGRESSION:
        return None
    rows = trained_rows(predictions, settings["shares"])
    errors = rows.assign(error=(rows["y_true"] - rows["y_pred"]).abs())
    residuals = {
        str(target): part["error"].to_numpy(np.float32)
        for target, part in errors.groupby("target", sort=False)
    }
    return Calibration(residuals, len(rows[["corpus", "clip_id"]].drop_duplicates()))


def trained_rows(predictions: pd.DataFrame, shares: Mapping[str, float]) -> pd.DataFrame:
    """Return the rows of views that a cell was trained on, each clip once per repeat."""
    own = predictions[predictions["view"].map(lambda view: shares.get(view, 0) > 0)]
    return own.drop_duplicates(["repeat", "corpus", "clip_id", "target"])


def metric_records(predictions: pd.DataFrame, settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the mean over folds of each view's metrics, with its interval, as plain data."""
    fields = settings["fields"]
    named = predictions.assign(experiment="", cell="", **fields)
    means = mean_rows(compute_metrics(named))
    means = means[means["metric"].isin(_TOLD)]
    columns = ["view", "target", "metric", "value", "ci95_low", "ci95_high"]
    return [
        {
            **{str(name): _plain(value) for name, value in row.items()},
            "trained_on": settings["shares"].get(row["view"], 0) > 0,
        }
        for row in means[columns].to_dict("records")
    ]


def corpus_index(audio: pd.DataFrame) -> dict[str, Any]:
    """Return the number of clips of a corpus, and a hash of which files they are.

    Args:
        audio: ``schemas.AUDIO``.

    Returns:
        ``clips``, and ``sha256`` of the lines ``{clip_id} {sha256 of its file}``, sorted.
    """
    lines = sorted(f"{c} {s}\n" for c, s in zip(audio["clip_id"], audio["sha256"], strict=True))
    return {"clips": len(audio), "sha256": hashlib.sha256("".join(lines).encode()).hexdigest()}


def clip_lengths(audio: list[pd.DataFrame]) -> dict[str, float]:
    """Return the shortest, median and longest duration of some corpora's clips, in seconds."""
    lengths = pd.concat([index["duration_s"] for index in audio])
    return {
        "shortest": float(lengths.min()),
        "median": float(lengths.median()),
        "longest": float(lengths.max()),
    }


def _plain(value: Any) -> Any:
    if isinstance(value, float) and np.isnan(value):
        return None
    return value.item() if isinstance(value, np.generic) else value
