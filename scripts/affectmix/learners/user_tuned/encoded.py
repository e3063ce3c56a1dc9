"""Features of clips as the backbone gave them, and those that a model remembers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Encoded:
    """The backbone's features of some clips, computed once and cached by whoever needs them.

    Attributes:
        features: of all clips' frames, clip after clip [shape=(f, d), float32].
        counts: how many frames each clip has; 0 where it is shorter than one [shape=(n,)].
    """

    features: np.ndarray
    counts: np.ndarray

    def of_clips(self, clips: Sequence[int] | np.ndarray) -> Encoded:
        """Return the features of some clips, in the order asked for."""
        ends = np.concatenate([[0], np.cumsum(self.counts)])
        rows = [np.arange(ends[clip], ends[clip + 1]) for clip in clips]
        chosen = np.concatenate([np.empty(0, dtype=np.int64), *rows])
        return Encoded(self.features[chosen], self.counts[np.asarray(clips, dtype=np.int64)])

    @classmethod
    def join(cls, parts: Sequence[Encoded]) -> Encoded:
        """Return the features of several lots of clips, one after another."""
        return cls(
            np.concatenate([part.features for part in parts]),
            np.concatenate([part.counts for part in parts]),
        )


@dataclass(frozen=True)
class Memory:
    """The features that the model was trained on, which tuning on a listener may train on again.

    Attributes:
        encoded: the clips' features; as float16 when stored.
        Y: their targets, indicators of -1 and 1 or values [shape=(n, t)].
        trained: True for clips trained on, False for those that chose among epochs [shape=(n,)].
    """

    encoded: Encoded
    Y: np.ndarray
    trained: np.ndarray

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return the memory as plain arrays."""
        return {
            "memory.features": self.encoded.features.astype(np.float16),
            "memory.counts": self.encoded.counts,
            "memory.Y": self.Y,
            "memory.trained": self.trained,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Memory:
        """Return the memory of which :meth:`to_arrays` gave the arrays."""
        features = np.array(arrays["memory.features"], dtype=np.float32)
        encoded = Encoded(features, np.array(arrays["memory.counts"]))
        return cls(encoded, np.array(arrays["memory.Y"]), np.array(arrays["memory.trained"]))
