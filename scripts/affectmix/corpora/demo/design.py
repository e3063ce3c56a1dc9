"""The tables of the demo corpora: causes, labels, ratings and sections, without any audio."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from affectmix.corpora.demo.causes import CATEGORIES, SECTIONS, DrawnCauses, draw_causes
from affectmix.corpora.demo.formula import CAUSES, PARTS, FloatArray, clean_values
from affectmix.corpora.demo.raters import RATERS_PER_CLIP, DrawnRatings, draw_ratings
from affectmix.errors import ConfigError


def design(
    *,
    part: str,
    clips: int = 240,
    seed: int = 1,
    label_seed: int | None = None,
    varied: float = 0.0,
) -> pd.DataFrame:
    """Return one row per clip: its causes and its labels.

    Args:
        part: ``music`` or ``sounds``.
        clips: how many clips; the first ones do not depend on it.
        seed: seed of the causes (and of the labels).
        label_seed: another seed for sources' effects and raters, ``seed`` by default.
        varied: share of music clips in which one section turns all causes round.

    Returns:
        Columns clip_id, source, category, one per cause (mean over the sections, in
        [-1, 1]), valence_clean and arousal_clean (the formula), valence_true and
        arousal_true (with the effects of source and clip), valence and arousal (mean of
        the ratings, in [-1, 1]), valence_sd, arousal_sd, quadrant; sorted by clip_id.

    Raises:
        ConfigError: unknown part, or fewer than one clip.
    """
    own = seed if label_seed is None else label_seed
    drawn, rated, clean = _draw(part, clips, seed, own, varied)
    means = rated.ratings.mean(axis=1)
    spreads = rated.ratings.std(axis=1, ddof=1)
    frame = pd.DataFrame({"clip_id": clip_ids(part, clips)})
    frame["source"] = [f"{part}_source_{number:03d}" for number in drawn.source]
    frame["category"] = [CATEGORIES[part][number] for number in drawn.category]
    for index, name in enumerate(CAUSES[part]):
        frame[name] = drawn.causes[..., index].mean(axis=1)
    truth = clean.mean(axis=1) + rated.shift
    for index, target in enumerate(("valence", "arousal")):
        frame[f"{target}_clean"] = clean[..., index].mean(axis=1)
        frame[f"{target}_true"] = truth[:, index]
        frame[target] = means[:, index]
        frame[f"{target}_sd"] = spreads[:, index]
    frame["quadrant"] = quadrants(means)
    return frame


def sections(
    *,
    part: str,
    clips: int = 240,
    seed: int = 1,
    duration: float = 10.0,
    label_seed: int | None = None,
    varied: float = 0.0,
) -> pd.DataFrame:
    """Return one row per section of each clip: when it is, its causes and its true targets.

    Returns:
        Columns clip_id, section, start_s, end_s, one per cause, valence_clean and
        arousal_clean (the formula: what can be heard), valence and arousal (true: with the
        effects of source and clip, without raters), quadrant (of these); sorted by clip_id
        and section.
    """
    own = seed if label_seed is None else label_seed
    drawn, rated, clean = _draw(part, clips, seed, own, varied)
    count = SECTIONS[part]
    truth = (clean + rated.shift[:, None, :]).reshape(-1, 2)
    number = np.tile(np.arange(count), clips)
    frame = pd.DataFrame({"clip_id": np.repeat(clip_ids(part, clips), count), "section": number})
    frame["start_s"] = number * duration / count
    frame["end_s"] = (number + 1) * duration / count
    for index, name in enumerate(CAUSES[part]):
        frame[name] = drawn.causes[..., index].ravel()
    frame["valence_clean"], frame["arousal_clean"] = clean.reshape(-1, 2).T
    frame["valence"], frame["arousal"] = truth.T
    frame["quadrant"] = quadrants(truth)
    return frame


def ratings(
    *,
    part: str,
    clips: int = 240,
    seed: int = 1,
    label_seed: int | None = None,
    varied: float = 0.0,
) -> pd.DataFrame:
    """Return every single rating: columns clip_id, rater, valence, arousal in [-1, 1]."""
    _, rated, _ = _draw(part, clips, seed, seed if label_seed is None else label_seed, varied)
    frame = pd.DataFrame({"clip_id": np.repeat(clip_ids(part, clips), RATERS_PER_CLIP)})
    frame["rater"] = [f"{part}_rater_{number:02d}" for number in rated.rater.ravel()]
    frame["valence"], frame["arousal"] = rated.ratings.reshape(-1, 2).T
    return frame


def clip_ids(part: str, clips: int) -> list[str]:
    """Return the ids of the clips of ``part``, sorted."""
    return [f"{part}_{number:05d}" for number in range(clips)]


def quadrants(values: FloatArray) -> list[str]:
    """Return Q1 (V+A+), Q2 (V-A+), Q3 (V-A-) or Q4 (V+A-) per row of (valence, arousal).

    A value of exactly 0 is on the low side.
    """
    high_valence, high_arousal = values[:, 0] > 0, values[:, 1] > 0
    upper = np.where(high_valence, "Q1", "Q2")
    lower = np.where(high_valence, "Q4", "Q3")
    return [str(name) for name in np.where(high_arousal, upper, lower)]


@lru_cache(maxsize=8)
def _draw(
    part: str, clips: int, seed: int, label_seed: int, varied: float
) -> tuple[DrawnCauses, DrawnRatings, FloatArray]:
    if part not in PARTS:
        raise ConfigError(f"part: {part!r} is not a part of the demo; choose one of {PARTS}.")
    if not 1 <= clips <= 99_999:
        raise ConfigError(f"clips: {clips} is not possible; choose a number from 1 to 99999.")
    drawn = draw_causes(part=part, clips=clips, seed=seed, varied=varied)
    clean = clean_values(drawn.causes, part)
    rated = draw_ratings(clean.mean(axis=1), drawn.source, part=part, seed=label_seed)
    return drawn, rated, clean
