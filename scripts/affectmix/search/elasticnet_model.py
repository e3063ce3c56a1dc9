"""A fitted elastic net: plain arrays that predict from raw features.

:mod:`affectmix.search.elasticnet_fit` fits it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np

from affectmix.errors import ConfigError
from affectmix.search.decomposition import Standardizer


@dataclass(frozen=True)
class ElasticNetModel:
    """A fitted elastic net for raw features.

    Attributes:
        fill: what replaces values that are not finite [shape=(d,)].
        mean: mean of each column over the training rows [shape=(d,)].
        scale: standard deviation of each column, 1 where that is zero [shape=(d,)].
        coefficients: weights of the standardised features [shape=(d,)].
        intercept: prediction for a row of means.
        alpha: the penalty that the inner folds chose.
        components: number of principal components behind the weights.
        unconverged: how many of the inner folds' paths did not converge.
    """

    fill: np.ndarray
    mean: np.ndarray
    scale: np.ndarray
    coefficients: np.ndarray
    intercept: float
    alpha: float
    components: int
    unconverged: int

    @property
    def converged(self) -> bool:
        """Whether every inner fold's path reached its tolerance."""
        return self.unconverged == 0

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return predictions for raw features [shape=(m, d)] as [shape=(m,), float64]."""
        if np.ndim(X) != 2 or np.shape(X)[1] != len(self.coefficients):
            raise ConfigError(
                f"elasticnet: features of shape {np.shape(X)} found; this model was trained on"
                f" (rows, {len(self.coefficients)}): extract the same feature set"
            )
        rows = Standardizer(self.fill, self.mean, self.scale).apply(X)
        return rows @ self.coefficients + self.intercept

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return every attribute as an array, to be stored without pickling."""
        return {name: np.asarray(value) for name, value in asdict(self).items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> ElasticNetModel:
        """Return the model that :meth:`to_arrays` took apart."""
        return cls(
            fill=np.asarray(arrays["fill"], dtype=np.float64),
            mean=np.asarray(arrays["mean"], dtype=np.float64),
            scale=np.asarray(arrays["scale"], dtype=np.float64),
            coefficients=np.asarray(arrays["coefficients"], dtype=np.float64),
            intercept=float(arrays["intercept"]),
            alpha=float(arrays["alpha"]),
            components=int(arrays["components"]),
            unconverged=int(arrays["unconverged"]),
        )
