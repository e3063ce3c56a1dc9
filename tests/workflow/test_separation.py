"""Stems in the workflow: separated once, functionals and log-mels of them, and their quality."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from affectmix.audio.decode import decode
from affectmix.features.logmel_table import read_durations, read_logmels
from affectmix.schemas import FEATURES, SEPARATION, STEM_FILES
from affectmix.stems.names import STEMS
from affectmix.tables import read_table
from tiny_demucs import write_tiny_demucs

REPOSITORY = Path(__file__).parents[2]
TARGETS = (
    "results/features/eGeMAPSv02/classical-vocals_bass/mini_music.parquet",
    "results/features/emomucs/classical-drums/mini_music/0.parquet",
    "results/separation/classical/mini_music.parquet",
    "results/stems/own/mini_music/0.parquet",
)


def configuration() -> dict:
    config = yaml.safe_load((REPOSITORY / "config/examples/mini.yaml").read_text(encoding="utf-8"))
    config["corpora"]["mini_music"]["clips"] = 6
    config["separators"] = {
        "classical": {"kind": "classical"},
        "own": {"kind": "demucs", "model": "tiny", "repo": "weights"},
    }
    config["features"] = {
        "both": {"set": "eGeMAPSv02", "stem": ["vocals", "bass"], "separator": "classical"}
    }
    cell = {"learners": ["svr"], "features": ["both"], "mixtures": [{"mini_music": 1}]}
    config["experiments"] = {"joint": {"cells": [cell | {"schemes": ["cv3"]}]}}
    return config


def snakemake(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [
        *(sys.executable, "-m", "snakemake", "--cores", "2", "--directory", str(folder)),
        *("--snakefile", str(REPOSITORY / "Snakefile"), "--configfile", str(folder / "my.yaml")),
        *("--workflow-profile", str(REPOSITORY / "profiles/default"), *arguments),
    ]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stems")
    (folder / "my.yaml").write_text(yaml.safe_dump(configuration()), encoding="utf-8")
    write_tiny_demucs(folder / "weights")
    done = snakemake(folder, "--", *TARGETS)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-5000:]
    return folder


def test_stems_add_up_to_the_mix(project: Path) -> None:
    table = read_table(project / "results/stems/classical/mini_music/0.parquet", STEM_FILES)
    assert table["status"].unique().tolist() == ["ok"]
    for clip_id in table["clip_id"]:
        mix, rate = decode(project / f"results/demo/mini_music/0/{clip_id}.flac")
        folder = project / f"results/stems/classical/mini_music/0/{clip_id}"
        stems = [decode(folder / f"{stem}.flac") for stem in STEMS]
        assert {own for _, own in stems} == {rate}
        assert np.abs(np.sum([s for s, _ in stems], axis=0) - mix).max() < 1e-3


def test_functionals_and_log_mels_of_stems(project: Path) -> None:
    features = read_table(project / TARGETS[0], FEATURES)
    assert features.shape == (6, 1 + 2 * 88)
    names = {name.partition("__")[0] for name in features.columns[1:]}
    assert names == {"vocals", "bass"}
    shard = project / TARGETS[1]
    clips = list(read_durations([shard]).index)
    assert clips == features["clip_id"].tolist()
    levels = read_logmels([shard], clips, duration_s=3)
    assert levels.shape == (6, 96, 141)
    assert (levels.max(axis=(1, 2)) == 0).all()


def test_separation_is_better_than_none(project: Path) -> None:
    quality = read_table(project / TARGETS[2], SEPARATION)
    assert len(quality) == 6 * len(STEMS)
    gain = (quality["si_sdr"] - quality["mix_si_sdr"]).groupby(quality["stem"]).mean()
    assert (gain > 0).all(), gain
    assert gain.mean() > 3


def test_what_is_made_is_not_made_again(project: Path) -> None:
    done = snakemake(project, "--dry-run", "--", *TARGETS)
    assert "Nothing to be done" in done.stdout + done.stderr, done.stdout


def test_demucs_separates_with_weights_of_ones_own(project: Path) -> None:
    weights = json.loads((project / "results/stems/own/weights.json").read_text(encoding="utf-8"))
    assert weights["sources"] == ["drums", "bass", "other", "vocals"]
    assert weights["parameters"] > 10_000
    table = read_table(project / TARGETS[3], STEM_FILES)
    assert table["status"].tolist() == ["ok"] * 6
    assert table["segment_s"].tolist() == [1.0] * 6


def test_missing_weights_end_the_run_before_it_starts(tmp_path: Path) -> None:
    config = configuration()
    config["separators"]["classical"] = {"kind": "demucs", "model": "htdemucs", "repo": "weights"}
    (tmp_path / "my.yaml").write_text(json.dumps(config), encoding="utf-8")
    done = snakemake(tmp_path)
    assert done.returncode == 1
    assert "separators.classical.repo: there is no folder 'weights'" in done.stderr
    assert "955717e8-8726e21a.th" in done.stderr
    assert not (tmp_path / "results").exists()
