"""Where segments lie among the frames of log-mels, for clips of any length. No torch here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from affectmix.features.segments import frames_in, segment_starts
from affectmix.learners.segments.recipe import Recipe


@dataclass(frozen=True)
class Segments:
    """Segments of some clips, clip by clip.

    Attributes:
        clip: the clip's row [shape=(s,), int64].
        frame: the first frame [shape=(s,), int64].
        start_s: the same in seconds [shape=(s,)].
        width: frames of each segment.
    """

    clip: npt.NDArray[np.int64]
    frame: npt.NDArray[np.int64]
    start_s: npt.NDArray[np.float64]
    width: int

    def __len__(self) -> int:
        return len(self.clip)

    def of(self, rows: np.ndarray) -> npt.NDArray[np.int64]:
        """Return the places of the segments of some clips, ascending [shape=(k,)]."""
        return np.flatnonzero(np.isin(self.clip, rows))


def cut(heard: np.ndarray, *, frames: int, recipe: Recipe) -> Segments:
    """Return the segments of clips, of which none reaches beyond its clip's end.

    Args:
        heard: how many frames of each clip there are, from its start [shape=(n,)].
        frames: how many there are of a clip that is ``clip_s`` long or longer.
        recipe: lengths of clips, segments and overlaps.
    """
    starts = segment_starts(
        recipe.clip_s,
        segment_s=recipe.segment_s,
        overlap_s=recipe.overlap_s,
        clip_s=recipe.clip_s,
    )

    def frames_until(seconds: float) -> int:
        return frames_in(seconds, frames=frames, clip_s=recipe.clip_s)

    width = frames_until(recipe.segment_s)
    ends = np.array([frames_until(start + recipe.segment_s) for start in starts])
    clips, numbers = np.nonzero(ends[None, :] <= np.asarray(heard)[:, None])
    return Segments(clips, (ends - width)[numbers], starts[numbers], width)
