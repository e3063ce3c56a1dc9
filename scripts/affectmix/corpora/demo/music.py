"""Composes and plays a demo music clip from the causes of its sections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
from affectmix.corpora.demo.ownership import OWN, SHARED, heard
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
_OWN_LEVEL = 0.5  # of a stem with a level of its own, beside that of a whole mix


@dataclass(frozen=True)
class _Tune:
    """What the sections of a clip share: key note, chord progression and style."""

    key: int
    progression: tuple[int, ...]
    style: Style


def play_music(
    sections: Sequence[Mapping[str, float]],
    lengths: Sequence[int],
    category: str,
    rng: np.random.Generator,
    *,
    stems: str = SHARED,
) -> dict[str, Signal]:
    """Return the four stems of a clip [each shape=(sum(lengths),)].

    Args:
        sections: the causes of each section, in [-1, 1].
        lengths: samples of each section.
        category: a style of ``STYLES``.
        rng: decides key, progression, melody and the drummer's accents.
        stems: whether each stem carries all causes (``shared``), or its ``own`` alone
            (`ownership`).
    """
    key = int(rng.integers(12))
    progression = _PROGRESSIONS[int(rng.integers(len(_PROGRESSIONS)))]
    tune = _Tune(key, progression, STYLES[category])
    played = [
        _play_section(causes, length, tune, rng, stems)
        for causes, length in zip(sections, lengths, strict=True)
    ]
    whole = {name: np.concatenate([section[name] for section in played]) for name in STEMS}
    whole["other"] += room(sum(lengths), rng)
    gain = limiter(sum_stems(whole))
    return {name: stem * gain for name, stem in whole.items()}


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
    tune: _Tune,
    rng: np.random.Generator,
    stems: str,
) -> dict[str, Signal]:
    own = {stem: heard(causes, stem, stems=stems) for stem in STEMS}
    played = {
        "vocals": _vocals(own["vocals"], length, tune, rng),
        "drums": play_drums(_hits(_halves(own["drums"], length)), length, rng),
        "bass": play_bass(_bass(own["bass"], length, tune), length, tune.style),
        "other": play_chords(_triads(own["other"], length, tune), length, tune.style),
    }
    for name in _DISTORTED:
        played[name] = distort(played[name], own[name]["roughness"])
    played["drums"] *= np.float32(10.0 ** (0.3 * own["drums"]["loudness"]))  # played harder, too
    played = {name: _coloured(stem, own[name]) for name, stem in played.items()}
    if stems == OWN:
        return {n: stem * _own_gain(stem, own[n]["loudness"]) for n, stem in played.items()}
    gain = np.float32(level_gain(sum_stems(played), causes["loudness"]))
    return {name: stem * gain for name, stem in played.items()}


def _coloured(stem: Signal, causes: Mapping[str, float]) -> Signal:
    beating = beats(len(stem), causes["roughness"])
    return fade(shape_spectrum(stem * beating, tilt(causes["brightness"])))


def _own_gain(stem: Signal, loudness: float) -> np.float32:
    """Return the gain to a level of the stem's own, at which the limiter is hardly needed.

    What it does to a loud stem, it does to all of them: each would tell of the others.
    """
    return np.float32(_OWN_LEVEL * level_gain(stem, loudness))


def _home(causes: Mapping[str, float], tune: _Tune) -> float:
    """Return the key note: register spans 26 semitones, the key moves it by at most two."""
    return float(57.0 + 13.0 * causes["register"] + (tune.key - 5.5) * 0.3)


def _halves(causes: Mapping[str, float], length: int) -> npt.NDArray[np.int64]:
    return _grid(60.0 / beats_per_minute(causes["tempo"]) / 2.0, length)


def _mode(causes: Mapping[str, float]) -> int:
    return 1 if causes["mode"] > 0 else -1


def _vocals(
    causes: Mapping[str, float], length: int, tune: _Tune, rng: np.random.Generator
) -> Signal:
    home = _home(causes, tune) + 12.0
    return sing(_melody(_halves(causes, length), home, _mode(causes), rng), length, rng)


def _roots(strokes: npt.NDArray[np.int64], tune: _Tune) -> npt.NDArray[np.float64]:
    """Return each chord's root in semitones above the key note."""
    return np.array([tune.progression[(i // 2) % 4] for i in range(len(strokes))], dtype=float)


def _triads(causes: Mapping[str, float], length: int, tune: _Tune) -> list[Part]:
    strokes = _halves(causes, length)[::2]
    root = _home(causes, tune) + _roots(strokes, tune)
    return [Part(strokes, root + step) for step in (0, _THIRD[_mode(causes)], 7)]


def _bass(causes: Mapping[str, float], length: int, tune: _Tune) -> Part:
    halves = _halves(causes, length)
    home = _home(causes, tune)
    root = home + _roots(halves[::2], tune)
    octave = 0.75 * (home - 57.0)  # the bass follows, not quite as far
    return Part(halves, np.repeat(root - home, 2)[: len(halves)] + 38.0 + octave)


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
