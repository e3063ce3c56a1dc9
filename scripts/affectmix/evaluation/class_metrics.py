"""How class tasks are measured: accuracy, macro F1 and log loss of one view's rows in a fold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.metrics import accuracy_score, f1_score, log_loss

from affectmix.errors import TableError
from affectmix.tasks import (
    TASK_OF_INDICATOR,
    Task,
    classes_from_scores,
    probabilities_from_scores,
    targets_of,
)

CLASS_METRICS = ("accuracy", "f1", "log_loss")
#: A probability of 0 for what happens would make a log loss infinite; regressed indicators have
#: many. They are kept this far from 0 for the log loss alone.
LEAST_PROBABILITY = 0.01


def class_fold_scores(predictions: pd.DataFrame, group_key: Sequence[str]) -> pd.DataFrame:
    """Return the metrics of every class task in every group of rows.

    Args:
        predictions: rows of ``schemas.PREDICTIONS`` whose targets are indicators of classes.
        group_key: columns, ``target`` among them, that tell one evaluation from another.

    Returns:
        ``group_key``, with the task in place of the indicator as ``target``, and
        `CLASS_METRICS`; sorted by ``group_key``.

    Raises:
        TableError: a clip lacks an indicator, or is of no class, or of several.
    """
    shared = [name for name in group_key if name != "target"]
    tasks = predictions["target"].map(TASK_OF_INDICATOR).astype(str)
    rows = []
    for values, part in predictions.groupby([*shared, tasks], sort=True, observed=True):
        task = Task(str(values[-1]))
        truth, scores = matrices(part, task)
        identity = dict(zip([*shared, "target"], values, strict=True))
        rows.append({**identity, **score_classes(truth, scores, task)})
    return pd.DataFrame(rows, columns=[*group_key, *CLASS_METRICS])


def matrices(predictions: pd.DataFrame, task: Task) -> tuple[np.ndarray, np.ndarray]:
    """Return true indicators and scores, one row per clip of one evaluation. [shapes=(n, t)]

    Args:
        predictions: rows of one cell, repeat, fold and view with all indicators of ``task``.
        task: a class task.

    Raises:
        TableError: a clip lacks an indicator, or is of no class, or of several.
    """
    clip, names = ["corpus", "clip_id"], list(targets_of(task))
    true, predicted = (
        predictions.pivot(index=clip, columns="target", values=column).reindex(columns=names)
        for column in ("y_true", "y_pred")
    )
    truth, scores = true.to_numpy(float), predicted.to_numpy(float)
    strange = ~np.isfinite(scores).all(axis=1) | ~np.isin(truth, (-1, 1)).all(axis=1)
    if len(names) > 1:
        strange |= (truth > 0).sum(axis=1) != 1
    if strange.any():
        corpus, clip_id = true.index[int(np.argmax(strange))]
        raise TableError(
            f"predictions: clip {clip_id!r} of corpus {corpus!r} does not have one class of task "
            f"{str(task)!r} ({int(strange.sum())} such clips); allowed is one indicator of 1 among "
            f"{names}, all others -1. Delete that cell's files under results/cells and run again."
        )
    return truth, scores


def score_classes(truth: np.ndarray, scores: np.ndarray, task: Task) -> dict[str, float]:
    """Return the metrics of one evaluation.

    Args:
        truth: indicators in {-1, 1} [shape=(n, t)], n at least 1.
        scores: their predictions [shape=(n, t)].
        task: a class task.

    Returns:
        ``accuracy``; ``f1``, the plain mean of the F1 of each class that is true or predicted
        for some row (0 for one that is never hit); ``log_loss``, the mean of -ln p of the true
        class, with probabilities of at least ``LEAST_PROBABILITY``.
    """
    true, decided = classes_from_scores(truth, task), classes_from_scores(scores, task)
    p = np.clip(probabilities_from_scores(scores, task), LEAST_PROBABILITY, None)
    places = list(range(len(task.classes)))
    return {
        "accuracy": float(accuracy_score(true, decided)),
        "f1": float(f1_score(true, decided, average="macro", zero_division=0.0)),
        "log_loss": float(log_loss(true, p / p.sum(axis=1, keepdims=True), labels=places)),
    }
