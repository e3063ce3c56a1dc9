"""Listeners to test tuning with: simulated ones, whose difference is known, and real raters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from affectmix.tuning.songs import quadrants_of

Kind = Literal["shift", "rotation", "weighting"]
KINDS: tuple[Kind, ...] = ("shift", "rotation", "weighting")
RATER = "rater"  # what stands for a real listener where a simulated one has its kind
SHIFTS = (0.25, 0.5)  # how far a listener's zero lies from the others', on [-1, 1]
ANGLES = (30.0, 75.0)  # by how many degrees the plane is turned, either way
WEIGHTS = (-0.2, 0.6)  # with which valence and arousal are felt, each with its own
_STREAM = 60


@dataclass(frozen=True)
class Listener:
    """A simulated listener: felt = matrix · (valence, arousal) + zero, within [-1, 1].

    Attributes:
        name: by which tables know the listener.
        kind: which difference it is.
        matrix: from the corpus' valence and arousal to felt ones [shape=(2, 2)].
        zero: what is added [shape=(2,)].
    """

    name: str
    kind: Kind
    matrix: np.ndarray
    zero: np.ndarray

    def feels(self, affect: np.ndarray) -> np.ndarray:
        """Return felt valence and arousal of general ones. [shape=(n, 2)]"""
        return np.clip(np.asarray(affect, dtype=float) @ self.matrix.T + self.zero, -1.0, 1.0)

    def rates(self, felt: np.ndarray, *, noise: float, seed: int) -> np.ndarray:
        """Return ratings of what is felt, on a scale without steps. [shape=(n, 2)]

        Steps would have one at 0, which counts as low, and so lower the quadrants.

        Args:
            felt: of :meth:`feels`.
            noise: standard deviation of a rating's scatter.
            seed: of the scatter.
        """
        number = int(self.name.rpartition("_")[2])
        scatter = np.random.default_rng([seed, _STREAM + 1, number]).standard_normal(felt.shape)
        return np.clip(felt + noise * scatter, -1.0, 1.0)

    def upper_bound(self, quadrants: np.ndarray, affect: np.ndarray) -> np.ndarray:
        """Return how a general quadrant is felt: the share of each felt one among its clips.

        Args:
            quadrants: places in ``QUADRANTS`` of the corpus' clips [shape=(n,)].
            affect: their valence and arousal [shape=(n, 2)].

        Returns:
            One row per general quadrant; without clips, one that changes nothing.
            [shape=(4, 4)]
        """
        felt = quadrants_of(self.feels(affect))
        counts = np.zeros((4, 4))
        np.add.at(counts, (quadrants, felt), 1.0)
        empty = counts.sum(axis=1) == 0
        counts[empty] = np.eye(4)[empty]
        return counts / counts.sum(axis=1, keepdims=True)


def simulated_listeners(count: int, *, seed: int) -> list[Listener]:
    """Return listeners that differ from the corpus by a shift, a rotation or other weights.

    The kinds take turns; the first listeners do not depend on how many there are.
    """
    return [_drawn(number, seed) for number in range(count)]


def _drawn(number: int, seed: int) -> Listener:
    random = np.random.default_rng([seed, _STREAM, number])
    kind = KINDS[number % len(KINDS)]
    matrix, zero = np.eye(2), np.zeros(2)
    if kind == "shift":
        direction = random.uniform(0, 2 * np.pi)
        zero = random.uniform(*SHIFTS) * np.array([np.cos(direction), np.sin(direction)])
    elif kind == "rotation":
        angle = np.deg2rad(random.uniform(*ANGLES)) * random.choice([-1.0, 1.0])
        cosine, sine = np.cos(angle), np.sin(angle)
        matrix = np.array([[cosine, -sine], [sine, cosine]])
    else:
        matrix = np.diag(random.uniform(*WEIGHTS, size=2))
    return Listener(f"{kind}_{number:03d}", kind, matrix, zero)
