"""A Bayesian last layer for a listener's quadrants, centred on the general model's own.

The quadrants' probabilities are two log odds, of high valence and of high arousal, and an
interaction. The layer adds to both odds a linear map of a constant, of the odds themselves and
of what the song sounds like: what `ridge_correction` does to values, done to log odds, with the
same Gaussian priors around no difference, that is around the general weights. It is fitted by
Laplace's method (Rasmussen and Williams 2006, algorithm 3.3), and the priors are averaged by
their approximate evidence.

A listener who picks the songs by what they make him or her feel picks other shares of the
quadrants than a library has. The likelihood of picked songs therefore carries the logarithm of
both shares' ratio, which is left out in prediction. Songs that were picked without the
listener's say need no such correction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from affectmix.tuning.ridge_correction import prior_covariances
from affectmix.tuning.songs import PROBABILITY_FLOOR, Songs, normalised

# The quadrants' side on either axis, in the order of QUADRANTS [shape=(2, 4)].
SIDES = np.array([[1.0, -1, -1, 1], [1, 1, -1, -1]])
ODDS_PER_UNIT = 5.0  # log odds of a unit of valence: a rating scatters by .35 around a prediction
SOUND_SD = 0.1  # of the weight of a standardised component, in log odds
SMOOTHING = 4.0  # songs' worth of the library's shares in the shares of picked songs
STEPS = 50
TOLERANCE = 1e-8


@dataclass(frozen=True)
class HeadCorrection:
    """What is added to the general model's log odds.

    Attributes:
        coefficients: of a constant, both log odds and the components, for the log odds of high
            valence and of high arousal [shape=(3 + d, 2)].
    """

    coefficients: np.ndarray

    def predict(self, songs: Songs) -> np.ndarray:
        """Return the listener's probability of each quadrant, for every row. [shape=(rows, 4)]"""
        logits = _logits(songs.predicted)
        added = _inputs(logits, songs.components) @ self.coefficients
        return normalised(_softmax(logits + 0.5 * added @ SIDES))

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return the coefficients."""
        return {"coefficients": self.coefficients}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> HeadCorrection:
        """Return the layer that :meth:`to_arrays` took apart."""
        return cls(arrays["coefficients"])


def fit_head(
    songs: Songs, targets: np.ndarray, *, library: np.ndarray | None = None
) -> HeadCorrection:
    """Return the layer at the mode of its posterior, averaged over priors.

    Args:
        songs: the listener's songs, with predicted probabilities of the quadrants.
        targets: 1 for the listener's quadrant of each song, else 0 [shape=(n, 4)].
        library: shares of the quadrants among all songs, where the listener picked these by
            their quadrant; None where they were picked otherwise [shape=(4,)].
    """
    logits = _logits(songs.means(songs.predicted))
    inputs = _inputs(logits, songs.means(songs.components))
    start = logits if library is None else logits + _picked(targets, library)
    design = np.kron(0.5 * SIDES.T, inputs)  # classes' songs by axes' inputs
    means, evidence = [], []
    for covariance in _priors(inputs.shape[1]):
        mapped = design @ covariance
        dual, value = _mode(mapped @ design.T, start.T.ravel(), targets.T.ravel(), len(inputs))
        means.append((mapped.T @ dual).reshape(2, -1).T)
        evidence.append(value)
    weights = np.exp(np.array(evidence) - max(evidence))
    return HeadCorrection(np.tensordot(weights / weights.sum(), np.array(means), axes=1))


def _picked(targets: np.ndarray, library: np.ndarray) -> np.ndarray:
    """Return log(share among the picked songs / share in the library) [shape=(4,)]."""
    shares = normalised(np.asarray(library, dtype=float)[None])[0]
    picked = (targets.sum(axis=0) + SMOOTHING * shares) / (len(targets) + SMOOTHING)
    return np.log(picked / shares)


def _priors(inputs: int) -> Iterator[np.ndarray]:
    """Yield covariances of the coefficients, valence's first [shape=(2 inputs, 2 inputs)]."""
    scales = np.array([ODDS_PER_UNIT, 1.0, 1.0] * 2)
    places = np.concatenate([np.arange(3), inputs + np.arange(3)])
    for number, covariance in enumerate(prior_covariances()):
        whole = np.diag(np.full(2 * inputs, SOUND_SD**2 if number else 0.0))
        whole[np.ix_(places, places)] = covariance * np.outer(scales, scales)
        yield whole


def _mode(
    kernel: np.ndarray, start: np.ndarray, targets: np.ndarray, songs: int
) -> tuple[np.ndarray, float]:
    """Return the posterior mode's dual coefficients [shape=(4n,)] and the log evidence.

    All vectors hold the first class's songs, then the second's, and so on.
    """
    by_song = targets.reshape(-1, songs).T
    identity = np.eye(len(start))

    def objective(dual: np.ndarray) -> float:
        values = kernel @ dual
        shares = _softmax((start + values).reshape(-1, songs).T)
        fitted = np.maximum((by_song * shares).sum(axis=1), np.finfo(float).tiny)
        return float(np.log(fitted).sum() - 0.5 * dual @ values)

    dual = np.zeros_like(start)
    reached = objective(dual)
    for _ in range(STEPS):
        values = kernel @ dual
        shares = _softmax((start + values).reshape(-1, songs).T)
        flat = shares.T.ravel()
        stacked = np.concatenate([np.diag(column) for column in shares.T])
        curvature = np.diag(flat) - stacked @ stacked.T
        system = identity + curvature @ kernel
        step = np.linalg.solve(system, curvature @ values + targets - flat) - dual
        # A whole step can lead beyond the mode: it is halved until it gains.
        for _ in range(STEPS):
            found = objective(dual + step)
            if found >= reached:
                break
            step *= 0.5
        else:
            break
        gained, dual, reached = found - reached, dual + step, found
        if gained < TOLERANCE:
            break
    return dual, reached - 0.5 * float(np.linalg.slogdet(system)[1])


def _logits(probabilities: np.ndarray) -> np.ndarray:
    logs = np.log(np.maximum(probabilities, PROBABILITY_FLOOR))
    return logs - logs.mean(axis=1, keepdims=True)


def _inputs(logits: np.ndarray, components: np.ndarray) -> np.ndarray:
    odds = 0.5 * logits @ SIDES.T
    return np.column_stack([np.ones(len(logits)), odds, components])


def _softmax(logits: np.ndarray) -> np.ndarray:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)
