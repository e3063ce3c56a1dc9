"""Log-mels against librosa's own, and what silence, stems and references make of them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import librosa
import numpy as np
import pytest
import soundfile
from affectmix.features.logmel import logmel_shard, mel_power, to_levels
from affectmix.features.logmel_recipes import RECIPES, LogmelRecipe, Reference, Storage
from affectmix.features.logmel_table import read_logmels, write_logmels

RATE = 12_000
EMOMUCS = RECIPES["emomucs"]


def wave(seconds: float = 2.0, rate: int = RATE) -> np.ndarray:
    rng = np.random.default_rng(4)
    time = np.arange(int(seconds * rate)) / rate
    return (0.3 * np.sin(880 * time) * (time % 0.5) + 0.02 * rng.normal(size=len(time))).astype(
        np.float32
    )


def test_levels_are_librosas(tmp_path: Path) -> None:
    samples = wave()
    expected = librosa.power_to_db(
        librosa.feature.melspectrogram(y=samples, sr=RATE, n_mels=96, n_fft=512, hop_length=256),
        ref=np.max,
    )
    power = mel_power(samples, RATE, EMOMUCS)
    assert power.shape == (96, 1 + len(samples) // 256)
    np.testing.assert_allclose(to_levels(power, power.max()), expected, atol=1e-3)


@pytest.mark.parametrize(("name", "frames"), [("emomucs", 938), ("segments", 862), ("frames", 862)])
def test_twenty_seconds(name: str, frames: int) -> None:
    recipe = RECIPES[name]
    samples = wave(20.0, 44_100)
    assert mel_power(samples, 44_100, recipe).shape == (recipe.bands, frames)
    assert recipe.frames(20.0) == frames


def test_silence_is_the_floor_and_quiet_clips_have_their_whole_range() -> None:
    assert (to_levels(np.zeros((96, 4)), 0.0) == -80).all()
    power = mel_power(wave(), RATE, EMOMUCS)
    quiet = mel_power(1e-5 * wave(), RATE, EMOMUCS)
    np.testing.assert_allclose(
        to_levels(quiet, quiet.max()), to_levels(power, power.max()), atol=1e-3
    )


def shard(folder: Path, recipe: LogmelRecipe, signals: dict[str, np.ndarray], mix: str) -> dict:
    for name, samples in signals.items():
        soundfile.write(folder / f"{name}.wav", samples, RATE, subtype="FLOAT")
    clips = [(name, folder / f"{name}.wav") for name in signals]
    return logmel_shard(clips, recipe, mixes=dict.fromkeys(signals, folder / f"{mix}.wav"))


def test_padding_is_what_silent_audio_gives(tmp_path: Path) -> None:
    exact = dataclasses.replace(EMOMUCS, storage=Storage.FLOAT16)
    short = wave(2.0)
    padded = np.concatenate([short, np.zeros(RATE, np.float32)])
    made = shard(tmp_path, exact, {"short": short, "padded": padded}, "short")
    write_logmels(made, tmp_path / "0.parquet", exact, stem="mix")
    read = read_logmels([tmp_path / "0.parquet"], ["short", "padded"], duration_s=3.0)
    ends = 1 + len(short) // exact.hop  # the window of one more frame reaches into the audio
    different = np.abs(read[0] - read[1]).max(axis=0) > 0.04
    assert np.flatnonzero(different).tolist() in ([], [ends])
    assert (read[0, :, ends:] == -80).all()


def test_against_the_mix_stems_keep_their_relative_level(tmp_path: Path) -> None:
    signals = {"mix": wave(), "stem": 0.1 * wave()}
    own = shard(tmp_path, EMOMUCS, signals, "mix")
    against = shard(tmp_path, dataclasses.replace(EMOMUCS, reference=Reference.MIX), signals, "mix")
    assert own["stem"].levels.max() == pytest.approx(0, abs=1e-3)
    assert against["mix"].levels.max() == pytest.approx(0, abs=1e-3)
    assert against["stem"].levels.max() == pytest.approx(-20, abs=1e-3)


def test_channels_are_averaged_and_rates_brought_to_one(tmp_path: Path) -> None:
    samples = wave(2.0, 44_100)
    soundfile.write(tmp_path / "a.wav", np.stack([2 * samples, 0 * samples], 1), 44_100, "FLOAT")
    soundfile.write(tmp_path / "b.wav", samples, 44_100, "FLOAT")
    clips = [(name, tmp_path / f"{name}.wav") for name in "ab"]
    made = logmel_shard(clips, EMOMUCS, mixes={})
    np.testing.assert_array_equal(made["a"].levels, made["b"].levels)
    assert made["a"].duration_s == 2.0
    assert made["a"].levels.shape == (94, 96)


def test_a_bad_file_is_left_out_and_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    soundfile.write(tmp_path / "a.wav", wave(0.5), RATE)
    clips = [("a", tmp_path / "a.wav"), ("b", tmp_path / "b.flac")]
    made = logmel_shard(clips, EMOMUCS, mixes={})
    assert list(made) == ["a"]
    assert "no log-mels: missing" in caplog.text
    assert "b.flac" in caplog.text
