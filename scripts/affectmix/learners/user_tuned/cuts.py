"""Frames of a few seconds cut from log-mels, and windows of frames in a row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class FrameCut:
    """Where frames lie in a spectrogram: end to end, whole ones alone.

    Gasparini and Marchi, section 3.4: five frames of 6 s of each clip of 30 s. What is left
    at the end is not padded: a frame is there in full or not at all.

    Attributes:
        rate: columns of the spectrogram per second.
        frame_s: length of a frame in seconds.
    """

    rate: float
    frame_s: float = 6.0

    @property
    def width(self) -> int:
        """Columns of a frame."""
        return int(self.frame_s * self.rate + 1e-6)

    def starts(self, columns: int) -> np.ndarray:
        """Return the first column of each whole frame of a spectrogram [shape=(k,)].

        >>> FrameCut(22050 / 512).starts(1292).tolist()
        [0, 258, 517, 775, 1034]
        """
        step = self.frame_s * self.rate
        found = np.rint(np.arange(int(columns / step) + 2) * step).astype(np.int64)
        return found[found + self.width <= columns]


def columns_of(levels: np.ndarray) -> np.ndarray:
    """Return how many columns each clip has before the NaN beyond its end [shape=(n,)].

    Args:
        levels: log-mels in dB [shape=(n, bands, columns)].
    """
    missing = np.isnan(levels[:, 0, :])
    return np.where(missing.any(axis=1), missing.argmax(axis=1), levels.shape[2])


@dataclass(frozen=True)
class Windows:
    """Frames in a row, of the clips that have any.

    Attributes:
        frames: positions of the frames; those beyond ``lengths`` repeat the last one
            [shape=(w, length)].
        lengths: how many frames of each window are its own [shape=(w,)].
        clips: which clip each window is of [shape=(w,)].
    """

    frames: np.ndarray
    lengths: np.ndarray
    clips: np.ndarray

    def __len__(self) -> int:
        return len(self.clips)

    def of_clips(self, clips: np.ndarray) -> np.ndarray:
        """Return the positions of the windows of some clips [shape=(k,)]."""
        return np.flatnonzero(np.isin(self.clips, clips))


def make_windows(counts: np.ndarray, *, length: int = 4, hop: int = 1) -> Windows:
    """Return the windows of clips whose frames follow one another.

    A clip with fewer frames than a window has one window of those that it has; a clip
    without frames has none.

    Args:
        counts: frames of each clip [shape=(n,)].
        length: frames of a window.
        hop: frames from one window of a clip to its next; ``length`` for windows that do
            not overlap.
    """
    first = np.concatenate([[0], np.cumsum(counts)])
    frames, lengths, clips = [], [], []
    for clip, count in enumerate(np.asarray(counts).tolist()):
        own = min(int(count), length)
        for start in range(0, count - own + 1, hop) if own else ():
            frames.append(first[clip] + start + np.minimum(np.arange(length), own - 1))
            lengths.append(own)
            clips.append(clip)
    return Windows(
        np.array(frames, dtype=np.int64).reshape(-1, length),
        np.array(lengths, dtype=np.int64),
        np.array(clips, dtype=np.int64),
    )
