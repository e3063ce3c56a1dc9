"""Support vector machines on songs' statistics (Sun et al., section 2.2). No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from sklearn.svm import SVR

from affectmix.learners.base import Choice
from affectmix.learners.segments.answers import Answers
from affectmix.learners.svc.learner import SvcLearner
from affectmix.learners.svc.model import SvcModel, fit_scaler
from affectmix.search.task import SearchFold, SearchTask

_CS: Final = (1.0, 10.0, 100.0)
_GAMMAS: Final = (0.1, 0.3, 1.0)  # in units of 1 / (columns × variance)
_REGRESSION_CS: Final = (0.1, 1.0, 10.0)
_EPSILON: Final = 0.05
_FEWEST: Final = 10  # songs; of fewer nothing can be chosen
_FOLDS: Final = 5


def enough(Y: np.ndarray) -> bool:
    """Return whether labels of songs are enough to train machines on. [shape=(n, t)]"""
    return len(Y) >= _FEWEST and bool((Y.max(axis=0) > Y.min(axis=0)).any())


def stratified_folds(Y: np.ndarray) -> np.ndarray:
    """Return a fold of each song, such that every class is in each; for single sets of songs.

    The order of the rows alone decides. [shape=(n, t) → (n,)]
    """
    order = np.lexsort(Y.T)
    folds = np.empty(len(Y), dtype=int)
    folds[order] = np.arange(len(Y)) % _FOLDS
    return folds


def choose_machines(
    statistics: np.ndarray, Y: np.ndarray, folds: np.ndarray, answers: Answers, *, seed: int
) -> dict[str, dict[str, Any]]:
    """Choose the machines' parameters by cross-validation.

    Args:
        statistics: of songs [shape=(n, d)].
        Y: their labels in [-1, 1] [shape=(n, t)].
        folds: fold of each song; a song is predicted by machines of the others [shape=(n,)].
        answers: what is predicted.
        seed: of the search.

    Returns:
        target → parameters that JSON can hold.
    """
    if answers.classes is None:
        return {
            target: _svr_point(statistics, Y[:, column], folds)
            for column, target in enumerate(answers.targets)
        }
    numbers = np.unique(folds)
    nothing = np.zeros(len(Y))
    task = SearchTask(
        statistics,
        Y,
        answers.targets,
        nothing.astype(int),
        nothing,
        tuple(
            SearchFold(np.flatnonzero(folds != own), {"songs": np.flatnonzero(folds == own)})
            for own in numbers
        ),
        seed=seed,
    )
    return _svc().search(task).points


def fit_machines(
    statistics: np.ndarray, Y: np.ndarray, answers: Answers, points: Mapping[str, Any]
) -> dict[str, SvcModel]:
    """Return the machine of each target, fitted on all songs."""
    if answers.classes is not None:
        return _svc().fit(statistics, Y, answers.targets, Choice(dict(points)))
    return {
        target: _svr(statistics, Y[:, column], points[target]["C"])
        for column, target in enumerate(answers.targets)
    }


def machine_scores(
    machines: Mapping[str, SvcModel], statistics: np.ndarray, answers: Answers
) -> np.ndarray:
    """Return what machines say of songs, in the units of labels. [shape=(n, t)]

    Classes that no training song has keep the probability 0.
    """
    if answers.classes is None:
        return np.column_stack([machines[t].decide(statistics) for t in answers.targets])
    scores = np.column_stack([machines[t].predict(statistics) for t in answers.targets])
    absent = [place for place, t in enumerate(answers.targets) if t in answers.missing]
    scores[:, absent] = -1.0
    return scores


def _svc() -> SvcLearner:
    return SvcLearner(scaling="standard", cs=_CS, gammas=_GAMMAS)


def _svr(statistics: np.ndarray, y: np.ndarray, c: float) -> SvcModel:
    """Return a regression machine; its decision value is what it predicts."""
    scaler = fit_scaler("standard", statistics)
    rows = np.asarray(scaler.apply(statistics), dtype=np.float64)
    variance = float(rows.var())
    gamma = 1.0 / (rows.shape[1] * variance) if variance > 0 else 1.0
    machine = SVR(C=c, gamma=gamma, epsilon=_EPSILON).fit(rows, y)
    return SvcModel(
        scaling="standard",
        scaler=scaler,
        support=rows[machine.support_].astype(np.float32),
        dual=machine.dual_coef_[0],
        bias=float(machine.intercept_[0]),
        gamma=gamma,
        slope=1.0,
        offset=0.0,
    )


def _svr_point(statistics: np.ndarray, y: np.ndarray, folds: np.ndarray) -> dict[str, Any]:
    errors = {c: _svr_error(statistics, y, folds, c) for c in _REGRESSION_CS}
    return {"C": min(_REGRESSION_CS, key=lambda c: (errors[c], c))}


def _svr_error(statistics: np.ndarray, y: np.ndarray, folds: np.ndarray, c: float) -> float:
    squares = []
    for own in np.unique(folds):
        train, held_out = folds != own, folds == own
        predicted = _svr(statistics[train], y[train], c).decide(statistics[held_out])
        squares.append(np.square(predicted - y[held_out]))
    return float(np.concatenate(squares).mean())
