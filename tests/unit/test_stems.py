"""Stems add up to the mix, whatever the audio; files that cannot be separated are reported."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile
from affectmix.audio.decode import decode
from affectmix.errors import AudioError
from affectmix.schemas import STEM_FILES
from affectmix.stems.blocks import separated_blocks
from affectmix.stems.classical import ClassicalSeparator
from affectmix.stems.flac import whole_stems, writing_stems
from affectmix.stems.names import STEMS, path_stem, single_stems, sources_of, split_stem
from affectmix.stems.separate import separate_shard
from affectmix.tables import check_table


class Shares:
    """A stand-in: every stem is a fixed share of the mix."""

    device = "nowhere"
    segment_s = 7.5

    def __init__(self, *shares: float) -> None:
        self.shares = np.array(shares, np.float32)
        self.seen: list[tuple[tuple[int, ...], int]] = []

    def __call__(self, mix: np.ndarray, sample_rate: int, *, seed: int) -> np.ndarray:
        self.seen.append((mix.shape, seed))
        return self.shares[:, np.newaxis, np.newaxis] * mix


def music(seconds: float, rate: int, channels: int, *, level: float = 0.3) -> np.ndarray:
    """Chords, a low note and strokes. [shape=(n, channels)]"""
    rng = np.random.default_rng([7, rate])
    time = np.arange(int(seconds * rate)) / rate
    notes = sum(np.sin(2 * np.pi * f * time) for f in (82.0, 440.0, 554.0, 659.0))
    strokes = rng.normal(size=len(time)) * np.exp(-30 * (time % 0.5))
    wave = level * (notes / 4 + strokes)
    return np.stack([wave, 0.7 * wave + 0.1 * level * notes][:channels], axis=1)


def stems_of(folder: Path) -> np.ndarray:
    return np.stack([decode(folder / f"{stem}.flac")[0] for stem in STEMS])


@pytest.mark.parametrize(
    ("seconds", "rate", "channels", "level"),
    [
        pytest.param(2.0, 44_100, 2, 0.3, id="stereo"),
        pytest.param(2.0, 22_050, 1, 0.3, id="mono"),
        pytest.param(2.0, 8_000, 1, 0.3, id="8 kHz"),
        pytest.param(1.0, 44_100, 1, 0.3, id="1 s"),
        pytest.param(0.05, 44_100, 1, 0.3, id="too short for repetitions"),
        pytest.param(2.0, 44_100, 2, 0.0, id="silent"),
        pytest.param(2.0, 44_100, 2, 3.0, id="clipped"),
    ],
)
@pytest.mark.parametrize("bits", [16, 24])
def test_classical_stems_add_up_to_the_mix(
    seconds: float, rate: int, channels: int, level: float, bits: int, tmp_path: Path
) -> None:
    file = tmp_path / "a.wav"
    soundfile.write(file, np.clip(music(seconds, rate, channels, level=level), -1, 1), rate)
    table = separate_shard([("a", file)], ClassicalSeparator(), tmp_path / "s", seed=1, bits=bits)
    check_table(table, STEM_FILES, where="here")
    assert table["status"].tolist() == ["ok"]
    assert table[["sample_rate", "channels"]].to_numpy().tolist() == [[rate, channels]]
    mix, stems = decode(file)[0], stems_of(tmp_path / "s" / "a")
    assert stems.shape == (4, *mix.shape)
    assert np.abs(stems.sum(axis=0) - mix).max() <= 2.0**-bits + 1e-6
    assert soundfile.info(tmp_path / "s" / "a" / "bass.flac").subtype == f"PCM_{bits}"
    if level == 0:
        assert not stems.any()


def test_classical_stems_hold_what_they_are_named_after(tmp_path: Path) -> None:
    rate = 22_050
    time = np.arange(4 * rate) / rate
    rng = np.random.default_rng(3)
    true = {
        "bass": 0.2 * np.sin(2 * np.pi * 70 * time),
        "drums": 0.3 * rng.normal(size=len(time)) * np.exp(-60 * (time % 0.4)),
        "other": 0.2 * np.sin(2 * np.pi * 880 * time),
    }
    mix = sum(true.values())[np.newaxis].astype(np.float32)
    found = dict(zip(STEMS, ClassicalSeparator()(mix, rate, seed=0)[:, 0], strict=False))
    found["other"] = mix[0] - sum(found.values())
    for stem, signal in true.items():
        likeness = {name: np.corrcoef(signal, wave)[0, 1] for name, wave in found.items()}
        assert max(likeness, key=lambda name: likeness[name]) == stem
        assert likeness[stem] > 0.8


def test_what_is_beyond_full_scale_goes_to_other_stems() -> None:
    mix = np.array([[0.5, -0.25, 0.9, 1.5]], np.float32)
    estimates = np.zeros((3, 1, 4), np.float32)
    estimates[0, 0] = [1.25, 0.0, -0.2, 0.0]  # 0: vocals beyond; 2: other would be beyond
    stems, moved = whole_stems(mix, estimates, bits=16)
    assert stems.min() >= -32768
    assert stems.max() <= 32767
    np.testing.assert_array_equal(stems.sum(axis=0), np.rint(mix * 32768))
    assert stems[0, 0].tolist() == [32767, 0, -6554, 0]
    assert stems[2, 0].tolist() == [0, 0, round(1.1 * 32768) - 32767, 49152 - 32767]
    assert moved == 3


def test_a_mix_that_four_stems_cannot_hold_is_reported(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"reach 5\.0 times full scale"):
        whole_stems(np.full((1, 3), 5.0), np.zeros((3, 1, 3)), bits=16)
    file = tmp_path / "loud.wav"
    soundfile.write(file, 5 * np.sin(np.arange(8000.0)), 8000, subtype="FLOAT")
    table = separate_shard([("loud", file)], Shares(0, 0, 0), tmp_path / "s", seed=1)
    assert table["status"].tolist() == ["too_loud"]
    assert "times full scale" in table["message"][0]
    assert not list((tmp_path / "s").rglob("*.*"))


def test_a_bad_file_is_reported_and_the_others_are_separated(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.wav", tmp_path / "bad.wav"
    soundfile.write(good, music(1, 8000, 1), 8000)
    bad.write_bytes(b"no audio")
    clips = [("good", good), ("bad", bad), ("gone", tmp_path / "gone.wav")]
    table = separate_shard(clips, Shares(0.5, 0.2, 0.1), tmp_path / "s", seed=1)
    check_table(table, STEM_FILES, where="here")
    assert table["clip_id"].tolist() == ["bad", "gone", "good"]
    assert table["status"].tolist() == ["unreadable", "missing", "ok"]
    assert "gone.wav: no such file" in table["message"][1]
    assert table.loc[2, ["device", "segment_s"]].tolist() == ["nowhere", 7.5]
    assert sorted(p.name for p in (tmp_path / "s").iterdir()) == ["good"]


def test_more_than_two_channels_are_averaged(tmp_path: Path) -> None:
    file = tmp_path / "a.wav"
    samples = np.random.default_rng(0).uniform(-0.3, 0.3, (4000, 5))
    soundfile.write(file, samples, 8000, subtype="FLOAT")
    separate_shard([("a", file)], Shares(0.5, 0.2, 0.1), tmp_path / "s", seed=1)
    stems = stems_of(tmp_path / "s" / "a")
    assert stems.shape == (4, 1, 4000)
    np.testing.assert_allclose(stems.sum(axis=0)[0], samples.mean(axis=1), atol=2e-5)


def test_stems_that_were_not_finished_are_not_there(tmp_path: Path) -> None:
    mix = np.zeros((1, 100), np.float32)
    with (
        pytest.raises(RuntimeError, match="killed"),
        writing_stems(tmp_path / "a", sample_rate=8000, channels=1) as writer,
    ):
        writer.write(mix, np.zeros((3, 1, 100), np.float32))
        assert not list((tmp_path / "a").glob("*.flac"))
        raise RuntimeError("killed")
    assert not list((tmp_path / "a").iterdir())


def test_a_clip_hangs_on_the_seed_and_on_itself_alone(tmp_path: Path) -> None:
    for name in "ab":
        soundfile.write(tmp_path / f"{name}.wav", music(0.5, 8000, 1), 8000)
    clips = [(name, tmp_path / f"{name}.wav") for name in "ab"]
    runs = []
    for number, (chosen, seed) in enumerate([(clips, 1), (clips[1:], 1), (clips, 2)]):
        shares = Shares(0.5, 0.2, 0.1)
        separate_shard(chosen, shares, tmp_path / str(number), seed=seed)
        runs.append([seed for _, seed in shares.seen])
    assert runs[1] == runs[0][1:]
    assert not set(runs[0]) & set(runs[2])
    assert runs[0][0] != runs[0][1]


def test_blocks_are_the_whole() -> None:
    mix = music(10, 1000, 2).T.astype(np.float32) + np.float32(0.1)
    shares = Shares(0.5, 0.2, 0.1)
    blocks = list(separated_blocks(mix, 1000, shares, seed=3, block_s=3, overlap_s=0.5))
    assert [block.shape[2] for block in blocks] == [2500, 2500, 2500, 2500]
    assert [shape for shape, _ in shares.seen] == [(2, 3000)] * 3 + [(2, 2500)]
    assert {seed for _, seed in shares.seen} == {3}
    joined = np.concatenate(blocks, axis=2)
    np.testing.assert_allclose(joined, shares.shares[:, None, None] * (mix - mix.mean()), atol=1e-5)
    (whole,) = separated_blocks(mix, 1000, shares, seed=3)
    np.testing.assert_allclose(joined, whole, atol=1e-6)


@pytest.mark.parametrize("length", [1, 2999, 3000, 3001, 5500, 5501])
def test_blocks_of_any_length_add_up(length: int) -> None:
    mix = np.random.default_rng(1).normal(size=(1, length)).astype(np.float32)
    blocks = separated_blocks(mix, 1000, Shares(1, 0, 0), seed=0, block_s=3, overlap_s=0.5)
    assert sum(block.shape[2] for block in blocks) == length


def test_every_block_is_at_the_level_of_the_clip() -> None:
    mix = music(9, 1000, 1).T.astype(np.float32)
    mix[:, :4500] *= 0.01
    levels: list[float] = []

    class Listening(Shares):
        def __call__(self, mix: np.ndarray, sample_rate: int, *, seed: int) -> np.ndarray:
            levels.append(float(mix.std()))
            return super().__call__(mix, sample_rate, seed=seed)

    list(separated_blocks(mix, 1000, Listening(1, 0, 0), seed=0, block_s=3, overlap_s=0.1))
    assert levels[0] < 0.05
    assert levels[-1] > 1.0


def test_ten_minutes_need_no_more_memory_than_three_beside_the_audio() -> None:
    def beside(minutes: int) -> int:
        mix = np.ones((1, minutes * 60 * 8000), np.float32)
        mix[:, ::2] = -1
        tracemalloc.start()
        for _ in separated_blocks(mix, 8000, Shares(0.5, 0.2, 0.1), seed=0):
            pass
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak - 3 * mix.nbytes  # the mean of the channels, and its square in 64 bits

    assert beside(10) < max(beside(3), 40_000_000)


def test_stems_in_paths() -> None:
    assert path_stem({"stem": "mix"}) == "mix"
    assert path_stem({"stem": "bass", "separator": "my_own"}) == "my_own-bass"
    both = {"stem": ["mix", "bass"], "separator": "my_own"}
    assert sources_of(both) == ("mix", "bass")
    assert path_stem(both) == "my_own-mix_bass"
    assert single_stems("my_own-mix_bass") == ["mix", "my_own-bass"]
    assert single_stems("mix") == ["mix"]
    assert split_stem("my_own-bass") == ("my_own", "bass")
    assert split_stem("mix") == (None, "mix")
