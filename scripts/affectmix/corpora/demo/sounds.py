"""Plays a demo sound (alarm, call, engine, impact or weather) from its causes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from affectmix.corpora.demo.synth import (
    RATE,
    Signal,
    age,
    beats,
    distort,
    envelope,
    fade,
    formants,
    harmonics,
    hold,
    level_gain,
    limiter,
    oscillate,
    room,
    shape_spectrum,
    tilt,
    wavetable,
)

_PARTIALS = (1.0, 2.76, 5.4, 8.93)  # of a free bar that is struck
_SHAPES = {"alarm": "square", "call": "saw", "engine": "saw", "weather": "saw"}
_CALL_FORMANTS = (700.0, 1500.0, 2800.0)


def play_sound(
    causes: Mapping[str, float], length: int, category: str, rng: np.random.Generator
) -> Signal:
    """Return a sound of ``length`` samples with these causes, each in [-1, 1]."""
    onsets = _onsets(events_per_second(causes["tempo"]), length, rng)
    since = age(onsets, length)
    hertz = fundamental(causes["register"])
    tone = _tone(category, hertz, causes["glide"], onsets, since, rng)
    noise = _noise(hertz, length, rng)
    angle = 0.5 * np.pi * (0.06 + 0.4 * (causes["noisiness"] + 1.0))
    sound = np.float32(np.cos(angle)) * _unit(tone) + np.float32(np.sin(angle)) * _unit(noise)
    floor = 0.1 if category in ("engine", "weather") else 0.0
    sound *= np.float32(floor) + _strokes(since, causes["suddenness"])
    sound = distort(sound, causes["roughness"]) + _knocks(since, causes["suddenness"], rng)
    sound *= beats(length, causes["roughness"])
    sound = fade(shape_spectrum(sound, tilt(causes["brightness"])))
    sound *= np.float32(level_gain(sound, causes["loudness"]))
    sound += room(length, rng)
    return sound * limiter(sound)


def _strokes(since: Signal, suddenness: float) -> Signal:
    """Return the loudness of each event: from a swell (-1) to a blow that dies at once (1)."""
    gentle = (1.0 - suddenness) / 2.0
    attack = 0.002 * 30.0**gentle
    return envelope(since, attack=attack, decay=0.04 * 5.0**gentle)


def _knocks(since: Signal, suddenness: float, rng: np.random.Generator) -> Signal:
    """Return the knock with which each event begins: noise of 8 ms, the louder the more sudden."""
    noise = rng.standard_normal(len(since), dtype=np.float32)
    return noise * np.exp(-since / np.float32(0.008)) * np.float32(0.8 * 10.0 ** (0.8 * suddenness))


def events_per_second(tempo: float) -> float:
    """Return 1 (tempo -1) to 8 (tempo 1) events per second, geometrically."""
    return float(8.0 ** ((tempo + 1.0) / 2.0))


def fundamental(register: float) -> float:
    """Return 130 (register -1) to 780 Hz (register 1), geometrically."""
    return float(130.0 * 6.0 ** ((register + 1.0) / 2.0))


def _onsets(rate: float, length: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Return the samples at which events begin: regular but for a tenth of their distance."""
    count = max(1, int(np.ceil(length / RATE * rate)))
    times = (np.arange(count) + 0.2 * (rng.random(count) - 0.5)) / rate
    times[0] = 0.0
    return np.unique((times * RATE).astype(np.int64).clip(0, length - 1))


def _tone(
    category: str,
    hertz: float,
    glide: float,
    onsets: npt.NDArray[np.int64],
    since: Signal,
    rng: np.random.Generator,
) -> Signal:
    """Return the pitched share of a sound; each event falls (``glide`` -1) or rises (1)."""
    rise = np.float32(0.6 * glide) * (1.0 - np.float32(2.0) * np.exp(-since / np.float32(0.15)))
    steps = rng.uniform(-1.0, 1.0, size=len(onsets))
    if category == "alarm":  # two tones in turn
        steps = np.where(np.arange(len(onsets)) % 2 == 0, 0.0, 4.0)
    pitch = hertz * hold(2.0 ** (steps / 12.0), onsets, len(since)) * np.exp2(rise)
    if category == "impact":
        return _struck(pitch, since)
    table = wavetable(harmonics(_SHAPES[category], hertz * 1.8))
    tone = oscillate(pitch, table)
    return (
        shape_spectrum(tone, formants(_CALL_FORMANTS, floor=0.15)) if category == "call" else tone
    )


def _struck(pitch: npt.NDArray[np.floating], since: Signal) -> Signal:
    """Return a bar's inharmonic partials, the higher the sooner gone."""
    sine = wavetable([1.0])
    total = np.zeros(len(since), dtype=np.float32)
    for order, ratio in enumerate(_PARTIALS):
        decay = np.exp(-since * np.float32(1.5 * order)) * np.float32(0.8**order)
        total += decay * oscillate(np.minimum(pitch * ratio, 10_000.0), sine)
    return total


def _noise(hertz: float, length: int, rng: np.random.Generator) -> Signal:
    """Return noise around twice the fundamental, as of wind in a pipe."""
    noise = rng.standard_normal(length, dtype=np.float32)
    return shape_spectrum(noise, formants((2.0 * hertz,), width=0.35, floor=0.06))


def _unit(signal: Signal) -> Signal:
    return signal / np.float32(np.sqrt(np.mean(signal**2)) + 1e-9)
