"""What cells of class tasks reach, beside the majority's decision, and what they confuse."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.metrics import confusion_matrix

from affectmix.evaluation.class_metrics import CLASS_METRICS, matrices
from affectmix.evaluation.fold_scores import TASK
from affectmix.evaluation.metrics import mean_rows
from affectmix.tasks import TASK_OF_INDICATOR, Task, classes_from_scores

_TESTED = ("accuracy_mean", "gain", "gain_low", "gain_high", "p", "p_holm", "verdict")


def class_results(metrics: pd.DataFrame, skill: pd.DataFrame) -> pd.DataFrame:
    """Return every cell of a class task without a control, one row per view.

    Args:
        metrics: rows of ``schemas.METRICS``; the means over folds are used.
        skill: ``comparisons.skill_over_mean`` of them, by accuracy.

    Returns:
        ``cell`` and its setting, ``mixture``, ``view`` and ``target`` (the task); each of
        `CLASS_METRICS` with its 95 % interval (``…_low``, ``…_high``); ``accuracy_mean``, that of
        the mean predictor, which decides on training's most frequent class, or of chance where
        that is higher (`comparisons.skill_over_mean`), and ``gain`` over
        it with ``gain_low``, ``gain_high``, ``p`` (one-sided), ``p_holm`` and ``verdict``; null
        where it was not run. The best accuracy of a view and task comes first.
    """
    rows = mean_rows(metrics)
    rows = rows[(rows["control"] == "none") & rows["metric"].isin(CLASS_METRICS)]
    key = ["cell", *TASK]
    wide = rows[key].drop_duplicates()
    for metric in CLASS_METRICS:
        own = rows.loc[rows["metric"] == metric, [*key, "value", "ci95_low", "ci95_high"]]
        names = {"value": metric, "ci95_low": f"{metric}_low", "ci95_high": f"{metric}_high"}
        wide = wide.merge(own.rename(columns=names), on=key, how="left", validate="1:1")
    tested = skill.rename(columns={"ci95_low": "gain_low", "ci95_high": "gain_high"})
    wide = wide.merge(tested[[*TASK, *_TESTED]], on=list(TASK), how="left", validate="1:1")
    order = ["view", "target", "accuracy", *(name for name in key if name not in TASK[-2:])]
    ascending = [name != "accuracy" for name in order]
    return wide.sort_values(order, ascending=ascending, ignore_index=True, kind="stable")


def confusion(predictions: pd.DataFrame, *, cell: str, view: str, task: Task) -> np.ndarray:
    """Return how often each class was decided on, over all folds and repeats of a cell.

    Args:
        predictions: rows of ``schemas.PREDICTIONS``.
        cell: the cell's name.
        view: the view that was tested.
        task: the class task.

    Returns:
        Clips by true class (rows) and decision (columns), in the order of ``task.classes``; a
        clip counts once per repeat. [shape=(c, c), int]
    """
    own = predictions[(predictions["cell"] == cell) & (predictions["view"] == view)]
    own = own[own["target"].map(TASK_OF_INDICATOR) == task]
    places = list(range(len(task.classes)))
    found = np.zeros((len(places), len(places)), dtype=int)
    for _, rows in own.groupby(["repeat", "fold"], sort=True):
        truth, scores = matrices(rows, task)
        true, decided = classes_from_scores(truth, task), classes_from_scores(scores, task)
        found += confusion_matrix(true, decided, labels=places)
    return found
