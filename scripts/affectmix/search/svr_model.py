"""A fitted support vector regression, as plain arrays that can be stored anywhere.

It predicts without a solver, and so without a compiler; :mod:`affectmix.search.svr_fit` fits it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from affectmix.search.decomposition import Standardizer
from affectmix.search.kernels import KERNELS, Kernel


@dataclass(frozen=True)
class SvrModel:
    """Standardisation, PCA and support vectors of one target.

    Attributes:
        standardizer: imputation, means and scales of the raw features.
        axes: what standardised rows are multiplied with, whitening included [shape=(d, q)].
        support: support vectors in principal coordinates, or landmarks where the kernel was
            approximated [shape=(s, q)].
        dual: their coefficients, which sum to zero but for landmarks [shape=(s,)].
        bias: what is added.
        kernel: the kernel; its gamma is a number.
        converged: whether the solver reached its tolerance.
    """

    standardizer: Standardizer
    axes: np.ndarray
    support: np.ndarray
    dual: np.ndarray
    bias: float
    kernel: Kernel
    converged: bool

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the predictions of raw rows, NaN and infinite values allowed [shape=(m,)]."""
        with threadpool_limits(1, user_api="blas"):  # the same sums whatever the threads
            rows = self.standardizer.apply(X) @ self.axes
            values = self.kernel.of_products(
                rows @ self.support.T,
                np.square(rows).sum(axis=1),
                np.square(self.support).sum(axis=1),
                float(self.kernel.gamma),
            )
            return values @ self.dual + self.bias

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return everything as numeric arrays, for npz or safetensors."""
        return {
            "fill": self.standardizer.fill,
            "mean": self.standardizer.mean,
            "scale": self.standardizer.scale,
            "axes": self.axes,
            "support": self.support,
            "dual": self.dual,
            "bias": np.array(self.bias),
            "kernel": np.array(KERNELS.index(self.kernel.name)),
            "gamma": np.array(float(self.kernel.gamma)),
            "degree": np.array(self.kernel.degree),
            "coef0": np.array(self.kernel.coef0),
            "converged": np.array(self.converged),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> SvrModel:
        """Return the model that :meth:`to_arrays` took apart."""
        kernel = Kernel(
            KERNELS[int(arrays["kernel"])],
            float(arrays["gamma"]),
            int(arrays["degree"]),
            float(arrays["coef0"]),
        )
        return cls(
            Standardizer(arrays["fill"], arrays["mean"], arrays["scale"]),
            arrays["axes"],
            arrays["support"],
            arrays["dual"],
            float(arrays["bias"]),
            kernel,
            bool(arrays["converged"]),
        )
