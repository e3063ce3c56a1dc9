"""A Gaussian process on what a general model got wrong of a listener's valence and arousal."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, DotProduct, Kernel, WhiteKernel

from affectmix.tuning.residual_neighbours import places_of
from affectmix.tuning.songs import Songs, bounded

FEWEST = 3  # songs from which the strengths are chosen; below, they are those of `prior_kernel`


@dataclass(frozen=True)
class ProcessCorrection:
    """The posterior mean of a residual's Gaussian process.

    Attributes:
        places: where the rated songs lie [shape=(n, d)].
        dual: their coefficients [shape=(n, 2)].
        theta: logarithms of the kernel's parameters, in scikit-learn's order.
    """

    places: np.ndarray
    dual: np.ndarray
    theta: np.ndarray

    def predict(self, songs: Songs) -> np.ndarray:
        """Return the listener's valence and arousal of every row. [shape=(rows, 2)]"""
        kernel = prior_kernel().clone_with_theta(self.theta)
        return bounded(songs.predicted + kernel(places_of(songs), self.places) @ self.dual)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return songs, coefficients and parameters."""
        return {"places": self.places, "dual": self.dual, "theta": self.theta}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> ProcessCorrection:
        """Return the correction that :meth:`to_arrays` took apart."""
        return cls(arrays["places"], arrays["dual"], arrays["theta"])


def prior_kernel() -> Kernel:
    """Return a shift, a linear map, a smooth function of prediction and sound, and noise.

    The bounds are the sizes that differences between listeners can have on [-1, 1].
    """
    shift = ConstantKernel(0.04, (1e-3, 0.25))
    linear = ConstantKernel(0.04, (1e-3, 0.5)) * DotProduct(0.0, "fixed")
    smooth = ConstantKernel(0.01, (1e-4, 0.1)) * RBF(1.0, (0.3, 5.0))
    return shift + linear + smooth + WhiteKernel(0.08, (0.02, 0.2))


def fit_process(songs: Songs, targets: np.ndarray) -> ProcessCorrection:
    """Return the correction whose strengths have the greatest marginal likelihood.

    Both targets share the kernel, so that there are twice as many numbers to choose it by.

    Args:
        songs: the listener's songs, with predicted valence and arousal.
        targets: the listener's valence and arousal of them [shape=(n, 2)].
    """
    whole = songs.averaged
    places = places_of(whole)
    process = GaussianProcessRegressor(
        prior_kernel(), optimizer=None if len(places) < FEWEST else "fmin_l_bfgs_b"
    )
    with warnings.catch_warnings():  # a strength at its bound is a result, not a fault
        warnings.simplefilter("ignore", ConvergenceWarning)
        process.fit(places, targets - whole.predicted)
    return ProcessCorrection(places, process.alpha_, process.kernel_.theta)
