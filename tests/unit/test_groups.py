"""Groups by declared source, file and recording, over all corpora; and a corpus's check."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from affectmix.audio.fingerprint import fingerprint, to_text
from affectmix.audio.fingerprint_file import FingerprintFile
from affectmix.audio.scan import scan_clips
from affectmix.corpora import make_corpus
from affectmix.corpora.base import NOTES
from affectmix.corpora.checks import check_corpus
from affectmix.corpora.groups import REASONS, group_clips
from affectmix.corpora.sources import normalise_source, source_key
from affectmix.schemas import GROUPS
from affectmix.tables import check_table

RATE = 16000


def melody(seed: int, seconds: float = 5.0) -> np.ndarray:
    """Return a random walk over pitches with some noise, at most about 0.6."""
    rng = np.random.default_rng(seed)
    steps = np.repeat(rng.integers(0, 30, int(seconds * 8)), RATE // 8)
    phase = np.cumsum(150 * 2 ** (steps / 12)) / RATE
    return 0.5 * np.sin(2 * np.pi * phase) + 0.02 * rng.standard_normal(len(phase))


def table(rows: list[tuple[str, str, object]], name: str) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["corpus", "clip_id", name])


def words(sounds: list[np.ndarray | None]) -> list[np.ndarray]:
    return [
        np.empty(0, np.uint32) if sound is None else fingerprint(sound, RATE) for sound in sounds
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The Beatles", "beatles"),
        ("Beyoncé", "BEYONCE"),
        ("Blink-182", "blink 182"),
        ("Drake feat. Rihanna", "Drake"),
        ("Drake (ft. Rihanna & Future)", "drake"),
        ("Drake featuring X", "Drake"),
        ("Simon & Garfunkel", "Simon and Garfunkel"),
        ("ＡＢＢＡ", "Abba"),
        ("Einstürzende Neubauten", "Einsturzende  Neubauten"),
    ],
)
def test_one_source_in_two_spellings(one: str, other: str) -> None:
    assert normalise_source(one) == normalise_source(other) is not None


@pytest.mark.parametrize(
    ("one", "other"), [("Queen", "Queens"), ("The The", "Them"), ("!!!", "???"), ("東京", "京都")]
)
def test_different_sources_stay_apart(one: str, other: str) -> None:
    assert normalise_source(one) != normalise_source(other)
    assert normalise_source(one) is not None


@pytest.mark.parametrize(
    "name", ["Various Artists", "VA", "V.A.", "unknown", "Unknown Artist", "N/A", "", " ", None]
)
def test_nobody_in_particular_joins_nothing(name: str | None) -> None:
    assert normalise_source(name) is None


def test_a_number_is_a_source_of_its_corpus_only() -> None:
    assert source_key("a", "17") != source_key("b", "17")
    assert source_key("a", "Adele") == source_key("b", "ADELE")


Example = tuple[pd.DataFrame, list[np.ndarray], pd.DataFrame]


def example() -> Example:
    """Return two corpora: a1, a2 one source; a2, b1 one recording; b2, b3 alone."""
    clips = [("a", "1"), ("a", "2"), ("b", "1"), ("b", "2"), ("b", "3")]
    names = ["Adele", "ADELE", None, "Various Artists", "various artists"]
    sounds = [melody(1), melody(2), 0.2 * melody(2)[RATE // 2 :], melody(3), None]
    files = table([(*clip, None) for clip in clips], "sha256")
    sources = table([(*clip, name) for clip, name in zip(clips, names, strict=True)], "source")
    return files, words(sounds), sources


def test_sources_and_recordings_join_over_corpora() -> None:
    groups, reasons = group_clips(*example())
    check_table(groups, GROUPS, "groups")
    check_table(reasons, REASONS, "reasons")
    assert groups["group"].tolist() == ["a/1", "a/1", "a/1", "b/2", "b/3"]
    assert reasons["reason"].tolist() == ["source", "recording"]
    assert reasons["source"].tolist()[0] == "adele"
    assert reasons["offset_s"].iloc[1] == pytest.approx(0.5, abs=0.03)
    assert reasons["error"].iloc[1] < 0.2


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_rows_has_no_effect(seed: int) -> None:
    files, prints, sources = example()
    expected = group_clips(files, prints, sources)
    order = np.random.default_rng(seed).permutation(len(files))
    shuffled = group_clips(
        files.iloc[order],
        [prints[place] for place in order],
        sources.sample(frac=1, random_state=seed + 9),
    )
    for one, other in zip(expected, shuffled, strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_fingerprints_in_a_file_are_those_in_memory() -> None:
    files, prints, sources = example()
    on_disk = FingerprintFile()
    on_disk.extend(to_text(own) if len(own) else None for own in prints[:2])
    on_disk.extend(to_text(own) if len(own) else None for own in prints[2:])
    assert len(on_disk) == len(prints)
    for place, own in enumerate(prints):
        np.testing.assert_array_equal(on_disk[place], own)
    for one, other in zip(
        group_clips(files, prints, sources), group_clips(files, on_disk, sources), strict=True
    ):
        pd.testing.assert_frame_equal(one, other)


def test_equal_files_are_joined_however_short() -> None:
    files = table([("a", "1", "x"), ("b", "1", "x"), ("b", "2", None)], "sha256")
    nothing = files[["corpus", "clip_id"]].assign(source=None)
    groups, reasons = group_clips(files, words([None] * 3), nothing)
    assert groups["group"].tolist() == ["a/1", "a/1", "b/2"]
    assert reasons["reason"].tolist() == ["file"]


def test_no_clips_and_no_reasons() -> None:
    no_files = table([], "sha256")
    groups, reasons = group_clips(no_files, [], table([], "source"))
    assert groups.empty
    assert reasons.empty
    alone = group_clips(no_files, [], table([("a", "1", None)], "source"))
    assert alone.groups.to_numpy().tolist() == [["a", "1", "a/1"]]


def test_check_lists_everything_at_once(tmp_path: Path) -> None:
    for name, samples in {
        "a.wav": melody(1),
        "b.flac": 0.3 * melody(1)[RATE // 2 :],
        "c.wav": np.zeros(RATE),
        "d.wav": melody(2)[:300],
        "extra.wav": melody(4),
    }.items():
        soundfile.write(tmp_path / name, samples, RATE)
    (tmp_path / "e.wav").write_text("no sound")
    (tmp_path / "f.wav").write_bytes((tmp_path / "a.wav").read_bytes())
    rows = "".join(f"{n},0,0\n" for n in ["a.wav", "b.flac", "c.wav", "d.wav", "e.wav", "f.wav"])
    (tmp_path / "l.csv").write_text(f"path,valence,arousal\n{rows}gone.wav,0,0\n")
    settings = {"adapter": "table", "root": str(tmp_path), "labels": "l.csv"}
    corpus = make_corpus("mine", settings)
    scan = scan_clips(corpus.clips(), corpus.audio_path)
    found = check_corpus(corpus, scan, 0.06)
    assert sorted((p.kind, p.where) for p in found) == [
        ("duplicated", "b.flac"),
        ("duplicated", "f.wav"),
        ("missing", "l.csv:8 (gone.wav)"),
        ("short", "d.wav"),
        ("silent", "c.wav"),
        ("unlabelled", "extra.wav"),
        ("unreadable", "e.wav"),
    ]
    assert {"unlabelled", "duplicated"} <= NOTES
    without_audio = check_corpus(corpus, None, 0.06)
    assert [p.kind for p in without_audio] == ["unlabelled", "missing"]
