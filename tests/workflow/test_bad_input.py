"""What bad input gets: one clear list before any work, or a run that says what it left out."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from conftest import SmallProject, make_project, write_clip

TARGET = "results/corpora/tones/audio.parquet"
BAD = {
    "cut.wav": "truncated",
    "empty.mp3": "zero_length",
    "noise.ogg": "unreadable",
    "quiet.flac": "silent",
    "nan.wav": "not_finite",
    "blink.wav": "short",
    "slow.wav": "sample_rate",
    "loud.wav": "too_loud",
}
GOOD = (
    "with space.wav",
    'it\'s "quoted".wav',
    "-dash.wav",
    "звук 音.flac",
    "eight.wav",
    "fast.wav",
)


def write_bad_files(root: Path) -> None:
    wave = np.sin(np.arange(16_000) / 20)
    soundfile.write(root / "cut.wav", wave, 16_000)
    (root / "cut.wav").write_bytes((root / "cut.wav").read_bytes()[:9_000])
    (root / "empty.mp3").write_bytes(b"")
    (root / "noise.ogg").write_bytes(bytes(range(256)) * 20)
    soundfile.write(root / "quiet.flac", np.zeros(16_000), 16_000)
    soundfile.write(root / "nan.wav", np.where(wave > 0.9, np.nan, wave), 16_000, subtype="FLOAT")
    soundfile.write(root / "blink.wav", wave[:200], 16_000)
    soundfile.write(root / "slow.wav", wave, 4_000)
    soundfile.write(root / "loud.wav", 5 * wave, 16_000, subtype="FLOAT")


def write_good_files(root: Path) -> None:
    for index, name in enumerate(GOOD):
        write_clip(root / name, "tones", index)
    many = np.random.default_rng(0).normal(size=(16_000, 8)) / 9
    soundfile.write(root / "eight.wav", many, 16_000)
    soundfile.write(root / "fast.wav", many[:, :1].repeat(12, axis=0), 192_000)


def add_rows(root: Path, names: list[str]) -> None:
    table = pd.read_csv(root / "ratings.csv")
    rng = np.random.default_rng(1)
    more = pd.DataFrame({"path": names, "valence": rng.uniform(1, 9, len(names)).round(2)})
    more["arousal"] = rng.uniform(1, 9, len(names)).round(2)
    pd.concat([table, more]).to_csv(root / "ratings.csv", index=False)


@pytest.fixture
def fresh(tmp_path: Path) -> SmallProject:
    return make_project(tmp_path / "fresh")


def test_unusable_audio_stops_the_run_with_the_whole_list(fresh: SmallProject) -> None:
    root = fresh.folder / "resources" / "tones"
    write_bad_files(root)
    add_rows(root, list(BAD))
    done = fresh.snakemake(TARGET, check=False)
    assert done.returncode != 0
    for name, kind in BAD.items():
        assert f"{name}: {kind}: " in done.stderr
    assert "on_bad_audio: skip" in done.stderr
    assert re.search(r"affectmix: failed: \w+: see results/logs/\w+", done.stderr)


def test_unusable_audio_is_left_out_and_reported_on_request(fresh: SmallProject) -> None:
    root = fresh.folder / "resources" / "tones"
    write_bad_files(root)
    write_good_files(root)
    add_rows(root, [*BAD, *GOOD])
    fresh.write_config(fresh.config | {"on_bad_audio": "skip"})
    fresh.snakemake()
    page = (fresh.folder / "results" / "report.html").read_text(encoding="utf-8")
    for name in BAD:
        assert name in page
    predictions = pd.read_parquet(fresh.folder / "results/predictions/joint.parquet")
    tested = set(predictions.loc[predictions["view"] == "tones", "clip_id"])
    assert len(tested) == 12 + len(GOOD)


def spoil_labels(project: SmallProject) -> None:
    table = project.folder / "resources" / "tones" / "ratings.csv"
    rows = pd.read_csv(table).astype({"valence": object})
    rows.loc[0, "valence"] = 11
    rows.loc[1, "path"] = rows.loc[2, "path"]
    rows.loc[3, "path"] = "../noises/noises00.wav"
    rows.loc[4, "path"] = "nowhere.wav"
    rows.loc[5, "arousal"] = 0
    rows.to_csv(table, index=False)


def empty_corpus(project: SmallProject) -> None:
    (project.folder / "resources" / "tones" / "ratings.csv").write_text("path,valence,arousal\n")


def too_few_sources(project: SmallProject) -> None:
    table = project.folder / "resources" / "tones" / "ratings.csv"
    rows = pd.read_csv(table)
    rows["source"] = ["one artist", "another"] * 6
    rows.to_csv(table, index=False)


def misspelt_key(project: SmallProject) -> None:
    project.write_config(project.config | {"on_bad_adio": "skip"})


BEFORE_ANY_WORK = {
    "labels": (spoil_labels, ["11", "1 to 9", "nowhere.wav", "../noises", "tones02.wav"]),
    "empty": (empty_corpus, ["tones", "empty"]),
    "few sources": (too_few_sources, ["tones", "2 groups", "3 folds"]),
    "misspelt": (misspelt_key, ["on_bad_adio", "did you mean 'on_bad_audio'"]),
}


@pytest.mark.parametrize("fault", BEFORE_ANY_WORK)
def test_faults_that_need_no_decoding_are_listed_before_any_work(
    fresh: SmallProject, fault: str
) -> None:
    spoil, words = BEFORE_ANY_WORK[fault]
    spoil(fresh)
    done = fresh.snakemake(check=False)
    assert done.returncode != 0
    for word in words:
        assert word in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
    assert not (fresh.folder / "results").exists()


def test_unknown_corpus_folder_says_where_it_was_looked_for(fresh: SmallProject) -> None:
    config = fresh.config
    config["corpora"]["tones"]["root"] = "resources/tnoes"
    fresh.write_config(config)
    done = fresh.snakemake(check=False)
    assert done.returncode != 0
    assert "resources/tnoes" in done.stderr
