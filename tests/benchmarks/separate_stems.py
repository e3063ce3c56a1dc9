"""The rate of the separation stage beside that of a bare loop over demucs' apply_model.

    PYTHONPATH=scripts:tests/unit python tests/benchmarks/separate_stems.py FOLDER --clips 24

The bare loop is one process that decodes a clip, brings it to the model's sampling rate and
channels, calls ``demucs.apply.apply_model``, and goes on to the next; its imports and loading
of weights are not counted. The stage is counted whole but for ``fetch_weights``, which runs
once per project: the start of Snakemake, of every job and of PyTorch in it, decoding,
separation, resampling to the clip's own rate, and four FLAC files per clip. The model is of
demucs' own kind with random weights; ``--channels 48`` makes it as large as htdemucs.
``--memory`` measures the peak of a job over 10 minutes of 48 kHz stereo.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile
import soxr
import torch
from affectmix.audio.decode import decode
from affectmix.stems.separate import separate_shard
from affectmix.stems.separator import make_separator
from demucs.apply import apply_model
from demucs.pretrained import get_model
from tiny_demucs import write_tiny_demucs

REPOSITORY = Path(__file__).resolve().parents[2]
AUDIO = {".mp3", ".wav", ".flac", ".ogg"}
GOAL = 0.9
MINUTES, RATE = 10, 48_000


def make_project(folder: Path, clips: int, seconds: float, shards: int, audio: Path) -> list[Path]:
    """Write a project whose one corpus is the beginning of some files; return its files."""
    found = sorted(p for p in audio.rglob("*") if p.suffix.lower() in AUDIO)
    if clips < 5:
        sys.exit("--clips: at least 5, as the project has five folds")
    if len(found) < clips:
        sys.exit(f"{audio}: {len(found)} audio files, {clips} are needed; see --clips")
    corpus = folder / "corpus"
    corpus.mkdir()
    files = []
    for number, place in enumerate(np.linspace(0, len(found) - 1, clips).round().astype(int)):
        samples, rate = decode(found[place])
        files.append(corpus / f"{number:04d}.flac")
        soundfile.write(files[-1], samples[:, : int(seconds * rate)].T, rate)
    labels = np.random.default_rng(1).uniform(-1, 1, (clips, 2))
    table = pd.DataFrame(labels, columns=["valence", "arousal"])
    table.insert(0, "path", [file.name for file in files])
    table.to_csv(corpus / "labels.csv", index=False)
    cells = [{"learners": ["mean"], "features": ["mix"], "mixtures": [{"bench": 1}]}]
    config = {
        "shards": shards,
        "corpora": {"bench": {"adapter": "table", "root": "corpus", "labels": "labels.csv"}},
        "separators": {"own": {"kind": "demucs", "model": "tiny", "repo": "weights"}},
        "features": {"mix": {"set": "eGeMAPSv02"}},
        "learners": {"mean": {"kind": "mean"}},
        "experiments": {"bench": {"title": "Benchmark", "cells": cells}},
    }
    (folder / "config.yaml").write_text(json.dumps(config), encoding="utf-8")
    return files


def bare_loop(weights: Path, files: Sequence[Path]) -> tuple[float, float]:
    """Return the wall and CPU seconds of one process over all files."""
    torch.set_num_threads(1)
    model = get_model("tiny", weights)
    begin = time.perf_counter(), time.process_time()
    for file in files:
        samples, rate = decode(file)
        wave = soxr.resample(samples.T, rate, model.samplerate).T
        wave = np.array(np.broadcast_to(wave, (model.audio_channels, wave.shape[1])))
        apply_model(model, torch.from_numpy(wave)[None], shifts=0, overlap=0.25)
    return time.perf_counter() - begin[0], time.process_time() - begin[1]


def snakemake(folder: Path, cores: int, targets: Sequence[str]) -> tuple[float, float]:
    """Make some targets; return the wall seconds and the CPU seconds of all its processes."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(REPOSITORY / "Snakefile")]
    command += ["--workflow-profile", str(REPOSITORY / "profiles/default")]
    command += ["--directory", str(folder), "--configfile", str(folder / "config.yaml")]
    command += ["--cores", str(cores), "--quiet", "all", "--", *targets]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run(command, check=True, cwd=folder)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def speed(asked: argparse.Namespace) -> bool:
    """Print the stage's rate beside the bare loop's; return whether the goal is reached."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        files = make_project(folder, asked.clips, asked.seconds, asked.shards, asked.folder)
        model = write_tiny_demucs(folder / "weights", **_size(asked.channels))
        snakemake(folder, asked.cores, ["results/stems/own/weights.json"])
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            wall, cpu = pool.apply(bare_loop, (folder / "weights", files))
        shards = [f"results/stems/own/bench/{shard:x}.parquet" for shard in range(asked.shards)]
        stage_wall, stage_cpu = snakemake(folder, asked.cores, shards)
    size = sum(values.numel() for values in model.parameters())
    ratio = wall / stage_wall / asked.cores
    print(f"{asked.clips} clips of {asked.seconds:g} s, {asked.cores} cores, {asked.shards} shards")
    print(f"model of {size:,} parameters, load {os.getloadavg()[0]:.1f}")
    print(f"bare loop: {wall:.1f} s wall, {cpu:.1f} s CPU")
    print(f"stage:     {stage_wall:.1f} s wall, {stage_cpu:.1f} s CPU")
    print(f"rate of the stage: {ratio:.2f} × cores × bare loop (goal {GOAL})")
    print(f"  by CPU time: {cpu / stage_cpu:.2f}")
    return cpu / stage_cpu >= GOAL  # wall time says nothing while other programs run


def peak_mib(weights: Path, path: Path, kind: str) -> int:
    """Return the peak memory of a fresh process that separates one file."""
    settings = {"kind": kind, "model": "tiny", "repo": str(weights), "shifts": 0}
    separator = make_separator(settings | {"overlap": 0.25, "segment": None})
    table = separate_shard([("long", path)], separator, path.parent / "stems", seed=1)
    if table["status"].tolist() != ["ok"]:
        raise RuntimeError(table["message"][0])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def memory(asked: argparse.Namespace) -> bool:
    """Print the peak memory of both kinds of separator over a long file."""
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / "long.wav"
        second = np.random.default_rng(1).normal(size=(RATE, 2)) / 10
        with soundfile.SoundFile(path, "w", RATE, 2) as out:
            for _ in range(MINUTES * 60):
                out.write(second)
        write_tiny_demucs(Path(temporary) / "weights", **_size(asked.channels))
        for kind in ("classical", "demucs"):
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                peak = pool.apply(peak_mib, (Path(temporary) / "weights", path, kind))
            print(f"{kind:10s}{peak:6d} MiB", flush=True)
    return True


def _size(channels: int) -> dict[str, object]:
    """Return the settings of a model with the shape of htdemucs and other widths."""
    if channels < 48:
        return {"channels": channels}
    return {
        "channels": channels,
        "nfft": 4096,
        "t_layers": 5,
        "t_heads": 8,
        "bottom_channels": 512,
        "dconv_mode": 3,
        "segment": 7.8,
    }


def main() -> int:
    """Run the benchmark that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clips", type=int, default=24)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--cores", type=int, default=1)
    parser.add_argument("--shards", type=int, default=1)
    parser.add_argument("--channels", type=int, default=16)
    parser.add_argument("--memory", action="store_true")
    asked = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    return 0 if (memory if asked.memory else speed)(asked) else 1


if __name__ == "__main__":
    sys.exit(main())
