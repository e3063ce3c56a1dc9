"""A small project of two table corpora, run once, and copied for each edit."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
import yaml

REPOSITORY = Path(__file__).parents[2]
PARTS = ("Snakefile", "workflow", "scripts", "config", "profiles", "envs")


@dataclass(frozen=True)
class SmallProject:
    """A copy of the repository's code beside a project's resources and results.

    Attributes:
        folder: holds Snakefile, scripts, my_config.yaml, resources/ and results/.
    """

    folder: Path

    @property
    def config(self) -> dict:
        return yaml.safe_load((self.folder / "my_config.yaml").read_text(encoding="utf-8"))

    def write_config(self, config: dict) -> None:
        text = yaml.safe_dump(config, sort_keys=False)
        (self.folder / "my_config.yaml").write_text(text, encoding="utf-8")

    def command(self, *arguments: str) -> list[str]:
        return [
            *(sys.executable, "-m", "snakemake", "--cores", "2"),
            *(*arguments, "--configfile", "my_config.yaml"),
        ]

    def snakemake(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            timeout=600,
        )
        if check and done.returncode:
            raise AssertionError(f"{done.stdout[-3000:]}\n{done.stderr[-6000:]}")
        return done

    def would_run(self) -> dict[str, int]:
        """Return how many jobs of each rule a dry run announces."""
        done = self.snakemake("--dry-run")
        table = re.search(r"^job +count\n-+ +-+\n(.*?)^total", done.stdout, re.M | re.S)
        if table is None:
            assert "Nothing to be done" in done.stdout + done.stderr, done.stdout
            return {}
        rows = (line.split() for line in table[1].splitlines() if line.strip())
        return {rule: int(count) for rule, count in rows if rule != "all"}

    def copy_to(self, folder: Path) -> SmallProject:
        shutil.copytree(self.folder, folder, symlinks=True)
        return SmallProject(folder)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the content of every Parquet table, by path."""
        files = sorted((self.folder / "results").rglob("*.parquet"))
        return {str(f.relative_to(self.folder)): pd.read_parquet(f) for f in files}


def make_project(folder: Path) -> SmallProject:
    """Write a project of 12 tones and 12 noises whose loudness and pitch are their labels."""
    folder.mkdir(parents=True)
    for part in PARTS:
        source = REPOSITORY / part
        if source.is_dir():
            ignore = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, folder / part, ignore=ignore)
        else:
            shutil.copy2(source, folder / part)
    (folder / "README.md").write_text("# A project\n", encoding="utf-8")
    for corpus in ("tones", "noises"):
        write_corpus(folder / "resources" / corpus, corpus)
    project = SmallProject(folder)
    project.write_config(small_config())
    return project


def write_corpus(root: Path, kind: str, clips: int = 12) -> None:
    """Write ``clips`` half-second wav files and their ratings.csv on a scale of 1 to 9."""
    root.mkdir(parents=True)
    rows = []
    for index in range(clips):
        write_clip(root / f"{kind}{index:02d}.wav", kind, index)
        loudness, pitch = (index * 5) % clips, (index * 7) % clips
        rows.append((f"{kind}{index:02d}.wav", 1 + 8 * pitch / clips, 1 + 8 * loudness / clips))
    frame = pd.DataFrame(rows, columns=["path", "valence", "arousal"])
    frame.to_csv(root / "ratings.csv", index=False)


def write_clip(path: Path, kind: str, index: int, clips: int = 12) -> None:
    """Write one clip: louder and higher for larger remainders of its index."""
    rng = np.random.default_rng([index, len(kind)])
    time = np.arange(12_000) / 16_000
    pitch = 110 * 2 ** (4 * ((index * 7) % clips) / clips)
    wave = np.sin(2 * np.pi * pitch * time) if kind == "tones" else rng.normal(size=len(time)) / 4
    gain = 0.05 + 0.9 * ((index * 5) % clips) / clips
    soundfile.write(path, gain * wave + 1e-3 * rng.normal(size=len(time)), 16_000)


def small_config() -> dict:
    """Return the configuration of the small project."""
    mixtures = [{"tones": 1, "noises": 0}, {"tones": 1, "noises": 1}]
    block = {"learners": ["mean", "svr"], "features": ["egemaps"], "mixtures": mixtures}
    space = {"kernel": ["rbf"], "pca": [0.9], "C": [1.0], "epsilon": [0.0, 0.1]}
    return {
        "shards": 2,
        "corpora": {
            kind: {
                "adapter": "table",
                "root": f"resources/{kind}",
                "labels": "ratings.csv",
                "scale": [1, 9],
            }
            for kind in ("tones", "noises")
        },
        "classes": {"min_size": 6},
        "schemes": {"cv3": {"repeats": 1}},
        "features": {"egemaps": {"set": "eGeMAPSv02", "stem": "mix"}},
        "learners": {
            "mean": {"kind": "mean"},
            "svr": {"kind": "svr", "space": space, "search": "exhaustive"},
        },
        "experiments": {"joint": {"cells": [block | {"schemes": ["cv3"]}], "models": ["svr"]}},
    }


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> SmallProject:
    """The small project after a complete run; not to be changed, only copied."""
    project = make_project(tmp_path_factory.mktemp("project") / "finished")
    project.snakemake()
    return project


@pytest.fixture
def project(finished: SmallProject, tmp_path: Path) -> SmallProject:
    """A copy of the finished project that a test may change."""
    return finished.copy_to(tmp_path / "copy")
