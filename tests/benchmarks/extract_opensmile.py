"""The openSMILE stage through Snakemake, against a bare loop over process_signal.

    PYTHONPATH=scripts python tests/benchmarks/extract_opensmile.py FOLDER --clips 200 --cores 2
    PYTHONPATH=scripts python tests/benchmarks/extract_opensmile.py FOLDER --memory

The bare loop is one process that decodes a clip, calls ``opensmile.Smile.process_signal``, and
goes on to the next; its imports and construction are not counted. The stage is counted whole:
the start of Snakemake, decoding, extraction, the shards' files and the merged table. The ratio
to the time inside ``process_signal`` alone is printed beside it. ``--memory`` measures the peak
of a job over 10 minutes of 48 kHz stereo, made of the folder's clips, for every set.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import opensmile
import pandas as pd
import soundfile
import soxr
from affectmix.audio.decode import decode_mono
from affectmix.features.feature_sets import FeatureSet
from affectmix.features.opensmile import extract_shard

REPOSITORY = Path(__file__).resolve().parents[2]
AUDIO = {".mp3", ".wav", ".flac", ".ogg"}
GOAL = 0.9
MINUTES, RATE = 10, 48_000


def choose(folder: Path, count: int) -> list[Path]:
    """Return ``count`` audio files, evenly spread over the sorted ones of a folder."""
    found = sorted(p for p in folder.rglob("*") if p.suffix.lower() in AUDIO)
    if len(found) < count:
        sys.exit(f"{folder}: {len(found)} audio files, {count} are needed; see --clips")
    return [found[i] for i in np.linspace(0, len(found) - 1, count).round().astype(int)]


def bare_loop(files: Sequence[Path]) -> dict[str, float]:
    """Return the wall and CPU seconds of one process, and those inside process_signal alone."""
    smile = opensmile.Smile(opensmile.FeatureSet.IS13)
    begin = time.perf_counter(), time.process_time()
    inside = inside_cpu = 0.0
    for file in files:
        samples, rate = decode_mono(file)
        start = time.perf_counter(), time.process_time()
        smile.process_signal(samples, rate)
        inside += time.perf_counter() - start[0]
        inside_cpu += time.process_time() - start[1]
    wall, cpu = time.perf_counter() - begin[0], time.process_time() - begin[1]
    return {"wall": wall, "cpu": cpu, "inside": inside, "inside_cpu": inside_cpu}


def make_project(folder: Path, files: Sequence[Path], shards: int) -> None:
    """Write a project whose one corpus is ``files``, with labels that nothing here uses."""
    audio = folder / "corpus"
    audio.mkdir()
    names = [f"{i:04d}{file.suffix}" for i, file in enumerate(files)]
    for name, file in zip(names, files, strict=True):
        shutil.copyfile(file, audio / name)
    labels = np.random.default_rng(1).uniform(-1, 1, (len(files), 2))
    table = pd.DataFrame(labels, columns=["valence", "arousal"])
    table.insert(0, "path", names)
    table.to_csv(audio / "labels.csv", index=False)
    cells = [{"learners": ["mean"], "features": ["is13"], "mixtures": [{"bench": 1}]}]
    config = {
        "shards": shards,
        "corpora": {"bench": {"adapter": "table", "root": "corpus", "labels": "labels.csv"}},
        "schemes": {"cv5": {"repeats": 1}},
        "features": {"is13": {"set": "IS13", "stem": "mix"}},
        "learners": {"mean": {"kind": "mean"}},
        "experiments": {"bench": {"title": "Benchmark", "cells": cells}},
    }
    (folder / "config.yaml").write_text(json.dumps(config))


def snakemake(folder: Path, cores: int, target: str) -> tuple[float, float]:
    """Make one target; return the wall seconds and the CPU seconds of all its processes."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(REPOSITORY / "Snakefile")]
    command += ["--workflow-profile", str(REPOSITORY / "profiles/default")]
    command += ["--directory", str(folder), "--configfile", str(folder / "config.yaml")]
    command += ["--cores", str(cores), "--quiet", "all", "--", target]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run(command, check=True, cwd=folder)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def speed(files: Sequence[Path], cores: int, shards: int) -> bool:
    """Print the stage's rate beside the bare loop's; return whether the goal is reached."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        make_project(folder, files, shards)
        snakemake(folder, cores, "results/corpora/bench/audio.parquet")
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            bare = pool.apply(bare_loop, (files,))
        wall, cpu = snakemake(folder, cores, "results/features/IS13/mix/bench.parquet")
    ratio = bare["wall"] / wall / cores
    print(f"{len(files)} clips, {cores} cores, {shards} shards, load {os.getloadavg()[0]:.1f}")
    print(f"bare loop:      {bare['wall']:.1f} s wall, {bare['cpu']:.1f} s CPU")
    print(f"process_signal: {bare['inside']:.1f} s wall, {bare['inside_cpu']:.1f} s CPU")
    print(f"stage:          {wall:.1f} s wall, {cpu:.1f} s CPU")
    print(f"rate of the stage: {ratio:.2f} × cores × bare loop (goal {GOAL})")
    print(f"  to process_signal alone: {bare['inside'] / wall / cores:.2f}")
    print(f"  by CPU time: {bare['cpu'] / cpu:.2f}, {bare['inside_cpu'] / cpu:.2f}")
    return ratio >= GOAL


def peak_mib(path: Path, feature_set: FeatureSet) -> int:
    """Return the peak memory of a fresh process that extracts one file."""
    frame, faults = extract_shard([("long", path)], feature_set)
    if len(frame) != 1:
        raise RuntimeError(faults["message"].iloc[0])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def memory(files: Sequence[Path]) -> bool:
    """Print the peak memory of every set; return whether all stay under 1 GB."""
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / "long.wav"
        left = MINUTES * 60 * RATE
        with soundfile.SoundFile(path, "w", RATE, 2) as out:
            for file in files:
                samples, rate = decode_mono(file)
                mono = soxr.resample(samples, rate, RATE)[:left]
                out.write(np.stack([mono, mono], axis=1))
                left -= len(mono)
        if left:
            sys.exit(f"the clips last {left / RATE:.0f} s less than {MINUTES} minutes; see --clips")
        peaks = {}
        for feature_set in FeatureSet:
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                peaks[feature_set] = pool.apply(peak_mib, (path, feature_set))
            print(f"{feature_set.value:14s}{peaks[feature_set]:6d} MiB", flush=True)
    return max(peaks.values()) * 1.048576 < 1000


def main() -> int:
    """Run the benchmark that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clips", type=int, default=200)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("--memory", action="store_true")
    asked = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    files = choose(asked.folder, asked.clips)
    return 0 if (memory(files) if asked.memory else speed(files, asked.cores, asked.shards)) else 1


if __name__ == "__main__":
    sys.exit(main())
