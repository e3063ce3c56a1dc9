"""Which clips each shard holds, and what a run leaves of it for its jobs on a cluster."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest
from affectmix.config.clip_index import ClipIndex
from affectmix.corpora import make_corpus

SHARDS = 4


def corpora(home: Path) -> dict:
    settings = {"root": "mine", "labels": "ratings.csv", "audio": "songs"}
    demo = {"part": "music", "clips": 5}
    return {
        "mine": make_corpus("mine", {"adapter": "table", **settings}, home=home),
        "demo": make_corpus("demo", {"adapter": "demo", **demo}, home=home),
    }


@pytest.fixture
def home(tmp_path: Path) -> Path:
    songs = tmp_path / "mine" / "songs"
    (songs / "more").mkdir(parents=True)
    names = [f"{index}.wav" for index in range(9)] + ["more/ä b.wav", "gone.wav"]
    for place, name in enumerate(names[:-1]):
        (songs / name).write_bytes(b"." * place)
    frame = pd.DataFrame({"path": names}).assign(valence=0.5, arousal=-0.5)
    frame.to_csv(tmp_path / "mine" / "ratings.csv", index=False)
    return tmp_path


def every_clip(index: ClipIndex, corpus: str) -> dict[str, list]:
    return {shard: index.clips(corpus, shard) for shard in index.shards(corpus)}


def test_clips_are_listed_with_file_size_and_time(home: Path) -> None:
    found = every_clip(ClipIndex(corpora(home), SHARDS), "mine")
    clips = {clip[0]: clip for shard in found.values() for clip in shard}
    assert len(clips) == 11
    file = home / "mine" / "songs" / "more" / "ä b.wav"
    status = file.stat()
    assert clips["more__%C3%A4%20b"] == [
        *("more__%C3%A4%20b", "songs/more/ä b.wav", str(file)),
        *(status.st_size, status.st_mtime_ns),
    ]
    assert clips["gone"][3:] == [None, None]
    assert all(shard == sorted(shard) for shard in found.values())


def test_clips_that_the_workflow_makes_have_no_size(home: Path) -> None:
    found = every_clip(ClipIndex(corpora(home), SHARDS), "demo")
    assert {len(clip) for shard in found.values() for clip in shard} == {3}


def test_a_job_finds_what_its_run_left_without_looking_at_files(home: Path) -> None:
    file = home / ".snakemake" / "clips.parquet"
    run = ClipIndex(corpora(home), SHARDS)
    run.store(["mine", "demo"], file)
    before = {corpus: every_clip(run, corpus) for corpus in ("mine", "demo")}
    for song in (home / "mine" / "songs").glob("*.wav"):
        song.unlink()
    job = ClipIndex(corpora(home), SHARDS)
    assert job.recall(["demo", "mine"], file)
    assert {corpus: every_clip(job, corpus) for corpus in ("mine", "demo")} == before
    assert (job.count("mine"), job.count("demo")) == (11, 5)


def test_a_job_keeps_its_own_runs_clips_when_another_run_leaves_others(home: Path) -> None:
    file = home / "clips.parquet"
    run = ClipIndex(corpora(home), SHARDS)
    run.store(["mine"], file)
    job = ClipIndex(corpora(home), SHARDS)
    assert job.recall(["mine"], file)
    ClipIndex(corpora(home), 1).store(["demo"], file)
    assert every_clip(job, "mine") == every_clip(run, "mine")


@pytest.mark.parametrize("change", ["labels", "shards", "corpora", "no file", "half a file"])
def test_what_was_left_is_passed_over_where_it_no_longer_holds(home: Path, change: str) -> None:
    file = home / "clips.parquet"
    ClipIndex(corpora(home), SHARDS).store(["mine"], file)
    job = ClipIndex(corpora(home), 2 if change == "shards" else SHARDS)
    if change == "labels":
        os.utime(home / "mine" / "ratings.csv", (1, 1))
    elif change == "no file":
        file.unlink()
    elif change == "half a file":
        file.write_bytes(file.read_bytes()[:100])
    assert not job.recall(["mine", "demo"] if change == "corpora" else ["mine"], file)
    assert len(every_clip(job, "demo")) > 0
