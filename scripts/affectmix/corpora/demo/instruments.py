"""The instruments of a demo music clip: drum kit, bass, chords and a voice-like lead."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from affectmix.corpora.demo.synth import (
    RATE,
    Signal,
    age,
    envelope,
    formants,
    harmonics,
    hold,
    midi_to_hertz,
    oscillate,
    shape_spectrum,
    wavetable,
)

_VOWELS = ((800.0, 1200.0, 2600.0), (320.0, 2200.0, 2900.0), (450.0, 850.0, 2500.0))
_LEVELS = {"kick": 1.2, "snare": 0.7, "hat": 0.4}


@dataclass(frozen=True)
class Style:
    """How a category of music sounds: wave shapes, attack (s) and ring of the chords (s)."""

    chord_shape: str
    bass_shape: str
    attack: float
    ring: float


STYLES = {
    "band": Style("saw", "saw", 0.004, 0.2),
    "chamber": Style("soft", "soft", 0.03, 0.3),
    "electronic": Style("square", "square", 0.012, 0.25),
}


@dataclass(frozen=True)
class Part:
    """Notes that follow one another: onsets (samples, the first 0) and MIDI pitches."""

    onsets: npt.NDArray[np.int64]
    pitches: npt.NDArray[np.float64]


def play_drums(
    hits: dict[str, npt.NDArray[np.int64]], length: int, rng: np.random.Generator
) -> Signal:
    """Play ``kick``, ``snare`` and ``hat`` hits at the given samples."""
    track = np.zeros(length + RATE, dtype=np.float32)
    for name in ("kick", "snare", "hat"):
        shot = _shot(name, rng)
        for onset in hits[name]:
            accent = np.float32(_LEVELS[name] * rng.uniform(0.85, 1.0))
            track[onset : onset + len(shot)] += accent * shot
    return track[:length]


def _shot(name: str, rng: np.random.Generator) -> Signal:
    if name == "kick":
        time = np.arange(int(0.25 * RATE)) / RATE
        sweep = 2 * np.pi * (50.0 * time + 3.5 * (1.0 - np.exp(-time / 0.03)))
        return (np.sin(sweep) * np.exp(-time / 0.08)).astype(np.float32)
    time = np.arange(int((0.2 if name == "snare" else 0.06) * RATE)) / RATE
    noise = rng.standard_normal(len(time))
    if name == "hat":
        return (np.diff(noise, prepend=0.0) * np.exp(-time / 0.015)).astype(np.float32)
    body = np.sin(2 * np.pi * 190.0 * time) * np.exp(-time / 0.05)
    return (0.6 * noise * np.exp(-time / 0.06) + body).astype(np.float32)


def play_bass(part: Part, length: int, style: Style) -> Signal:
    """Play a bass line."""
    hertz = midi_to_hertz(part.pitches)
    table = wavetable(harmonics(style.bass_shape, float(hertz.max()) * 4.0))
    tone = oscillate(hold(hertz, part.onsets, length), table)
    return 0.8 * tone * envelope(age(part.onsets, length), attack=0.006, decay=0.2)


def play_chords(voices: list[Part], length: int, style: Style) -> Signal:
    """Play the voices of the chords, all struck together."""
    loudness = envelope(age(voices[0].onsets, length), attack=style.attack, decay=style.ring)
    total = np.zeros(length, dtype=np.float32)
    for voice in voices:
        hertz = midi_to_hertz(voice.pitches)
        table = wavetable(harmonics(style.chord_shape, float(hertz.max())))
        total += oscillate(hold(hertz, voice.onsets, length), table)
    return 0.35 * total * loudness


def sing(part: Part, length: int, rng: np.random.Generator) -> Signal:
    """Sing a melody: a saw-like voice with vibrato through vowels that change by note."""
    since = age(part.onsets, length)
    hertz = midi_to_hertz(part.pitches)
    clock = np.arange(length, dtype=np.float32) / np.float32(RATE)
    depth = np.float32(0.018) * np.minimum(since / np.float32(0.25), np.float32(1.0))
    vibrato = 1.0 + depth * np.sin(np.float32(2 * np.pi * 5.5) * clock)
    table = wavetable(harmonics("saw", float(hertz.max()) * 1.1))
    voice = oscillate(hold(hertz, part.onsets, length) * vibrato, table)
    voice *= envelope(since, attack=0.03, decay=0.4)
    vowel = rng.integers(len(_VOWELS), size=len(part.onsets))
    sung = np.zeros(length, dtype=np.float32)
    for index, peaks in enumerate(_VOWELS):
        if (vowel == index).any():
            weight = hold(vowel == index, part.onsets, length)
            sung += shape_spectrum(voice * weight, formants(peaks))
    return 1.6 * sung
