"""Blends: the mean of several cells' predictions of the same rows, from the same training rows.

The weights are equal, so that nothing is chosen, and nothing can leak that a member does not
leak itself.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from affectmix.errors import TableError
from affectmix.schemas import CELL_PREDICTIONS, TRAIN_ROWS
from affectmix.tasks import Task, probabilities_from_scores, scores_from_probabilities, targets_of

_ROW = ["view", "corpus", "clip_id"]


def blend_predictions(predictions: Mapping[str, pd.DataFrame], task: Task) -> pd.DataFrame:
    """Return the members' mean prediction: of ratings, or of the classes' probabilities.

    Args:
        predictions: member → its ``schemas.CELL_PREDICTIONS`` of one repeat and fold.
        task: what all of them predict.

    Returns:
        ``schemas.CELL_PREDICTIONS``, in the order of the first member's rows.

    Raises:
        TableError: the members predict other rows, or hold them against other labels.
    """
    key = [name for name in CELL_PREDICTIONS.columns if name not in ("y_true", "y_pred")]
    (first_name, first), *others = predictions.items()
    ordered = {first_name: first.reset_index(drop=True)}
    for name, own in others:
        joined = first[[*key, "y_true"]].merge(own, on=key, how="left", suffixes=("", "_own"))
        same = len(own) == len(first) and joined["y_true"].equals(joined["y_true_own"])
        if not same:
            raise TableError(
                f"blend: the rows or labels of {name!r} are not those of {first_name!r}; delete "
                "the predictions of both under results/cells and run snakemake again"
            )
        ordered[name] = joined
    if task is Task.REGRESSION:
        mean = np.mean([own["y_pred"].to_numpy(float) for own in ordered.values()], axis=0)
        return ordered[first_name].assign(y_pred=mean)
    return _with_mean_probability(list(ordered.values()), task)


def _with_mean_probability(members: list[pd.DataFrame], task: Task) -> pd.DataFrame:
    targets = list(targets_of(task))
    wide = [own.pivot(index=_ROW, columns="target", values="y_pred")[targets] for own in members]
    probabilities = [probabilities_from_scores(scores.to_numpy(), task) for scores in wide]
    mean = scores_from_probabilities(np.mean(probabilities, axis=0), task)
    scores = pd.DataFrame(mean, index=wide[0].index, columns=pd.Index(targets, name="target"))
    rows = pd.MultiIndex.from_frame(members[0][[*_ROW, "target"]])
    return members[0].assign(y_pred=scores.stack().loc[rows].to_numpy())


def blend_train_rows(train: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the rows that all members were trained on, which must be the same.

    Args:
        train: member → its ``schemas.TRAIN_ROWS`` of one repeat and fold.

    Raises:
        TableError: a member was trained on other rows than another.
    """
    columns = list(TRAIN_ROWS.columns)
    ordered = {
        name: rows[columns].sort_values(columns[:2], ignore_index=True)
        for name, rows in train.items()
    }
    (first_name, first), *others = ordered.items()
    for name, rows in others:
        if not rows.equals(first):
            raise TableError(
                f"blend: {name!r} was trained on other rows than {first_name!r}; delete both under "
                "results/cells and run snakemake again"
            )
    return first
