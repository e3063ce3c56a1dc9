"""Fitting members of any family, those that share work together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

import numpy as np

from affectmix.learners.stack.machines import Machines, fit_machines
from affectmix.learners.stack.training import Rows, TrainingSet
from affectmix.learners.stack.trees import Trees, fit_trees

Fitted = Machines | Trees
Fitter = Callable[[TrainingSet, np.ndarray, Sequence[Mapping[str, Any]]], Iterator[Fitted]]
_FITTERS: Mapping[str, Fitter] = {
    "ridge": fit_machines,
    "svr": fit_machines,
    "elasticnet": fit_machines,
    "boosting": fit_trees,
    "extratrees": fit_trees,
}


def fit_members(
    training: TrainingSet, Y: np.ndarray, members: Sequence[Mapping[str, Any]]
) -> Iterator[Fitted]:
    """Yield the fitted members in groups that predict together.

    Args:
        training: the training rows.
        Y: their targets [shape=(n, t)].
        members: hyper-parameters, neighbours sharing what they can.
    """
    for fitter, group in groupby(
        range(len(members)), key=lambda place: _FITTERS[members[place]["family"]]
    ):
        places = list(group)
        for fitted in fitter(training, Y, [members[place] for place in places]):
            yield replace(fitted, members=[places[k] for k in fitted.members])


def predict_members(
    training: TrainingSet,
    Y: np.ndarray,
    members: Sequence[Mapping[str, Any]],
    rows: Rows,
) -> tuple[np.ndarray, np.ndarray]:
    """Fit members and predict other rows.

    Returns:
        Predictions [shape=(m, members, t)], and whether each solver reached its tolerance
        [shape=(members, t)].
    """
    m = len(rows)
    predicted = np.empty((m, len(members), Y.shape[1]))
    converged = np.empty((len(members), Y.shape[1]), dtype=bool)
    for fitted in fit_members(training, Y, members):
        own = np.ix_(fitted.members, fitted.targets)
        predicted[:, own[0], own[1]] = fitted.predict(rows)
        converged[own] = fitted.converged
    return predicted, converged
