"""Projects of any number of clips for benchmarks: generated tables of ratings, empty files.

A dry run opens no audio, and the jobs that are measured get their tables generated.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

REPOSITORY = Path(__file__).parents[2]
CORPORA = ("sounds", "songs")
FOLDER_CLIPS = 1000  # files in one folder of audio


@dataclass(frozen=True)
class Spent:
    """What a process and its children took.

    Attributes:
        out: what it printed.
        cpu_s: user and system time.
        wall_s: by the clock.
        peak_mb: largest resident memory of one process, in MiB.
    """

    out: str
    cpu_s: float
    wall_s: float
    peak_mb: float


def spend(command: list[str], folder: Path) -> Spent:
    """Run a command in a folder and return what it took.

    Raises:
        RuntimeError: it failed; with the end of what it said.
    """
    said = folder / "said.txt"
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    start = time.perf_counter()
    with said.open("w", encoding="utf-8") as stream:
        process = subprocess.Popen(
            command, cwd=folder, stdout=stream, stderr=subprocess.STDOUT, env=environment
        )
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    out = said.read_text(encoding="utf-8")
    said.unlink()
    if process.returncode:
        raise RuntimeError(f"{command[-1]} ended with {process.returncode}:\n{out[-3000:]}")
    seconds = time.perf_counter() - start
    return Spent(out, used.ru_utime + used.ru_stime, seconds, used.ru_maxrss / 1024)


def write_corpus(root: Path, clips: int, seed: int) -> None:
    """Write a table of ratings with a source for every ten clips, and its empty files."""
    root.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    names = [f"{index // FOLDER_CLIPS:04d}/{index:07d}.wav" for index in range(clips)]
    for folder in sorted({name.split("/")[0] for name in names}):
        (root / folder).mkdir()
    for name in names:
        os.close(os.open(root / name, os.O_CREAT | os.O_WRONLY))
    frame = pd.DataFrame({"path": names}).assign(
        source=[f"source {index // 10}" for index in range(clips)],
        valence=rng.uniform(-1, 1, clips).round(3),
        arousal=rng.uniform(-1, 1, clips).round(3),
    )
    frame.to_csv(root / "ratings.csv", index=False)


def write_project(folder: Path, clips: int, shards: int) -> Path:
    """Write two corpora of half the clips each and return the configuration of their cells.

    Args:
        folder: where to; resources/ is made in it.
        clips: of both corpora together.
        shards: of each corpus.
    """
    for seed, name in enumerate(CORPORA):
        write_corpus(folder / "resources" / name, clips // len(CORPORA), seed)
    sounds, songs = CORPORA
    mixtures = [{sounds: 1, songs: 0}, {sounds: 0, songs: 1}, {sounds: 1, songs: 1}]
    block = {"learners": ["mean", "svr"], "features": ["is13"], "mixtures": mixtures}
    config = {
        "shards": shards,
        "corpora": {
            name: {"adapter": "table", "root": f"resources/{name}", "labels": "ratings.csv"}
            for name in CORPORA
        },
        "features": {"is13": {"set": "IS13", "stem": "mix"}},
        "learners": {
            "mean": {"kind": "mean"},
            "svr": {"kind": "svr", "space": "svr_small", "search": "halving"},
        },
        "experiments": {"joint": {"cells": [block | {"schemes": ["cv5"]}], "models": ["svr"]}},
    }
    path = folder / "scaled.yaml"
    path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    return path


def snakemake(folder: Path, *arguments: str) -> list[str]:
    """Return the command that runs the workflow on the project in ``folder``."""
    return [
        *(sys.executable, "-m", "snakemake", "--snakefile", str(REPOSITORY / "Snakefile")),
        *("--workflow-profile", str(REPOSITORY / "profiles" / "default")),
        *("--directory", str(folder), "--configfile", str(folder / "scaled.yaml")),
        *("--cores", "2", *arguments),
    ]
