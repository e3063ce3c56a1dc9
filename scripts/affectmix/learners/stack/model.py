"""A fitted ensemble of one target, as plain arrays that can be stored anywhere.

An ensemble averages with fixed weights. So members that share a kernel have one vector of
coefficients, their weighted sum; members that share a forest have one forest, the values of its
leaves weighted. What the training rows alone determine is computed from them anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from affectmix.errors import ConfigError
from affectmix.learners.stack.geometry import Geometry, Principal, Weighted
from affectmix.learners.stack.kernels import KERNELS, kernel_values
from affectmix.learners.stack.library import Fitted
from affectmix.learners.stack.machines import Machines
from affectmix.learners.stack.training import INPUTS, Rows, TrainingSet
from affectmix.learners.stack.trees import Forest, Trees


@dataclass(frozen=True)
class KernelPart:
    """A kernel expansion over the training rows."""

    geometry: Geometry
    kernel: str
    gamma: float
    dual: np.ndarray

    def predict(self, rows: Rows) -> np.ndarray:
        """Return its share of the prediction [shape=(m,)]."""
        products, squares = rows.products(self.geometry)
        train = self.geometry.train_squares
        return kernel_values(self.kernel, products, squares, train, self.gamma) @ self.dual

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return everything but the geometry."""
        return {
            "kernel": np.array(KERNELS.index(self.kernel)),
            "gamma": np.array(self.gamma),
            "dual": self.dual,
        }

    @classmethod
    def from_arrays(cls, geometry: Geometry, arrays: Mapping[str, np.ndarray]) -> KernelPart:
        """Return the part that :meth:`to_arrays` took apart."""
        kernel = KERNELS[int(arrays["kernel"])]
        return cls(geometry, kernel, float(arrays["gamma"]), arrays["dual"])


@dataclass(frozen=True)
class TreePart:
    """A weighted sum of trees; the weights are in the values of the nodes."""

    input: str
    forest: Forest

    def predict(self, rows: Rows) -> np.ndarray:
        """Return its share of the prediction [shape=(m,)]."""
        return self.forest.sums(rows.rows(self.input), [len(self.forest.roots)])[:, 0]

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return everything."""
        return {"input": np.array(INPUTS.index(self.input)), **vars(self.forest)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> TreePart:
        """Return the part that :meth:`to_arrays` took apart."""
        nodes = {name: array for name, array in arrays.items() if name != "input"}
        return cls(INPUTS[int(arrays["input"])], Forest(**nodes))


@dataclass(frozen=True)
class StackModel:
    """A weighted average of members for raw features.

    Attributes:
        training: the training rows.
        parts: what is added up.
        bias: what is added to that.
        limits: lowest and highest prediction: the training labels' [shape=(2,)].
        converged: whether every solver reached its tolerance.
    """

    training: TrainingSet
    parts: Sequence[KernelPart | TreePart]
    bias: float
    limits: np.ndarray
    converged: bool

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return predictions of raw rows, NaN and infinite values allowed [shape=(m,)]."""
        columns = self.training.X.shape[1]
        if np.ndim(X) != 2 or np.shape(X)[1] != columns:
            raise ConfigError(
                f"stack: features of shape {np.shape(X)} found; this model was trained on"
                f" (rows, {columns}): extract the same feature set"
            )
        rows = Rows(self.training, X)
        with threadpool_limits(1):  # the same sums whatever the threads
            total = np.full(len(rows), self.bias)
            for part in self.parts:
                total += part.predict(rows)
        return np.clip(total, *self.limits)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return everything as numeric arrays, for npz or safetensors."""
        arrays = {
            "rows": self.training.X,
            "bias": np.array(self.bias),
            "limits": self.limits,
            "converged": np.array(self.converged),
        }
        places: dict[int, int] = {}  # identity of a geometry → its number
        for number, part in enumerate(self.parts):
            own = part.to_arrays()
            if isinstance(part, KernelPart):
                place = places.setdefault(id(part.geometry), len(places))
                own["geometry"] = np.array(place)
                arrays |= _named("geometry", place, _geometry_arrays(part.geometry))
            arrays |= _named("part", number, own)
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> StackModel:
        """Return the model that :meth:`to_arrays` took apart."""
        training = TrainingSet(arrays["rows"])
        geometries = [_geometry(training, own) for own in _numbered("geometry", arrays)]
        parts = [
            KernelPart.from_arrays(geometries[int(own["geometry"])], own)
            if "geometry" in own
            else TreePart.from_arrays(own)
            for own in _numbered("part", arrays)
        ]
        limits = np.asarray(arrays["limits"])
        return cls(training, parts, float(arrays["bias"]), limits, bool(arrays["converged"]))


def _named(kind: str, number: int, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {f"{kind}.{number:03d}.{name}": array for name, array in arrays.items()}


def _numbered(kind: str, arrays: Mapping[str, np.ndarray]) -> list[dict[str, np.ndarray]]:
    """Return what :func:`_named` named, by number."""
    found: dict[str, dict[str, np.ndarray]] = {}
    for name in sorted(name for name in arrays if name.startswith(f"{kind}.")):
        _, number, field = name.split(".")
        found.setdefault(number, {})[field] = arrays[name]
    return list(found.values())


def _geometry_arrays(geometry: Geometry) -> dict[str, np.ndarray]:
    return {"input": np.array(INPUTS.index(geometry.input)), **geometry.to_arrays()}


def _geometry(training: TrainingSet, arrays: Mapping[str, np.ndarray]) -> Geometry:
    name = INPUTS[int(arrays["input"])]
    if "weights" in arrays:
        return Weighted(training, name, arrays["weights"])
    return Principal(training, name, arrays["scores"], arrays["axes"])


def weighted_part(fitted: Fitted, weights: np.ndarray) -> tuple[KernelPart | TreePart, float]:
    """Return fitted members of one target as one part, and their share of the bias.

    Args:
        fitted: members that were fitted to one target.
        weights: of all members of the ensemble [shape=(members,)].
    """
    own = weights[list(fitted.members)]
    if isinstance(fitted, Machines):
        dual, bias = own @ fitted.dual[:, 0], float(own @ fitted.bias[:, 0])
        return KernelPart(fitted.geometry, fitted.kernel, fitted.gamma, dual), bias
    return _weighted_trees(fitted, own), float(own.sum() * fitted.offset)


def _weighted_trees(fitted: Trees, weights: np.ndarray) -> TreePart:
    forest = fitted.forest
    scale = weights * fitted.scale
    trees = np.arange(len(forest.roots))
    used = trees[:, None] < np.asarray(fitted.counts)
    sizes = np.diff(np.append(forest.roots, len(forest.value)))
    of_node = np.repeat(used @ scale, sizes)
    weighted = Forest(
        forest.roots, forest.child, forest.column, forest.threshold, forest.value * of_node
    )
    return TreePart(fitted.input, weighted)
