"""A support vector machine with an RBF kernel per class: the field's standard baseline.

Each class has a machine that tells it from all others (of two classes there is one machine);
C and gamma are the same for all of them, and chosen for the accuracy of the highest decision
value (of two classes, of its sign). What is predicted hangs on probabilities, as of all
learners, which can decide otherwise where classes are of unlike sizes. They are Platt's (1999):
a logistic regression on decision values of rows that the machine was not trained on, here
those of the inner folds.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from affectmix.learners.base import Choice
from affectmix.learners.svc.model import SvcModel, fit_scaler, squared_distances
from affectmix.search.task import SearchFold, SearchTask

#: Of the calibration's logistic regression: weak, lest classes that part cleanly make it infinite.
_CALIBRATION_C = 10.0


class SvcLearner:
    """Chooses C and gamma on the inner folds, and fits a machine per indicator.

    Args:
        scaling: ``rank`` (each value's place among the training values) or ``standard``.
        cs: values of C.
        gammas: widths of the kernel, in units of 1 / (columns × variance).
    """

    uses_features = True

    def __init__(self, *, scaling: str, cs: Sequence[float], gammas: Sequence[float]) -> None:
        self._scaling = scaling
        self._points = list(itertools.product(gammas, cs))

    def search(self, task: SearchTask) -> Choice:
        """Choose the point of the highest mean accuracy over folds and views.

        Of points that are equally good, the one with the widest kernel and then the least C.
        """
        decisions = [self._fold_decisions(task, fold) for fold in task.folds]
        accuracy = np.mean(
            [_accuracies(task, f, d) for f, d in zip(task.folds, decisions, strict=True)], axis=0
        )
        ranked = sorted(range(len(self._points)), key=lambda i: (-accuracy[i], *self._points[i]))
        best = ranked[0]
        gamma, c = self._points[best]
        held_out = np.concatenate([fold.validation_rows for fold in task.folds])
        values = np.concatenate([decided[best] for decided in decisions])
        points = {
            target: {"C": c, "gamma": gamma, **_calibration(values[:, k], task.Y[held_out, k])}
            for k, target in enumerate(task.targets)
        }
        report = {
            "points": len(self._points),
            "chosen_converged": dict.fromkeys(task.targets, True),
            "best_accuracy": float(accuracy[best]),
        }
        return Choice(points, report)

    def fit(
        self, X: np.ndarray, Y: np.ndarray, targets: Sequence[str], choice: Choice
    ) -> dict[str, SvcModel]:
        """Fit the chosen machine of each indicator on all rows. [shapes=(n, d), (n, t)]"""
        scaler = fit_scaler(self._scaling, X)
        rows = np.asarray(scaler.apply(X), dtype=np.float64)
        gamma = choice.points[targets[0]]["gamma"] * _unit(rows)
        kernel = np.exp(-gamma * squared_distances(rows, rows))
        models = {}
        for k, target in enumerate(targets):
            point = choice.points[target]
            support, dual, bias = _machine(kernel, Y[:, k], point["C"])
            models[target] = SvcModel(
                scaling=self._scaling,
                scaler=scaler,
                support=rows[support].astype(np.float32),
                dual=dual,
                bias=bias,
                gamma=gamma,
                slope=point["slope"],
                offset=point["offset"],
            )
        return models

    def _fold_decisions(self, task: SearchTask, fold: SearchFold) -> np.ndarray:
        """Return the decision values of a fold's validated rows. [shape=(points, m, t)]"""
        scaler = fit_scaler(self._scaling, task.X[fold.train])
        train, tested = (
            np.asarray(scaler.apply(task.X[rows]), dtype=np.float64)
            for rows in (fold.train, fold.validation_rows)
        )
        inside, outside = squared_distances(train, train), squared_distances(tested, train)
        unit, width = _unit(train), None
        found = np.empty((len(self._points), len(tested), len(task.targets)))
        for place, (gamma, c) in enumerate(self._points):
            if gamma != width:
                known, asked = (np.exp(-gamma * unit * squares) for squares in (inside, outside))
                width = gamma
            for k in range(len(task.targets)):
                support, dual, bias = _machine(known, task.Y[fold.train, k], c)
                found[place, :, k] = asked[:, support] @ dual + bias
        return found


def _unit(rows: np.ndarray) -> float:
    """Return 1 / (columns × variance) of scaled rows, scikit-learn's ``gamma="scale"``."""
    variance = float(rows.var())
    return 1.0 / (rows.shape[1] * variance) if variance > 0 else 1.0


def _machine(kernel: np.ndarray, y: np.ndarray, c: float) -> tuple[np.ndarray, np.ndarray, float]:
    """Return positions, coefficients and bias of the support vectors of indicators ``y``.

    Where all rows are of one class there is no machine: the bias alone says which it is.
    """
    member = y > 0
    if member.all() or not member.any():
        return np.empty(0, dtype=int), np.empty(0), 1.0 if member.all() else -1.0
    machine = SVC(C=c, kernel="precomputed", cache_size=500).fit(kernel, member)
    return machine.support_, machine.dual_coef_[0], float(machine.intercept_[0])


def _accuracies(task: SearchTask, fold: SearchFold, decisions: np.ndarray) -> np.ndarray:
    """Return each point's mean accuracy over the fold's views. [shape=(points,)]"""
    truth = task.Y[fold.validation_rows]
    if len(task.targets) > 1:
        right = decisions.argmax(axis=2) == truth.argmax(axis=1)
    else:
        right = (decisions[:, :, 0] > 0) == (truth[:, 0] > 0)
    places = [np.searchsorted(fold.validation_rows, rows) for rows in fold.validate.values()]
    return np.mean([right[:, own].mean(axis=1) for own in places], axis=0)


def _calibration(values: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """Return slope and offset of the probability.

    A machine whose values say the opposite on unseen rows knows nothing, and one of a class
    that is missing has nothing to know: then it is the class's frequency (Laplace's estimate).
    """
    member = y > 0
    if member.any() and not member.all():
        fitted = LogisticRegression(C=_CALIBRATION_C).fit(values[:, None], member)
        if fitted.coef_[0, 0] > 0:
            return {"slope": float(fitted.coef_[0, 0]), "offset": float(fitted.intercept_[0])}
    inside, outside = int(member.sum()) + 1, int((~member).sum()) + 1
    return {"slope": 0.0, "offset": float(np.log(inside / outside))}
