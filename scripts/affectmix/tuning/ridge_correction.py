"""An affine map from a general model's valence and arousal to a listener's, near the identity.

A listener's zero may lie elsewhere, one may use more or less of the scale, and one may hear as
pleasant what others hear as arousing. Each of these is a Gaussian prior over the six numbers of
an affine map, centred on the identity: a ridge with a strength. Strength and kind are not chosen
but averaged over, each weighted by its marginal likelihood on the listener's songs: a handful of
songs cannot tell which is right, and a choice among them would often be wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from affectmix.tuning.songs import Songs, bounded

STRENGTHS = (0.1, 0.2, 0.4, 0.8)  # prior standard deviations of a coefficient
ZERO_SD = 0.2  # of the listener's zero, beside another difference
NOISE_VARIANCES = (0.02, 0.05, 0.1, 0.15)  # of a rating around the corrected prediction


@dataclass(frozen=True)
class AffineCorrection:
    """A fitted map.

    Attributes:
        coefficients: what is added to valence and arousal of 1, of predicted valence and of
            predicted arousal [shape=(3, 2)]; all 0 is the identity.
    """

    coefficients: np.ndarray

    def predict(self, songs: Songs) -> np.ndarray:
        """Return the listener's valence and arousal of every row. [shape=(rows, 2)]"""
        return bounded(songs.predicted + _inputs(songs.predicted) @ self.coefficients)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return the coefficients."""
        return {"coefficients": self.coefficients}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> AffineCorrection:
        """Return the map that :meth:`to_arrays` took apart."""
        return cls(arrays["coefficients"])


def fit_ridge(songs: Songs, targets: np.ndarray) -> AffineCorrection:
    """Return the posterior mean of the map, averaged over priors by their evidence.

    Args:
        songs: the listener's songs, with predicted valence and arousal.
        targets: the listener's valence and arousal of them [shape=(n, 2)].
    """
    predicted = songs.means(songs.predicted)
    residual = (targets - predicted).T.ravel()  # valence of all songs, then arousal
    design = np.kron(np.eye(2), _inputs(predicted))
    means, evidence = [], []
    for covariance in prior_covariances():
        mapped = design @ covariance
        for noise in NOISE_VARIANCES:
            total = mapped @ design.T + noise * np.eye(len(residual))
            factor = np.linalg.cholesky(total)
            solved = np.linalg.solve(total, residual)
            means.append(mapped.T @ solved)
            evidence.append(-0.5 * residual @ solved - np.log(np.diag(factor)).sum())
    weights = np.exp(np.array(evidence) - max(evidence))
    mean = weights @ np.array(means) / weights.sum()
    return AffineCorrection(mean.reshape(2, 3).T)


def prior_covariances() -> Iterator[np.ndarray]:
    """Yield the priors over (1, valence, arousal → valence; 1, valence, arousal → arousal).

    No difference; a shift; other weights of valence and arousal; a rotation with a common
    weight; and any linear map, the last three also with a small shift. [shape=(6, 6)]
    """
    zero, gains = np.diag([1.0, 0, 0, 1, 0, 0]), np.diag([0, 1.0, 0, 0, 0, 1])
    turn, scale = np.array([0, 0, -1.0, 0, 1, 0]), np.array([0, 1.0, 0, 0, 0, 1])
    rotation = np.outer(turn, turn) + np.outer(scale, scale)
    linear = np.diag([0, 1.0, 1, 0, 1, 1])
    yield np.zeros((6, 6))
    for strength in STRENGTHS:
        yield strength**2 * zero
        for kind in (gains, rotation, linear):
            yield strength**2 * kind
            yield strength**2 * kind + ZERO_SD**2 * zero


def _inputs(predicted: np.ndarray) -> np.ndarray:
    return np.column_stack([np.ones(len(predicted)), predicted])
