"""Decoding and scanning: every container, every way in which a file can be bad."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from affectmix.audio.cut_files import mp3_is_cut, ogg_is_cut, ogg_is_damaged
from affectmix.audio.decode import DecodeError, decode, decode_mono, open_stream, to_mono
from affectmix.audio.scan import SCAN, scan_clip, scan_clips, scan_problems, usable
from affectmix.errors import AudioError
from affectmix.features.logmel import logmel_shard
from affectmix.features.logmel_recipes import RECIPES
from affectmix.tables import read_table, write_table

RATE = 16000
FORMATS = ["wav", "flac", "ogg", "mp3", "aiff"]


def noise(seconds: float = 1.0, channels: int = 1, rate: int = RATE) -> np.ndarray:
    """Return quiet noise, [shape=(n, channels)]."""
    return 0.1 * np.random.default_rng(0).standard_normal((int(seconds * rate), channels))


def save(path: Path, samples: np.ndarray, rate: int = RATE, **how: str) -> Path:
    soundfile.write(path, samples, rate, **how)
    return path


def kind_of(path: Path) -> str:
    with pytest.raises(DecodeError) as caught:
        decode(path)
    assert isinstance(caught.value, AudioError)
    assert str(path) in str(caught.value)
    return caught.value.kind


@pytest.mark.parametrize("suffix", ["wav", "flac", "aiff"])
def test_lossless_samples_come_back(tmp_path: Path, suffix: str) -> None:
    samples = noise(channels=2)
    decoded, rate = decode(save(tmp_path / f"a.{suffix}", samples))
    assert rate == RATE
    assert decoded.dtype == np.float32
    assert decoded.shape == (2, RATE)
    np.testing.assert_allclose(decoded, samples.T, atol=2**-15)


@pytest.mark.parametrize("suffix", ["ogg", "mp3"])
def test_lossy_formats_decode_to_their_length(tmp_path: Path, suffix: str) -> None:
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(2 * RATE) / RATE)
    decoded, _ = decode(save(tmp_path / f"a.{suffix}", tone))
    assert decoded.shape == (1, 2 * RATE)
    assert np.corrcoef(decoded[0], tone)[0, 1] > 0.95


@pytest.mark.parametrize("channels", [1, 2, 8])
@pytest.mark.parametrize("rate", [8000, 44100, 192000])
def test_channels_and_rates(tmp_path: Path, channels: int, rate: int) -> None:
    path = save(tmp_path / "a.wav", noise(0.25, channels, rate), rate)
    decoded, found = decode(path)
    assert (decoded.shape, found) == ((channels, rate // 4), rate)
    mono, _ = decode_mono(path)
    np.testing.assert_array_equal(mono, to_mono(decoded))
    np.testing.assert_allclose(mono, decoded.mean(axis=0), atol=1e-7)


@pytest.mark.parametrize("name", ["a b", 'it\'s "x"', "音楽", "-", "-rf", "café"])
def test_names(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path / f"{name}.wav", noise())
    monkeypatch.chdir(tmp_path)
    assert decode(f"{name}.wav")[0].shape == (1, RATE)
    Path(f"{name}.wav").rename(name)
    assert decode(name)[0].shape == (1, RATE)


def test_a_name_need_not_be_utf8(tmp_path: Path) -> None:
    path = save(tmp_path / "a.mp3", noise()).rename(tmp_path / os.fsdecode(b"caf\xe9.mp3"))
    assert decode(path)[0].shape == (1, RATE)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
def test_truncated_files(tmp_path: Path, suffix: str, share: float) -> None:
    whole = save(tmp_path / f"whole.{suffix}", noise(4)).read_bytes()
    cut = tmp_path / f"cut.{suffix}"
    cut.write_bytes(whole[: int(len(whole) * share)])
    assert kind_of(cut) in ("truncated", "unreadable")
    assert scan_clip(cut)["status"] in ("truncated", "unreadable")


def test_tags_after_the_sound_are_no_truncation(tmp_path: Path) -> None:
    for suffix in ("mp3", "ogg"):
        path = save(tmp_path / f"a.{suffix}", noise())
        path.write_bytes(path.read_bytes() + b"TAG" + bytes(125))
        assert decode(path)[0].shape == (1, RATE)


def test_mp3_without_a_length_header_is_followed_frame_by_frame() -> None:
    frame = bytes([0xFF, 0xFB, 0x90, 0x00]) + bytes(413)  # MPEG-1, 128 kbit/s, 44.1 kHz
    id3 = b"ID3\x04\x00\x00\x00\x00\x00\x0a" + bytes(10)
    assert not mp3_is_cut(frame * 5)
    assert not mp3_is_cut(id3 + frame * 5 + b"TAG" + bytes(125))
    assert mp3_is_cut((frame * 5)[:-1])
    assert mp3_is_cut(id3 + (frame * 5)[:-400])
    assert not mp3_is_cut(b"")


def test_last_ogg_page() -> None:
    page = b"OggS" + bytes(22) + bytes([2, 255, 10]) + bytes(265)
    assert not ogg_is_cut(page * 2)
    assert ogg_is_cut((page * 2)[:-1])
    assert ogg_is_cut(page + page[:20])
    assert not ogg_is_cut(b"none")


def test_a_wav_written_to_a_pipe_is_whole(tmp_path: Path) -> None:
    path = save(tmp_path / "a.wav", noise())
    content = bytearray(path.read_bytes())
    place = content.index(b"data") + 4
    content[place : place + 4] = b"\xff\xff\xff\xff"
    path.write_bytes(content)
    assert decode(path)[0].shape == (1, RATE)


def test_other_bad_files(tmp_path: Path) -> None:
    assert kind_of(tmp_path / "none.wav") == "missing"
    (tmp_path / "empty.wav").touch()
    assert kind_of(tmp_path / "empty.wav") == "zero_length"
    assert kind_of(save(tmp_path / "header.wav", noise(0))) == "zero_length"
    (tmp_path / "text.mp3").write_text("not a sound")
    assert kind_of(tmp_path / "text.mp3") == "unreadable"
    assert kind_of(save(tmp_path / "slow.wav", noise(rate=4000), 4000)) == "sample_rate"
    for value in (np.nan, np.inf):
        samples = noise()
        samples[7] = value
        path = save(tmp_path / "nan.wav", samples, subtype="FLOAT")
        assert kind_of(path) == "not_finite"
        with pytest.raises(DecodeError, match="sample 7 "):
            decode(path)


def test_messages_name_the_fix(tmp_path: Path) -> None:
    (tmp_path / "a.m4a").write_bytes(b"\0\0\0 ftypM4A " + bytes(100))
    with pytest.raises(DecodeError, match="ffmpeg"):
        decode(tmp_path / "a.m4a")


def test_a_text_called_mp3_is_not_said_to_be_missing(tmp_path: Path) -> None:
    file = tmp_path / "song.mp3"
    file.write_text("hello")
    with pytest.raises(DecodeError, match="no audio is found in it") as caught:
        decode(file)
    assert "not exist" not in str(caught.value)


def test_scan_of_a_good_file(tmp_path: Path) -> None:
    samples = noise(3, channels=2)
    path = save(tmp_path / "a.wav", samples)
    row = scan_clip(path)
    assert row["status"] == "ok"
    assert row["message"] is None
    assert row["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (row["duration_s"], row["sample_rate"], row["channels"]) == (3.0, RATE, 2)
    assert row["peak"] == pytest.approx(np.abs(samples).max(), abs=1e-4)
    level = 10 * np.log10(np.mean(samples.mean(axis=1) ** 2))
    assert row["rms_db"] == pytest.approx(level, abs=0.01)
    assert len(row["fingerprint"]) > 100


@pytest.mark.parametrize("constant", [0.0, 0.3])
def test_silence_is_found_whatever_its_offset(tmp_path: Path, constant: float) -> None:
    dither = 3e-5 * np.random.default_rng(0).standard_normal((RATE, 2)).clip(-1, 1)
    row = scan_clip(save(tmp_path / "a.wav", constant + dither))
    assert row["status"] == "silent"
    assert row["duration_s"] == 1.0


def test_channels_that_cancel_are_silent_in_mono(tmp_path: Path) -> None:
    left = noise()
    row = scan_clip(save(tmp_path / "a.wav", np.hstack([left, -left])))
    assert row["status"] == "silent"
    assert "cancel" in row["message"]


def test_a_scan_survives_bad_files_and_lists_them(tmp_path: Path) -> None:
    save(tmp_path / "good.wav", noise(2))
    save(tmp_path / "tiny.wav", noise(0.02))
    save(tmp_path / "hush.flac", np.zeros(RATE))
    (tmp_path / "bad.ogg").write_bytes(b"OggS, not really")
    paths = ["tiny.wav", "gone.wav", "good.wav", "hush.flac", "bad.ogg"]
    clips = pd.DataFrame({"clip_id": [Path(p).stem for p in paths], "path": paths})
    scan = scan_clips(clips, lambda path: tmp_path / path)
    assert scan["clip_id"].tolist() == ["bad", "gone", "good", "hush", "tiny"]
    write_table(scan, tmp_path / "scan.parquet", SCAN)
    again = read_table(tmp_path / "scan.parquet", SCAN)
    problems = scan_problems(again, min_duration_s=0.06)
    assert sorted((p.kind, p.where) for p in problems) == [
        ("missing", "gone.wav"),
        ("short", "tiny.wav"),
        ("silent", "hush.flac"),
        ("unreadable", "bad.ogg"),
    ]
    assert scan_problems(again, min_duration_s=0.01)[-1].kind != "short"


def test_what_stems_cannot_hold_is_too_loud(tmp_path: Path) -> None:
    save(tmp_path / "good.wav", 2 * noise(2))
    soundfile.write(tmp_path / "loud.wav", 5 * np.sin(np.arange(RATE)), RATE, subtype="FLOAT")
    clips = pd.DataFrame({"clip_id": ["good", "loud"], "path": ["good.wav", "loud.wav"]})
    scan = scan_clips(clips, lambda path: tmp_path / path)
    (problem,) = scan_problems(scan, min_duration_s=0.1)
    assert (problem.where, problem.kind) == ("loud.wav", "too_loud")
    assert "reaches 5.0 times full scale; at most 4 times" in problem.message
    assert usable(scan, min_duration_s=0.1)["clip_id"].tolist() == ["good"]


def in_ogg_pages(content: bytes) -> list[bytes]:
    return [b"OggS" + page for page in content.split(b"OggS")[1:]]


def test_a_lost_or_damaged_ogg_page_is_told(tmp_path: Path) -> None:
    path = save(tmp_path / "a.ogg", noise(4))
    pages = in_ogg_pages(path.read_bytes())
    assert not ogg_is_damaged(b"".join(pages))
    assert not ogg_is_damaged(b"ID3" + b"".join(pages) + b"TAG" + bytes(125))
    middle = len(pages) // 2
    assert ogg_is_damaged(b"".join(pages[:middle] + pages[middle + 1 :]))
    damaged = bytearray(b"".join(pages))
    damaged[len(damaged) // 2] ^= 1
    assert ogg_is_damaged(bytes(damaged))
    path.write_bytes(damaged)
    assert kind_of(path) == "truncated"
    path.write_bytes(b"".join(pages[:middle]) + b"junk" + b"".join(pages[middle:]))
    assert kind_of(path) == "truncated"


@pytest.mark.parametrize("subtype", ["PCM_U8", "ULAW", "PCM_24"])
def test_a_cut_of_more_than_50_ms_is_told_whatever_the_width(tmp_path: Path, subtype: str) -> None:
    path = save(tmp_path / "a.wav", noise(), subtype=subtype)
    width = 3 if subtype == "PCM_24" else 1
    whole = path.read_bytes()
    path.write_bytes(whole[: -width * int(0.06 * RATE)])
    assert kind_of(path) == "truncated"
    path.write_bytes(whole[: -width * int(0.04 * RATE)])
    assert decode(path)[0].shape == (1, RATE - int(0.04 * RATE))


def test_absurd_levels_are_too_loud_for_everything_that_decodes(tmp_path: Path) -> None:
    samples = noise(channels=2)
    samples[5] = 3e38  # whose mean over the channels is infinite
    path = save(tmp_path / "a.wav", samples, subtype="FLOAT")
    assert kind_of(path) == "too_loud"
    assert scan_clip(path)["status"] == "too_loud"
    scan = scan_clips(
        pd.DataFrame({"clip_id": ["a"], "path": ["a.wav"]}), lambda name: tmp_path / name
    )
    write_table(scan, tmp_path / "scan.parquet", SCAN)
    (problem,) = scan_problems(read_table(tmp_path / "scan.parquet", SCAN), min_duration_s=0.1)
    assert (problem.kind, "3e+38 times full scale" in problem.message) == ("too_loud", True)
    assert logmel_shard([("a", path)], RECIPES["emomucs"], mixes={"a": path}) == {}


def test_a_header_that_claims_1024_channels_takes_no_gigabytes(tmp_path: Path) -> None:
    path = save(tmp_path / "a.wav", noise(0.01, channels=1024), 8000)
    (block,) = open_stream(path).blocks
    assert block.base is None or block.base.nbytes < 64 << 20
