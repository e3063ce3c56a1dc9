"""Tasks: regression of valence and arousal, or classes of them as indicators that are regressed.

A class task is learned from *indicator targets* in {-1, 1}, one per class, or one where there
are two classes: every learner, whatever it is, regresses them, and what it predicts is a score
of which the probability is (score + 1) / 2. Quadrants are numbered as Russell (1980) and 4Q
number them; a value of exactly 0 belongs to the low side.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

import numpy as np
import pandas as pd

from affectmix.corpora.base import TARGETS
from affectmix.errors import ConfigError, TableError
from affectmix.schemas import QUADRANTS

HIGH: Final = "high"
LOW: Final = "low"
_SIGNS: Final = {(True, True): "Q1", (False, True): "Q2", (False, False): "Q3", (True, False): "Q4"}
_HIGH: Final = {"valence": ("Q1", "Q4"), "arousal": ("Q1", "Q2")}


class Task(StrEnum):
    """What a learner is to predict; the value is also the name of a class task's target."""

    REGRESSION = "regression"
    VALENCE_CLASS = "valence_class"
    AROUSAL_CLASS = "arousal_class"
    QUADRANT = "quadrant"

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes in the order of their probabilities; none for regression."""
        return _CLASSES[self]


_TARGETS: Final[Mapping[Task, tuple[str, ...]]] = {
    Task.REGRESSION: TARGETS,
    Task.VALENCE_CLASS: ("valence_high",),
    Task.AROUSAL_CLASS: ("arousal_high",),
    Task.QUADRANT: tuple(name.lower() for name in QUADRANTS),
}
_CLASSES: Final[Mapping[Task, tuple[str, ...]]] = {
    Task.REGRESSION: (),
    Task.VALENCE_CLASS: (LOW, HIGH),
    Task.AROUSAL_CLASS: (LOW, HIGH),
    Task.QUADRANT: QUADRANTS,
}
CLASS_TASKS: Final = tuple(task for task in Task if task is not Task.REGRESSION)
TASK_OF_INDICATOR: Final[Mapping[str, Task]] = {
    target: task for task in CLASS_TASKS for target in _TARGETS[task]
}


def task_of(settings: Mapping[str, Any]) -> Task:
    """Return the task of a learner's settings; without the key, regression.

    Raises:
        ConfigError: there is no such task.
    """
    name = settings.get("task", Task.REGRESSION)
    try:
        return Task(name)
    except ValueError as error:
        allowed = ", ".join(Task)
        raise ConfigError(f"task: {name!r} found; allowed are {allowed}. Take one.") from error


def targets_of(task: Task) -> tuple[str, ...]:
    """Return the columns that a learner of ``task`` regresses.

    >>> targets_of(Task.QUADRANT)
    ('q1', 'q2', 'q3', 'q4')
    """
    return _TARGETS[task]


def quadrants_of(labels: pd.DataFrame) -> pd.Series:
    """Return each clip's quadrant: the one that its corpus gives, else that of its ratings.

    Args:
        labels: at least ``valence`` and ``arousal`` in [-1, 1], and ``quadrant``, null where
            a corpus has none.

    Returns:
        ``Q1`` … ``Q4``, or null where neither a quadrant nor both ratings are known; a rating
        of exactly 0 counts as low.
    """
    rated = labels[list(TARGETS)].notna().all(axis=1)
    high = labels[list(TARGETS)].astype(float) > 0
    signs = [_SIGNS[bool(v), bool(a)] for v, a in high.to_numpy()]
    from_ratings = pd.Series(signs, index=labels.index, dtype=object).where(rated, None)
    given = labels["quadrant"].astype(object)
    return given.where(given.notna(), from_ratings)


def targets_from(labels: pd.DataFrame, task: Task) -> np.ndarray:
    """Return what a learner of ``task`` is taught.

    Args:
        labels: ``valence``, ``arousal`` and, for classes, ``quadrant`` of each clip.
        task: what is to be predicted.

    Returns:
        One column per target in [-1, 1]; for class tasks, -1 or 1. [shape=(n, t)]

    Raises:
        TableError: a class task, and a clip has neither a quadrant nor both ratings.
    """
    if task is Task.REGRESSION:
        return labels[list(TARGETS)].to_numpy(dtype=float)
    return indicators(labels, task)


def indicators(labels: pd.DataFrame, task: Task) -> np.ndarray:
    """Return 1 where a clip is of a target's class, else -1. [shape=(n, t)]

    Args:
        labels: of :func:`quadrants_of`.
        task: a class task.

    Raises:
        TableError: a clip has neither a quadrant nor both ratings.
    """
    quadrants = quadrants_of(labels)
    if quadrants.isna().any():
        raise TableError(
            f"labels: {int(quadrants.isna().sum())} clips have neither a quadrant nor both "
            f"ratings, and task {str(task)!r} needs one of the two; give them valence and "
            "arousal or a quadrant, or leave them out of the corpus"
        )
    if task is Task.QUADRANT:
        members = [(quadrants == name).to_numpy() for name in QUADRANTS]
    else:
        axis = str(task).removesuffix("_class")
        members = [quadrants.isin(_HIGH[axis]).to_numpy()]
    return np.where(np.column_stack(members), 1.0, -1.0)


def probabilities_from_scores(scores: np.ndarray, task: Task) -> np.ndarray:
    """Return the probability of each class, (score + 1) / 2 cut to [0, 1], adding up to 1.

    Args:
        scores: one column per target of a class task. [shape=(n, t)]
        task: the class task.

    Returns:
        One column per class, in the order of ``task.classes``. Where no quadrant has a score
        above -1, all are alike. [shape=(n, c)]
    """
    p = np.clip((np.asarray(scores, dtype=float) + 1) / 2, 0, 1)
    if task is not Task.QUADRANT:
        return np.column_stack([1 - p[:, 0], p[:, 0]])
    total = p.sum(axis=1, keepdims=True)
    return np.where(total > 0, p / np.where(total > 0, total, 1), 1 / p.shape[1])


def scores_from_probabilities(probabilities: np.ndarray, task: Task) -> np.ndarray:
    """Return the scores, 2 p - 1, that stand for the probabilities of the classes.

    Args:
        probabilities: one column per class of ``task``. [shape=(n, c)]
        task: a class task.

    Returns:
        One column per target. [shape=(n, t)]
    """
    own = probabilities if task is Task.QUADRANT else probabilities[:, 1:]
    return 2 * np.asarray(own, dtype=float) - 1


def classes_from_scores(scores: np.ndarray, task: Task) -> np.ndarray:
    """Return which class is decided on: the highest score; of two, high where it is above 0.

    Args:
        scores: one column per target of a class task, as predicted or as true. [shape=(n, t)]
        task: the class task.

    Returns:
        Places in ``task.classes``; of equal scores the first. [shape=(n,), int]
    """
    values = np.asarray(scores, dtype=float)
    if task is Task.QUADRANT:
        return np.argmax(values, axis=1)
    return (values[:, 0] > 0).astype(int)
