"""Composes and plays a demo music clip from the causes of its sections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from affectmix.corpora.demo.instruments import (
    STYLES,
    Part,
    Style,
    play_bass,
    play_chords,
    play_drums,
    sing,
)
from affectmix.corpora.demo.synth import (
    RATE,
    Signal,
    beats,
    distort,
    fade,
    level_gain,
    limiter,
    room,
    shape_spectrum,
    tilt,
)

STEMS = ("vocals", "drums", "bass", "other")

# Degrees in semitones above the key note. Only I, IV, V (major) or i, iv, v (minor), so
# that every chord that sounds is a triad of the clip's mode.
_PROGRESSIONS = ((0, 5, 7, 0), (0, 7, 5, 7), (0, 5, 0, 7))
_THIRD = {1: 4, -1: 3}
_SCALES = {1: (0, 2, 4, 5, 7, 9, 11), -1: (0, 2, 3, 5, 7, 8, 10)}
_DISTORTED = ("vocals", "bass", "other")


def play_music(
    sections: Sequence[Mapping[str, float]],
    lengths: Sequence[int],
    category: str,
    rng: np.random.Generator,
) -> dict[str, Signal]:
    """Return the four stems of a clip [each shape=(sum(lengths),)].

    Args:
        sections: the causes of each section, in [-1, 1].
        lengths: samples of each section.
        category: a style of ``STYLES``.
        rng: decides key, progression, melody and the drummer's accents.
    """
    key = int(rng.integers(12))
    progression = _PROGRESSIONS[int(rng.integers(len(_PROGRESSIONS)))]
    played = [
        _play_section(causes, length, key, progression, STYLES[category], rng)
        for causes, length in zip(sections, lengths, strict=True)
    ]
    stems = {name: np.concatenate([section[name] for section in played]) for name in STEMS}
    stems["other"] += room(sum(lengths), rng)
    gain = limiter(sum_stems(stems))
    return {name: stem * gain for name, stem in stems.items()}


def sum_stems(stems: Mapping[str, Signal]) -> Signal:
    """Return the mix: the sum of the stems in the order of ``STEMS``."""
    total = np.zeros_like(stems[STEMS[0]])
    for name in STEMS:
        total += stems[name]
    return total


def beats_per_minute(tempo: float) -> float:
    """Return 50 (tempo -1) to 200 (tempo 1) beats per minute, geometrically."""
    return float(50.0 * 4.0 ** ((tempo + 1.0) / 2.0))


def _play_section(
    causes: Mapping[str, float],
    length: int,
    key: int,
    progression: tuple[int, ...],
    style: Style,
    rng: np.random.Generator,
) -> dict[str, Signal]:
    beat = 60.0 / beats_per_minute(causes["tempo"])
    halves = _grid(beat / 2.0, length)
    strokes = halves[::2]
    mode = 1 if causes["mode"] > 0 else -1
    # Register spans 26 semitones; the key moves it by at most two.
    home = 57.0 + 13.0 * causes["register"] + (key - 5.5) * 0.3
    root = home + np.array([progression[(i // 2) % 4] for i in range(len(strokes))], dtype=float)
    triad = [Part(strokes, root + step) for step in (0, _THIRD[mode], 7)]
    octave = 0.75 * (home - 57.0)  # the bass follows, not quite as far
    bass = Part(halves, np.repeat(root - home, 2)[: len(halves)] + 38.0 + octave)
    stems = {
        "vocals": sing(_melody(halves, home + 12.0, mode, rng), length, rng),
        "drums": play_drums(_hits(halves), length, rng),
        "bass": play_bass(bass, length, style),
        "other": play_chords(triad, length, style),
    }
    for name in _DISTORTED:
        stems[name] = distort(stems[name], causes["roughness"])
    stems["drums"] *= np.float32(10.0 ** (0.3 * causes["loudness"]))  # played harder, too
    beating, bright = beats(length, causes["roughness"]), tilt(causes["brightness"])
    stems = {n: fade(shape_spectrum(stem * beating, bright)) for n, stem in stems.items()}
    gain = np.float32(level_gain(sum_stems(stems), causes["loudness"]))
    return {name: stem * gain for name, stem in stems.items()}


def _grid(step: float, length: int) -> npt.NDArray[np.int64]:
    """Return the samples at which steps of ``step`` seconds begin."""
    return (np.arange(0.0, length / RATE, step) * RATE).astype(np.int64)


def _hits(halves: npt.NDArray[np.int64]) -> dict[str, npt.NDArray[np.int64]]:
    """Kick on beats one and three, snare on two and four, hat on every half beat."""
    return {"kick": halves[::4], "snare": halves[2::4], "hat": halves}


def _melody(
    halves: npt.NDArray[np.int64], home: float, mode: int, rng: np.random.Generator
) -> Part:
    """Walk along the scale in small steps, at times holding a note for a whole beat."""
    kept = np.ones(len(halves), dtype=bool)
    kept[1::2] = rng.random(len(halves[1::2])) < 0.6
    onsets = halves[kept]
    degree = np.clip(np.cumsum(rng.integers(-2, 3, size=len(onsets))), -3, 7)
    scale = _SCALES[mode]
    return Part(
        onsets, home + np.array([12 * (d // 7) + scale[d % 7] for d in degree], dtype=float)
    )
