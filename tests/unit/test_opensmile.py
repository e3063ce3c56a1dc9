"""openSMILE functionals: the package's own values, faults in a list, NaN counted."""

import subprocess
import sys
import unicodedata
import warnings
from pathlib import Path

import numpy as np
import opensmile
import pandas as pd
import pytest
import soundfile
import soxr
from affectmix.errors import AffectMixError, AudioError, ConfigError
from affectmix.features import functionals as functionals_module
from affectmix.features.feature_sets import FeatureSet
from affectmix.features.functionals import Functionals
from affectmix.features.opensmile import extract_shard, nonfinite_report

RATE = 16_000


def voice(seconds: float = 1.5, rate: int = RATE, pitch: float = 150.0) -> np.ndarray:
    """A harmonic tone with vibrato and a little noise, so that every descriptor is moved."""
    time = np.arange(round(seconds * rate)) / rate
    phase = 2 * np.pi * pitch * (time + 0.002 * np.sin(2 * np.pi * 5 * time))
    tone = sum(np.sin(k * phase) / k for k in range(1, 8))
    noise = np.random.default_rng(3).standard_normal(len(time))
    return (0.2 * tone * np.hanning(len(time)) + 0.005 * noise).astype(np.float32)


def package_values(feature_set: FeatureSet, samples: np.ndarray, rate: int) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package calls some of its sets deprecated
        smile = opensmile.Smile(opensmile.FeatureSet[feature_set.value])
        return smile.process_signal(samples, rate)


def test_the_enum_is_what_the_package_brings() -> None:
    brought = [opensmile.FeatureSet[member.value] for member in FeatureSet]
    assert len(set(brought)) == len(brought)
    assert set(brought) == set(opensmile.FeatureSet)


@pytest.mark.parametrize("feature_set", list(FeatureSet))
def test_names_and_values_are_the_packages(feature_set: FeatureSet) -> None:
    samples = voice(5.0)  # longer than what the levels of our own input keep
    expected = package_values(feature_set, samples, RATE)
    ours = Functionals(feature_set)
    assert list(ours.columns) == list(expected.columns)
    assert len(ours.columns) == feature_set.width
    values = ours(samples, RATE)
    assert values.dtype == np.float32
    np.testing.assert_array_equal(values, expected.to_numpy()[0])


def test_repeatable_and_free_of_what_came_before() -> None:
    ours = Functionals(FeatureSet.IS09)
    first = ours(voice(), RATE)
    ours(voice(pitch=300.0), 2 * RATE)
    np.testing.assert_array_equal(ours(voice(), RATE), first)


def test_compare_2013_and_2016_share_names_but_not_values() -> None:
    old, new = Functionals(FeatureSet.IS13), Functionals(FeatureSet.COMPARE_2016)
    assert old.columns == new.columns
    different = (old(voice(), RATE) != new(voice(), RATE)).sum()
    assert 500 < different < 5000


def test_samples_beyond_full_scale_are_held_not_wrapped() -> None:
    ours = Functionals(FeatureSet.IS09)
    loud = voice() * np.float32(8.0)
    assert np.abs(loud).max() > 1.2
    held = np.clip(loud, -1.0, np.float32(32767 / 32768))
    np.testing.assert_array_equal(ours(loud, RATE), ours(held, RATE))
    wrapped = package_values(FeatureSet.IS09, loud, RATE).to_numpy()[0]
    assert not np.array_equal(ours(loud, RATE), wrapped)


def test_parse() -> None:
    assert FeatureSet.parse("is13") is FeatureSet.IS13
    assert FeatureSet.parse("ComParE_2016") is FeatureSet.COMPARE_2016
    with pytest.raises(ConfigError, match=r"set: 'eGeMAPSv2'.*mean 'eGeMAPSv02'.*emobase"):
        FeatureSet.parse("eGeMAPSv2", key="features.x.set")


def test_installed_under_a_name_with_spaces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spaced = tmp_path / "a folder, and 'quotes'"
    spaced.mkdir()
    (spaced / "config").symlink_to(functionals_module.CONFIG_ROOT)
    monkeypatch.setattr(functionals_module, "CONFIG_ROOT", spaced / "config")
    assert len(Functionals(FeatureSet.IS10).columns) == 1582


def test_installed_under_a_name_that_is_not_ascii(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    strange = tmp_path / unicodedata.lookup("GREEK SMALL LETTER OMEGA")
    strange.mkdir()
    (strange / "config").symlink_to(functionals_module.CONFIG_ROOT)
    monkeypatch.setattr(functionals_module, "CONFIG_ROOT", strange / "config")
    monkeypatch.chdir(strange)
    assert len(Functionals(FeatureSet.IS09).columns) == 384
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AffectMixError, match="ASCII"):
        Functionals(FeatureSet.IS09)


def test_not_finite_and_too_short() -> None:
    ours = Functionals(FeatureSet.IS09)
    spoiled = voice()
    spoiled[77] = np.nan
    with pytest.raises(AudioError, match="not finite"):
        ours(spoiled, RATE)
    with pytest.raises(AudioError, match=r"0\.010 s, shorter than the windows of IS09"):
        ours(voice(0.01), RATE)


def write(path: Path, samples: np.ndarray, rate: int = RATE) -> Path:
    soundfile.write(path, samples, rate)
    return path


def test_a_shard_survives_its_bad_files(tmp_path: Path) -> None:
    good = write(tmp_path / "good.flac", voice())
    stereo = write(tmp_path / "stereo.wav", np.stack([voice(), 0 * voice()], axis=1))
    short = write(tmp_path / "short.wav", voice(0.01))
    text = tmp_path / "text.mp3"
    text.write_text("no audio at all")
    clips = [("s", short), ("z", good), ("m", tmp_path / "gone.wav"), ("t", text), ("a", stereo)]
    frame, faults = extract_shard(clips, FeatureSet.IS09)
    assert frame["clip_id"].tolist() == ["a", "z"]
    assert set(frame.dtypes[1:]) == {np.dtype(np.float32)}
    assert faults["clip_id"].tolist() == ["m", "s", "t"]
    assert faults["kind"].tolist() == ["missing", "functionals", "unreadable"]
    assert all(str(tmp_path) in message for message in faults["message"])
    expected = package_values(FeatureSet.IS09, soundfile.read(stereo)[0].mean(axis=1), RATE)
    np.testing.assert_array_equal(frame.iloc[0, 1:].to_numpy(np.float32), expected.to_numpy()[0])
    again, _ = extract_shard(clips[::-1], FeatureSet.IS09)
    pd.testing.assert_frame_equal(frame, again)


def test_a_shard_of_bad_files_still_has_its_columns(tmp_path: Path) -> None:
    frame, faults = extract_shard([("m", tmp_path / "gone.wav")], FeatureSet.EGEMAPS_V02)
    assert frame.shape == (0, 89)
    assert len(faults) == 1


def test_one_rate_for_all(tmp_path: Path) -> None:
    low = write(tmp_path / "low.wav", voice())
    high = write(tmp_path / "high.wav", soxr.resample(voice(), RATE, 44_100), 44_100)
    clips = [("high", high), ("low", low)]
    native = extract_shard(clips, FeatureSet.IS09)[0].iloc[:, 1:].to_numpy()
    common = extract_shard(clips, FeatureSet.IS09, sample_rate=RATE)[0].iloc[:, 1:].to_numpy()
    np.testing.assert_array_equal(native[1], common[1])

    def apart(rows: np.ndarray) -> float:
        return float(np.median(np.abs(rows[0] - rows[1]) / (np.abs(rows[1]) + 1e-3)))

    assert apart(common) < 0.03  # what 16 bits and two resamplings leave
    assert apart(native) > 2 * apart(common)


def test_silence_has_values_and_what_is_not_finite_is_counted(tmp_path: Path) -> None:
    silent = write(tmp_path / "silent.wav", np.zeros(RATE, np.float32))
    frame, faults = extract_shard([("silent", silent)])
    assert frame.shape == (1, 6374)
    assert faults.empty
    bad = ~np.isfinite(frame.iloc[0, 1:].to_numpy(np.float32))
    assert (nonfinite_report([frame])["by"] == "feature").sum() == bad.sum()


def test_nonfinite_report() -> None:
    frame = pd.DataFrame(
        {
            "clip_id": ["a", "b", "c"],
            "whole": [1.0, 2.0, 3.0],
            "once": [1.0, -np.inf, 3.0],
            "twice": [np.nan, np.inf, 3.0],
        }
    )
    rows = nonfinite_report([frame]).to_numpy().tolist()
    assert rows == [
        ["feature", "twice", 1, 1, 3],
        ["feature", "once", 0, 1, 3],
        ["clip", "b", 0, 2, 3],
        ["clip", "a", 1, 0, 3],
    ]
    assert nonfinite_report([frame[["clip_id", "whole"]]]).empty
    assert nonfinite_report([frame[:0]]).empty
    # In parts it is the same.
    assert nonfinite_report([frame[:1], frame[1:]]).to_numpy().tolist() == rows


# The peak of this process alone: getrusage would carry over that of the one that started it.
_TEN_MINUTES = """
import re, sys
from pathlib import Path
from affectmix.features.feature_sets import FeatureSet
from affectmix.features.opensmile import extract_shard
frame, faults = extract_shard([("long", sys.argv[1])], FeatureSet.EMOBASE)
assert len(frame) == 1, faults
status = Path("/proc/self/status").read_text()
print(int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1]) // 1024)
"""


def test_ten_minutes_stay_under_1_gb(tmp_path: Path) -> None:
    """The quickest of the sets that took 6 GB; tests/benchmarks measures all of them."""
    long = tmp_path / "long.wav"
    second = 0.1 * np.random.default_rng(1).standard_normal((48_000, 2), dtype=np.float32)
    with soundfile.SoundFile(long, "w", 48_000, 2) as file:
        for _ in range(600):
            file.write(second)
    done = subprocess.run(
        [sys.executable, "-c", _TEN_MINUTES, str(long)], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 1000, f"{done.stdout} MiB"
