"""Draws the causes of every section of every demo clip from a seed.

All draws are made clip by clip in order of the clip's number, so that the first clips
of a larger corpus are the clips of a smaller one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from affectmix.corpora.demo.formula import CAUSES, PARTS, FloatArray

SECTIONS = {"music": 4, "sounds": 1}
CATEGORIES = {
    "music": ("band", "chamber", "electronic"),
    "sounds": ("alarm", "call", "engine", "impact", "weather"),
}

_BLOCK = 60  # clips that share a set of sources
_BLOCK_SOURCES = 10
_SOURCE_SHARE = 0.3  # share of a cause's variance that is its source's
_SECTION_SD = 0.25
_CONTRAST_RATE = 0.4  # clips with one section that contradicts the rest
# A contrast turns round what moves valence, or what moves arousal.
_CONTRASTS = (("register", "roughness", "brightness", "mode"), ("tempo", "loudness"))
_CENTRES = {  # what a category of sounds is like, in standard deviations
    "alarm": {"noisiness": -0.8, "register": 0.5},
    "call": {"glide": 0.7, "noisiness": -0.3},
    "engine": {"register": -0.6, "suddenness": -0.6, "glide": -0.3},
    "impact": {"suddenness": 0.8},
    "weather": {"noisiness": 0.9, "suddenness": -0.4},
}
# One section of four turned round leaves half of a clip's mean: twice the causes make up for it.
_VARIED_STRENGTH = 2.0
_STREAMS = (
    *("sources", "categories", "source causes", "clip causes", "sections", "contrasts"),
    "varied",
)


@dataclass(frozen=True)
class DrawnCauses:
    """The causes of one part.

    Attributes:
        causes: values in [-1, 1] [shape=(clips, sections, causes)].
        source: number of each clip's source [shape=(clips,)].
        category: position in ``CATEGORIES[part]`` [shape=(clips,)].
    """

    causes: FloatArray
    source: npt.NDArray[np.int64]
    category: npt.NDArray[np.int64]


def draw_causes(*, part: str, clips: int, seed: int, varied: float = 0.0) -> DrawnCauses:
    """Draw the causes of ``clips`` clips of ``part``; the same seed gives the same ones.

    ``varied`` is the share of music clips with stronger causes, which one section turns round.
    """
    rng = {
        name: np.random.default_rng([seed, PARTS.index(part), code])
        for code, name in enumerate(_STREAMS)
    }
    names = CAUSES[part]
    source = _draw_sources(clips, rng["sources"])
    # A source of music keeps its style; a source of sounds records all kinds.
    count = source.max() + 1 if part == "music" else clips
    category = rng["categories"].integers(len(CATEGORIES[part]), size=count)
    if part == "music":
        category = category[source]
    of_source = rng["source causes"].standard_normal((source.max() + 1, len(names)))
    of_clip = rng["clip causes"].standard_normal((clips, len(names)))
    latent = np.sqrt(_SOURCE_SHARE) * of_source[source] + np.sqrt(1 - _SOURCE_SHARE) * of_clip
    latent = latent + _category_centres(part)[category]
    sectioned = _draw_sections(latent, part, rng, varied=varied)
    values = 2.0 * ndtr(sectioned) - 1.0
    if "mode" in names:
        values[..., names.index("mode")] = np.where(sectioned[..., names.index("mode")] > 0, 1, -1)
    return DrawnCauses(causes=values, source=source, category=category)


def _draw_sources(clips: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Give each clip a source: about six clips each, at least four in a whole block."""
    names = np.arange(_BLOCK_SOURCES)
    sources: list[int] = []
    for block in range(-(-clips // _BLOCK)):
        more = rng.integers(_BLOCK_SOURCES, size=_BLOCK - 4 * _BLOCK_SOURCES)
        rest = rng.permutation(np.concatenate([np.repeat(names, 3), more]))
        sources += [block * _BLOCK_SOURCES + int(name) for name in [*names, *rest]]
    return np.array(sources[:clips], dtype=np.int64)


def _category_centres(part: str) -> FloatArray:
    return np.array(
        [
            [_CENTRES.get(category, {}).get(cause, 0.0) for cause in CAUSES[part]]
            for category in CATEGORIES[part]
        ]
    )


def _draw_sections(
    latent: FloatArray, part: str, rng: Mapping[str, np.random.Generator], *, varied: float
) -> FloatArray:
    """Return the latent causes of each section [shape=(clips, sections, causes)]."""
    count = SECTIONS[part]
    if count == 1:
        return latent[:, None, :]
    clips, causes = latent.shape
    shifts = _SECTION_SD * rng["sections"].standard_normal((clips, count, causes))
    if "mode" in CAUSES[part]:
        shifts[..., CAUSES[part].index("mode")] = 0.0  # a clip keeps its mode, but for a contrast
    alike = latent[:, None, :] + shifts
    sectioned = alike.copy()
    draws = rng["contrasts"].random((clips, 3))
    for clip in np.flatnonzero(draws[:, 0] < _CONTRAST_RATE):
        section = int(draws[clip, 1] * count)
        turned = _CONTRASTS[int(draws[clip, 2] * len(_CONTRASTS))]
        columns = [CAUSES[part].index(name) for name in turned]
        sectioned[clip, section, columns] *= -1.0
    draws = rng["varied"].random((clips, 2))
    for clip in np.flatnonzero(draws[:, 0] < varied):
        sectioned[clip] = _VARIED_STRENGTH * alike[clip]
        sectioned[clip, int(draws[clip, 1] * count)] *= -1.0
    return sectioned
