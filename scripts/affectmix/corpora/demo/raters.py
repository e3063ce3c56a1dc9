"""The raters of the demo corpora: what they give for a clip's clean valence and arousal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from affectmix.corpora.demo.formula import PARTS, FloatArray

RATERS_PER_CLIP = 10
POOL = 40
SOURCE_SD = 0.06  # effect of the source on its clips' targets, beyond the causes
CLIP_SD = 0.06  # what no cause explains of a clip
BIAS_SD = 0.12  # how far a rater's zero lies from the others'
RATING_SD = 0.27  # a rater's own scatter
STEPS = 4  # ratings are the nine points -1, -.75, ..., 1

_FIRST_STREAM = 100  # clear of the streams that draw the causes


@dataclass(frozen=True)
class DrawnRatings:
    """Ratings of one part.

    Attributes:
        shift: effect of source and clip on both targets [shape=(clips, 2)].
        ratings: in [-1, 1] on nine points [shape=(clips, RATERS_PER_CLIP, 2)].
        rater: number of the rater [shape=(clips, RATERS_PER_CLIP)].
    """

    shift: FloatArray
    ratings: FloatArray
    rater: npt.NDArray[np.int64]


def draw_ratings(
    clean: FloatArray, source: npt.NDArray[np.int64], *, part: str, seed: int
) -> DrawnRatings:
    """Draw the ratings of clips with ``clean`` valence and arousal [shape=(clips, 2)]."""
    clips = len(clean)
    streams = [
        np.random.default_rng([seed, PARTS.index(part), _FIRST_STREAM + code]) for code in range(5)
    ]
    of_source = SOURCE_SD * streams[0].standard_normal((source.max() + 1, 2))
    shift = of_source[source] + CLIP_SD * streams[1].standard_normal((clips, 2))
    bias = BIAS_SD * streams[2].standard_normal((POOL, 2))
    rater = np.sort(streams[3].random((clips, POOL)).argsort(axis=1)[:, :RATERS_PER_CLIP], axis=1)
    scatter = RATING_SD * streams[4].standard_normal((clips, RATERS_PER_CLIP, 2))
    felt = (clean + shift)[:, None, :] + bias[rater] + scatter
    ratings = np.clip(np.round(felt * STEPS) / STEPS, -1.0, 1.0)
    return DrawnRatings(shift=shift, ratings=ratings + 0.0, rater=rater)
