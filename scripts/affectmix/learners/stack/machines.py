"""Members that predict by a kernel expansion over the training rows.

Ridge regression in a kernel's space (equal to a Gaussian process's mean) for all strengths of
the penalty from one eigendecomposition; support vector regression by the shared solver; elastic
nets on principal components, which over the training rows are orthogonal, so that all have a
closed form. Each becomes dual coefficients and a bias, so that the members of an ensemble that
share a kernel predict as one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import scipy.linalg

from affectmix.learners.stack.geometry import Geometry, geometries, principal
from affectmix.learners.stack.kernels import kernel_values
from affectmix.learners.stack.training import Rows, TrainingSet
from affectmix.search.elasticnet_components import Components, Variant, Wanted
from affectmix.search.svr_solver import solve

Member = Mapping[str, Any]


@dataclass(frozen=True)
class Machines:
    """Fitted members that share one kernel.

    Attributes:
        members: their places in the list that was fitted.
        targets: the columns of the targets that they were fitted to.
        geometry, kernel, gamma: the kernel.
        dual: coefficients of the training rows [shape=(members, targets, n)].
        bias: what is added [shape=(members, targets)].
        converged: whether the solver reached its tolerance [shape=(members, targets)].
    """

    members: Sequence[int]
    targets: Sequence[int]
    geometry: Geometry
    kernel: str
    gamma: float
    dual: np.ndarray
    bias: np.ndarray
    converged: np.ndarray

    def predict(self, rows: Rows) -> np.ndarray:
        """Return each member's predictions [shape=(m, members, targets)]."""
        products, squares = rows.products(self.geometry)
        values = kernel_values(
            self.kernel, products, squares, self.geometry.train_squares, self.gamma
        )
        return np.einsum("mn,ctn->mct", values, self.dual, optimize=True) + self.bias


def fit_machines(
    training: TrainingSet, Y: np.ndarray, members: Sequence[Member]
) -> Iterator[Machines]:
    """Yield the fitted members, those with one kernel together.

    Args:
        training: the training rows.
        Y: their targets [shape=(n, t)].
        members: of the families ``ridge``, ``svr`` and ``elasticnet``, neighbours of equal
            geometry and kernel sharing what is computed.
    """
    for _, group in groupby(range(len(members)), key=lambda place: _where(members[place])):
        places = list(group)
        if members[places[0]]["family"] == "elasticnet":
            yield _fit_elasticnets(training, Y, members, places)
            continue
        for geometry, targets in geometries(training, Y, members[places[0]]):
            yield from _fit_kernels(geometry, Y, targets, members, places)


def _where(member: Member) -> tuple[Any, ...]:
    keys = ("input", "relevance", "pca", "whiten")
    return (member["family"] == "elasticnet", *(member.get(key, -1.0) for key in keys))


def _fit_kernels(
    geometry: Geometry,
    Y: np.ndarray,
    targets: Sequence[int],
    members: Sequence[Member],
    places: Sequence[int],
) -> Iterator[Machines]:
    mean_square = float(geometry.train_squares.mean())
    by_kernel = groupby(
        places, key=lambda place: (members[place]["kernel"], members[place]["width"])
    )
    for (kernel, width), group in by_kernel:
        chosen = list(group)
        gamma = width / mean_square if mean_square > 0.0 else 1.0
        squares = geometry.train_squares
        K = kernel_values(kernel, geometry.train_products, squares, squares, gamma)
        dual = np.empty((len(chosen), len(targets), len(K)))
        bias = np.empty(dual.shape[:2])
        converged = np.ones(dual.shape[:2], dtype=bool)
        own = Y[:, list(targets)]
        for family, fit in (("ridge", _ridge), ("svr", _support_vectors)):
            part = [k for k, place in enumerate(chosen) if members[place]["family"] == family]
            if part:
                fitted = fit(K, own, [members[chosen[k]] for k in part])
                dual[part], bias[part], converged[part] = fitted
        yield Machines(chosen, targets, geometry, kernel, gamma, dual, bias, converged)


def _ridge(
    K: np.ndarray, Y: np.ndarray, members: Sequence[Member]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Solve kernel ridge regression with an intercept for every penalty.

    A penalty of 1 is the mean eigenvalue of the centred kernel.
    """
    column_means = K.mean(axis=0)
    centred = K - column_means - column_means[:, None] + column_means.mean()
    values, vectors = scipy.linalg.eigh(centred, overwrite_a=True, check_finite=False)
    values = np.maximum(values, 0.0)
    offsets = Y.mean(axis=0)
    turned = vectors.T @ (Y - offsets)
    level = float(values.mean())
    if level <= np.finfo(np.float64).eps * float(np.abs(column_means).max()):
        level = 1.0  # all rows are alike, and whatever the penalty the mean is predicted
    shrunk = [turned / (values + member["penalty"] * level)[:, None] for member in members]
    dual = np.einsum("nk,ckt->ctn", vectors, np.array(shrunk), optimize=True)
    bias = offsets - dual @ column_means
    return dual, bias, np.ones(bias.shape, dtype=bool)


def _support_vectors(
    K: np.ndarray, Y: np.ndarray, members: Sequence[Member]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    shape = (len(members), Y.shape[1])
    found = solve(
        K,
        Y,
        column=np.tile(np.arange(shape[1]), shape[0]),
        C=np.repeat([float(member["C"]) for member in members], shape[1]),
        epsilon=np.repeat([float(member["epsilon"]) for member in members], shape[1]),
    )
    return (
        found.beta.reshape(*shape, -1),
        found.bias.reshape(shape),
        found.converged.reshape(shape),
    )


def _fit_elasticnets(
    training: TrainingSet, Y: np.ndarray, members: Sequence[Member], places: Sequence[int]
) -> Machines:
    """Fit elastic nets on components; a penalty of 1 is the least that leaves only the mean."""
    name = members[places[0]]["input"]
    decomposition = training.decomposition(name)
    components = Components.of(decomposition, Y)
    to_rows = decomposition.scores / decomposition.variance
    dual = np.empty((len(places), Y.shape[1], training.n))
    for k, place in enumerate(places):
        member = members[place]
        scaling = "whiten" if member["whiten"] else "plain"
        variant = Variant(decomposition.size(member["pca"]), scaling, member["l1_ratio"])
        for target in range(Y.shape[1]):
            wanted = Wanted(variant, target)
            largest = components.alphas(wanted)[0]
            weights = components.fit(wanted, largest * member["penalty"])
            dual[k, target] = to_rows[:, : variant.size] @ weights
    return Machines(
        places,
        range(Y.shape[1]),
        principal(training, name, 1.0, False),
        "linear",
        1.0,
        dual,
        np.tile(components.offsets, (len(places), 1)),
        np.ones(dual.shape[:2], dtype=bool),
    )
