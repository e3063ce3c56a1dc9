"""The demo's audio: true stems, the causes in the sound, the same bytes from the same seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from affectmix.corpora.demo.design import clip_ids, design, sections
from affectmix.corpora.demo.formula import CAUSES, PARTS
from affectmix.corpora.demo.instruments import STYLES
from affectmix.corpora.demo.music import STEMS, play_music
from affectmix.corpora.demo.render import render, write_clips
from affectmix.corpora.demo.sounds import play_sound
from affectmix.corpora.demo.synth import (
    RATE,
    Signal,
    distort,
    envelope,
    limiter,
    oscillate,
    wavetable,
)
from affectmix.errors import ConfigError
from scipy.signal import welch

SETTINGS = {"clips": 12, "duration": 3.0, "seed": 1}
LENGTH = 2 * RATE


def music(**causes: float) -> dict[str, Signal]:
    """Play two seconds of music with the given causes, the others in the middle."""
    section = {name: causes.get(name, 0.0) for name in CAUSES["music"]}
    section["mode"] = causes.get("mode", 1.0)
    return play_music([section], [LENGTH], "band", np.random.default_rng(0))


def heard(part: str, category: str = "call", **causes: float) -> Signal:
    """Play two seconds of either part."""
    if part == "music":
        stems = music(**causes)
        return np.sum([stems[name] for name in STEMS], axis=0)
    section = {name: causes.get(name, 0.0) for name in CAUSES["sounds"]}
    return play_sound(section, LENGTH, category, np.random.default_rng(0))


def decibels(signal: Signal) -> float:
    return float(10 * np.log10(np.mean(np.square(signal, dtype=float))))


def centroid(signal: Signal) -> float:
    hertz, power = welch(signal, RATE, nperseg=2048)
    return float((hertz * np.sqrt(power)).sum() / np.sqrt(power).sum())


def beating(signal: Signal) -> float:
    """Return the share of the squared signal's modulation that lies at 45 Hz."""
    power = np.square(signal, dtype=float)
    hertz, modulation = welch(power - power.mean(), RATE, nperseg=RATE // 2)
    near = (hertz >= 41) & (hertz <= 49)
    return float(modulation[near].sum() / modulation[(hertz > 1) & (hertz < 100)].sum())


@pytest.mark.parametrize("part", PARTS)
def test_loudness_is_level(part: str) -> None:
    levels = [decibels(heard(part, loudness=x)) for x in (-1.0, 0.0, 1.0)]
    assert levels[0] == pytest.approx(-39.0, abs=0.5)  # -40 dB and the room's noise
    assert levels[1] == pytest.approx(-26.0, abs=0.5)
    assert -15.5 < levels[2] < -11.5


@pytest.mark.parametrize("part", PARTS)
def test_brightness_is_spectral_balance(part: str) -> None:
    low, middle, high = (centroid(heard(part, brightness=x, loudness=1.0)) for x in (-1, 0, 1))
    assert low * 1.2 < middle
    assert middle * 1.2 < high


@pytest.mark.parametrize("part", PARTS)
def test_roughness_is_beating(part: str) -> None:
    low, middle, high = (beating(heard(part, roughness=x)) for x in (-1, 0, 1))
    assert low < middle < high
    assert high > 3 * low


@pytest.mark.parametrize(
    ("part", "least", "most"), [("music", 50 / 30, 200 / 30), ("sounds", 1, 8)]
)
def test_tempo_is_the_rate_of_events(part: str, least: float, most: float) -> None:
    for tempo, rate in ((-1.0, least), (1.0, most)):
        signal = music(tempo=tempo)["drums"] if part == "music" else heard(part, tempo=tempo)
        block = RATE // 100
        power = np.square(signal[: len(signal) // block * block]).reshape(-1, block).mean(axis=1)
        spectrum = np.abs(np.fft.rfft(np.diff(np.log(power + 1e-7)), 4096))
        hertz = np.fft.rfftfreq(4096, 0.01)
        candidates = (hertz > 0.6) & (hertz < 12)
        strength = spectrum[candidates]
        # the events' rate stands out of the modulation spectrum (or a multiple of it does)
        peak = hertz[candidates][strength.argmax()]
        assert peak / rate == pytest.approx(round(peak / rate), abs=0.12)
        assert peak >= 0.85 * rate


def test_register_moves_the_pitch_of_the_melody() -> None:
    def fundamental(register: float) -> float:
        hertz, power = welch(music(register=register)["vocals"], RATE, nperseg=8192)
        return float(hertz[(power > 0.05 * power.max()).argmax()])

    assert fundamental(0.9) > 2.5 * fundamental(-0.9)


def test_mode_is_the_third_of_the_chords() -> None:
    spectra = {}
    for mode in (1.0, -1.0):
        chords = music(mode=mode, brightness=-1.0, loudness=1.0, roughness=-1.0)["other"]
        spectra[mode] = np.abs(np.fft.rfft(chords * np.hanning(len(chords)), 1 << 18))
    key = int(np.random.default_rng(0).integers(12))  # the first thing that a clip draws
    home = 57.0 + (key - 5.5) * 0.3

    def strength(mode: float, step: float) -> float:
        at = 440.0 * 2 ** ((home + step - 69) / 12) / RATE * (1 << 18)
        return float(spectra[mode][round(at) - 4 : round(at) + 5].max())

    assert strength(1.0, 4) > 3 * strength(1.0, 3)
    assert strength(-1.0, 3) > 3 * strength(-1.0, 4)


def test_own_causes_of_sounds_are_heard() -> None:
    def flatness(signal: Signal) -> float:
        _, power = welch(signal, RATE, nperseg=2048)
        band = power[20:300]
        return float(np.exp(np.log(band).mean()) / band.mean())

    def crest(signal: Signal) -> float:
        return float(np.abs(signal).max() / np.sqrt(np.mean(signal**2)))

    assert flatness(heard("sounds", noisiness=1.0)) > 2 * flatness(heard("sounds", noisiness=-1.0))
    assert crest(heard("sounds", suddenness=1.0)) > 1.5 * crest(heard("sounds", suddenness=-1.0))
    gliding = [heard("sounds", "alarm", glide=g, noisiness=-1.0) for g in (-1.0, 1.0)]
    assert not np.allclose(gliding[0], gliding[1], atol=0.01)


@pytest.mark.parametrize("category", sorted(STYLES))
def test_every_style_plays_all_stems(category: str) -> None:
    rows = sections(part="music", clips=1, duration=4.0)
    stems = render(part="music", clip_id="music_00000", category=category, sections=rows, seed=1)
    assert tuple(sorted(stems)) == tuple(sorted(STEMS))
    for stem in stems.values():
        assert stem.shape == (4 * RATE,)
        assert decibels(stem) > -60


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("extreme", [-1.0, 1.0])
@pytest.mark.parametrize("duration", [1.0, 7.3])
def test_extreme_causes_stay_in_range(part: str, extreme: float, duration: float) -> None:
    for category in sorted(design(part=part)["category"].unique()):
        rows = sections(part=part, clips=1, duration=duration)
        rows[list(CAUSES[part])] = extreme
        signals = render(
            part=part, clip_id=f"{part}_00000", category=category, sections=rows, seed=5
        )
        mix = np.sum(list(signals.values()), axis=0)
        assert len(mix) == round(duration * RATE)
        assert np.isfinite(mix).all()
        assert 0.01 < np.abs(mix).max() < 0.99


def test_written_stems_add_up_to_the_mix(tmp_path: Path) -> None:
    ids = clip_ids("music", 12)[:3]
    write_clips("music", SETTINGS, ids, tmp_path)
    for clip_id in ids:
        mix, rate = sf.read(tmp_path / f"{clip_id}.flac", dtype="int16")
        stems = [sf.read(tmp_path / clip_id / f"{n}.flac", dtype="int16")[0] for n in STEMS]
        assert rate == RATE
        assert len(mix) == 3 * RATE
        np.testing.assert_array_equal(np.sum(stems, axis=0, dtype=np.int64), mix)


@pytest.mark.parametrize("part", PARTS)
def test_bytes_depend_on_seed_and_clip_alone(part: str, tmp_path: Path) -> None:
    ids = clip_ids(part, 12)
    write_clips(part, SETTINGS, ids[3:6], tmp_path / "a")
    write_clips(part, {**SETTINGS, "clips": 50}, reversed(ids[4:5]), tmp_path / "b")
    write_clips(part, {**SETTINGS, "seed": 2}, ids[4:5], tmp_path / "c")
    written = {f: (tmp_path / f / f"{ids[4]}.flac").read_bytes() for f in "abc"}
    assert written["a"] == written["b"]
    assert written["a"] != written["c"]
    assert not list(tmp_path.rglob("*.tmp"))


def test_unknown_clip_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="music_00099"):
        write_clips("music", SETTINGS, ["music_00099"], tmp_path)
    assert not list(tmp_path.iterdir())


def test_oscillator_plays_the_frequency_it_is_told() -> None:
    tone = oscillate(np.full(RATE, 441.0), wavetable([1.0]))
    assert np.abs(np.fft.rfft(tone)).argmax() == 441
    assert np.abs(tone).max() == pytest.approx(1.0, abs=5e-3)


def test_envelope_rises_then_falls() -> None:
    since = np.linspace(0, 1, 1001, dtype=np.float32)
    shape = envelope(since, attack=0.1, decay=0.2)
    assert shape[0] == 0.0
    assert shape[100] == pytest.approx(np.exp(-0.5), rel=1e-4)
    assert shape.argmax() == 100


def test_limiter_keeps_under_the_ceiling_and_leaves_the_quiet_alone() -> None:
    rng = np.random.default_rng(0)
    signal = 0.2 * rng.standard_normal(RATE).astype(np.float32)
    signal[5000:5050] *= 10
    gain = limiter(signal)
    assert np.abs(signal * gain).max() <= 0.9 + 1e-6
    assert (gain[: 5000 - RATE // 25] == 1.0).mean() > 0.9


def test_distortion_keeps_the_level() -> None:
    tone = oscillate(np.full(RATE, 200.0), wavetable([1.0]))
    assert decibels(distort(tone, 1.0)) == pytest.approx(decibels(tone), abs=0.01)
    third = [np.abs(np.fft.rfft(distort(tone, r)))[600] for r in (-1.0, 1.0)]
    assert third[1] > 10 * third[0]
