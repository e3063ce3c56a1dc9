"""The same recording is found by its sound, and other recordings are not taken for it."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
import pytest
import soundfile
from affectmix.audio.fingerprint import (
    EMPTY,
    HOP_S,
    bit_error_rate,
    fingerprint,
    from_text,
    to_text,
)
from affectmix.audio.matching import same_recordings
from scipy import signal

RATE = 22050


@lru_cache
def tune(seed: int, seconds: float = 10.0, rate: int = RATE, loop: bool = False) -> np.ndarray:
    """Return random notes over soft noise; with ``loop``, over one drum loop for all seeds."""
    rng = np.random.default_rng([seed, 7])
    time = np.arange(int(seconds * rate)) / rate
    out = 0.01 * rng.standard_normal(len(time))
    for _ in range(int(6 * seconds)):
        start, pitch = rng.uniform(0, seconds), 110 * 2 ** (rng.integers(0, 36) / 12)
        since = time - start
        envelope = np.where(since > 0, np.exp(-4 * since.clip(0)), 0)
        out += rng.uniform(0.1, 0.3) * envelope * np.sin(2 * np.pi * pitch * since)
    if loop:
        beat = np.random.default_rng(99).standard_normal(rate // 2)
        beat *= np.exp(-12 * np.arange(len(beat)) / rate)
        out += 0.5 * np.resize(beat, len(out))
    return out


def through(samples: np.ndarray, rate: int, container: str) -> np.ndarray:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=container, compression_level=0.9)
    file.seek(0)
    decoded, _ = soundfile.read(file)
    return decoded


ORIGINAL = tune(0)
LATER = ORIGINAL[RATE // 2 :]
COPIES = {
    "cut by half a second": (LATER, RATE),
    "20 dB down": (LATER * 0.1, RATE),
    "mp3": (through(LATER / 4, RATE, "MP3"), RATE),
    "ogg": (through(LATER / 4, RATE, "OGG"), RATE),
    "48 kHz": (signal.resample_poly(LATER, 320, 147), 48000),
    "8 kHz": (signal.resample_poly(LATER, 160, 441), 8000),
    "with other sounds": (
        LATER + 0.02 * np.random.default_rng(5).standard_normal(len(LATER)),
        RATE,
    ),
}


@pytest.mark.parametrize("copy", COPIES)
def test_copies_are_found_among_others_at_their_offset(copy: str) -> None:
    others = [fingerprint(tune(seed), RATE) for seed in range(1, 6)]
    found = same_recordings([*others, fingerprint(ORIGINAL, RATE), fingerprint(*COPIES[copy])])
    assert found[["first", "second"]].to_numpy().tolist() == [[5, 6]]
    assert found["offset"].iloc[0] * HOP_S == pytest.approx(0.5, abs=HOP_S)
    assert found["error"].iloc[0] < 0.25
    assert found["overlap"].iloc[0] > 0.95


def test_level_changes_no_bit() -> None:
    np.testing.assert_array_equal(fingerprint(ORIGINAL, RATE), fingerprint(ORIGINAL * 0.125, RATE))


def test_a_part_is_found_in_the_whole() -> None:
    part = fingerprint(ORIGINAL[4 * RATE : 7 * RATE], RATE)
    found = same_recordings([part, fingerprint(ORIGINAL, RATE)])
    assert found["offset"].iloc[0] * HOP_S == pytest.approx(-4, abs=HOP_S)


def test_one_drum_loop_makes_no_recordings_the_same() -> None:
    prints = [fingerprint(tune(seed, loop=True), RATE) for seed in range(8)]
    assert same_recordings(prints).empty


def test_tones_noises_and_clicks_are_told_apart() -> None:
    time = np.arange(5 * RATE) / RATE
    sounds = [np.sin(2 * np.pi * f * time) for f in (220, 221, 440, 880)]
    sounds += [np.random.default_rng(s).standard_normal(len(time)) for s in range(4)]
    sounds += [np.sin(2 * np.pi * 440 * time) * (time % gap < 0.1) for gap in (0.5, 0.7)]
    found = same_recordings([fingerprint(sound, RATE) for sound in sounds])
    assert found.empty


def test_shared_silence_is_no_likeness() -> None:
    quiet = np.zeros(8 * RATE)
    one, other = (np.concatenate([tune(s, 4), quiet]) for s in (1, 2))
    prints = [fingerprint(one, RATE), fingerprint(other, RATE)]
    assert (prints[0] == EMPTY).mean() > 0.5
    assert same_recordings(prints).empty
    assert len(same_recordings([prints[0], fingerprint(one * 0.5, RATE)])) == 1


def test_many_copies_are_all_joined() -> None:
    copies = [fingerprint(ORIGINAL[i * 500 :], RATE) for i in range(50)]
    found = same_recordings(copies)
    joined = set(range(1))
    for _ in range(50):
        for one, other in found[["first", "second"]].itertuples(index=False):
            if joined & {one, other}:
                joined |= {one, other}
    assert joined == set(range(50))


def test_unrelated_error_is_about_a_half() -> None:
    error, count = bit_error_rate(fingerprint(tune(1), RATE), fingerprint(tune(2), RATE), 0)
    assert 0.4 < error < 0.6
    assert count > 400
    assert bit_error_rate(np.ones(3, np.uint32), np.ones(3, np.uint32), 9) == (1.0, 0)
    shifted = np.array([1, 2, 3], np.uint32), np.array([2, 3], np.uint32)
    assert bit_error_rate(*shifted, 1) == (0.0, 2)


def test_short_and_no_clips() -> None:
    assert len(fingerprint(np.zeros(10), RATE)) == 0
    assert len(fingerprint(ORIGINAL[: int(0.4 * RATE)], RATE)) == 1
    assert same_recordings([]).empty
    assert same_recordings([np.empty(0, np.uint32), fingerprint(ORIGINAL, RATE)]).empty
    short = [fingerprint(ORIGINAL[a : a + 2 * RATE], RATE) for a in (0, RATE // 4)]
    assert len(same_recordings(short)) == 1


def test_text_keeps_every_word() -> None:
    words = np.array([0, 1, 0xFFFFFFFF, 0x01020304], np.uint32)
    np.testing.assert_array_equal(from_text(to_text(words)), words)
