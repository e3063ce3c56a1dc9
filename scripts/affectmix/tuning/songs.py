"""What a general model says of songs: all that tuning to a listener starts from.

A song is one row, or several where the general model looks at windows of it. Every method of
tuning works on rows, and every measure on songs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Protocol

import numpy as np

from affectmix.learners.user_tuned.encoded import Encoded
from affectmix.schemas import QUADRANTS

Output = Literal["affect", "quadrant"]
SPREAD = 0.35  # of one listener's rating around a prediction, on [-1, 1]
PROBABILITY_FLOOR = 1e-4  # a class that a model excludes can still be a listener's


@dataclass(frozen=True)
class Songs:
    """Songs as a general model has predicted them.

    Attributes:
        predicted: valence and arousal in [-1, 1], or probabilities of `QUADRANTS`, of each
            row [shape=(rows, 2 or 4)].
        components: where each row lies among sounds: principal components of its features, or a
            network's last features [shape=(rows, d), d may be 0].
        song: the number of each row's song, from 0, rising [shape=(rows,)].
        encoded: a network's features of the songs' frames, where the model is one.
    """

    predicted: np.ndarray
    components: np.ndarray
    song: np.ndarray
    encoded: Encoded | None = None

    @classmethod
    def of_clips(cls, predicted: np.ndarray, components: np.ndarray | None = None) -> Songs:
        """Return songs of one row each. [shapes=(n, t), (n, d)]"""
        predicted = np.asarray(predicted, dtype=float)
        count = len(predicted)
        empty = np.empty((count, 0))
        return cls(predicted, empty if components is None else components, np.arange(count))

    def __len__(self) -> int:
        return int(self.song[-1]) + 1 if len(self.song) else 0

    @property
    def output(self) -> Output:
        """What `predicted` holds."""
        return "affect" if self.predicted.shape[1] == 2 else "quadrant"

    @cached_property
    def rows_of_song(self) -> np.ndarray:
        """How many rows each song has [shape=(n,)]."""
        return np.bincount(self.song, minlength=len(self))

    @property
    def averaged(self) -> Songs:
        """The same songs with one row each, the mean of its rows."""
        return Songs.of_clips(self.means(self.predicted), self.means(self.components))

    def take(self, numbers: np.ndarray) -> Songs:
        """Return the songs of these numbers, in this order."""
        starts = np.concatenate([[0], np.cumsum(self.rows_of_song)])
        parts = [np.arange(starts[number], starts[number + 1]) for number in numbers]
        rows = np.concatenate(parts) if parts else np.array([], dtype=int)
        song = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
        encoded = None if self.encoded is None else self.encoded.of_clips(numbers)
        return Songs(self.predicted[rows], self.components[rows], song, encoded)

    def means(self, values: np.ndarray) -> np.ndarray:
        """Return the mean of each song's rows. [shape=(rows, k)] → [shape=(n, k)]"""
        summed = np.zeros((len(self), values.shape[1]))
        np.add.at(summed, self.song, values)
        return summed / self.rows_of_song[:, None]

    def shares(self, probabilities: np.ndarray) -> np.ndarray:
        """Return the share of each song's windows in which each class is the likeliest.

        This is the CNN+LSTM paper's output for a song (its section 5). A song of one row has
        no windows to count: its probabilities stand for the shares. [shapes=(n, classes)]
        """
        likeliest = np.eye(probabilities.shape[1])[probabilities.argmax(axis=1)]
        single = self.rows_of_song == 1
        return np.where(single[:, None], self.means(probabilities), self.means(likeliest))


class TunedModel(Protocol):
    """A correction of a general model for one listener."""

    def predict(self, songs: Songs) -> np.ndarray:
        """Return the listener's value of every row, as ``songs.predicted``. [shape=(rows, t)]"""
        ...

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return everything that the correction consists of, as plain arrays."""
        ...


def quadrants_of(affect: np.ndarray) -> np.ndarray:
    """Return the place in `QUADRANTS` of valence and arousal; 0 is low. [shape=(n, 2)] → (n,)"""
    high_valence, high_arousal = (np.asarray(affect) > 0).T
    return np.where(high_arousal, np.where(high_valence, 0, 1), np.where(high_valence, 3, 2))


def quadrant_probabilities(affect: np.ndarray, *, spread: float = SPREAD) -> np.ndarray:
    """Return how likely each quadrant is, given predicted valence and arousal.

    A rating is taken to lie around its prediction as a logistic variable does, valence and
    arousal apart from each other.

    Args:
        affect: predicted valence and arousal [shape=(n, 2)].
        spread: standard deviation of a rating around its prediction, above 0.

    Returns:
        Columns as `QUADRANTS`. [shape=(n, 4)]
    """
    scale = spread * np.sqrt(3) / np.pi
    valence, arousal = (1 / (1 + np.exp(-np.clip(affect / scale, -50, 50)))).T
    columns = [valence * arousal, (1 - valence) * arousal]
    columns += [(1 - valence) * (1 - arousal), valence * (1 - arousal)]
    return normalised(np.column_stack(columns))


def normalised(probabilities: np.ndarray) -> np.ndarray:
    """Return probabilities that are above 0 and add up to 1 by row. [shape=(n, classes)]"""
    kept = np.maximum(probabilities, PROBABILITY_FLOOR)
    return kept / kept.sum(axis=1, keepdims=True)


def bounded(values: np.ndarray) -> np.ndarray:
    """Return values within their range: [-1, 1] for affect, probabilities for quadrants."""
    return np.clip(values, -1.0, 1.0) if values.shape[1] == 2 else normalised(values)


def targets_of_ratings(ratings: np.ndarray, output: Output) -> np.ndarray:
    """Return what a model should have said of each song. [shape=(n, 2 or 4)]

    Args:
        ratings: valence and arousal [shape=(n, 2)], or places in `QUADRANTS` [shape=(n,)].
        output: what the model says.
    """
    if output == "affect":
        return np.asarray(ratings, dtype=float)
    quadrants = quadrants_of(ratings) if np.ndim(ratings) == 2 else np.asarray(ratings)
    return np.eye(len(QUADRANTS))[quadrants]
