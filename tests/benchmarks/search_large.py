"""One outer fold of nested search on shards on disk: CPU time, peak memory and errors.

    PYTHONPATH=scripts python tests/benchmarks/search_large.py --rows 10000 30000 100000

Writes ``--rows`` clips of ``--columns`` made-up functionals as shards under ``--folder``, and for
each learner has a process of its own evaluate one fold through the code of the rule
``evaluate_cell``: shards → rows on disk → nested search by halving → fit → predictions. What is
known of the targets' causes gives the least RMSE that anything can reach. Peak memory is that of
the process, its BLAS threads are ``--threads``. The folder is deleted at the end.

The features have 400 causes of falling strength, and noise of 1.3 % of their variance.
``svr`` searches 60 points with a radial-basis kernel, ``elasticnet`` the 400 points of the
joint-learning paper with shares of variance from .8 to .97 (its share of 1 would keep the noise's
6,000 components).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from affectmix.cells.evaluate import evaluate_fold
from affectmix.cells.tables import CellTables
from affectmix.features.shards import shard_name, write_shard
from affectmix.splits.hashing import unit_hash
from affectmix.splits.schemes import Scheme

CAUSES, NOISE = 400, 0.3
SPACES: dict[str, dict[str, Any]] = {
    "svr": {
        "kernel": ["rbf"],
        "pca": [0.8, 0.9, 0.95],
        "whiten": [True, False],
        "C": [0.1, 1.0, 10.0, 100.0, 1000.0],
        "epsilon": [0.0, 0.1],
    },
    "elasticnet": {
        "pca": {"linspace": [0.8, 0.97, 10]},
        "whiten": [False, True],
        "normalize": [False, True],
        "l1_ratio": {"linspace": [0.01, 0.99, 10]},
    },
}


def write_corpus(folder: Path, rows: int, columns: int, shards: int) -> None:
    """Write shards, and labels with the best possible predictions beside."""
    names = [f"f{column:04d}" for column in range(columns)]
    shared = np.random.default_rng([0, 7])
    spectrum = 1.0 / np.sqrt(1.0 + np.arange(CAUSES))
    loadings = (shared.standard_normal((CAUSES, columns)) * spectrum[:, None]).astype(np.float32)
    scale = np.exp(2.0 * shared.standard_normal(columns)).astype(np.float32)
    offset = (10.0 * shared.standard_normal(columns)).astype(np.float32)
    weights = shared.standard_normal((10, 2))
    labels = []
    for index, own in enumerate(np.array_split(np.arange(rows), shards)):
        rng = np.random.default_rng([0, 8, index])
        causes = rng.standard_normal((len(own), CAUSES)).astype(np.float32)
        X = causes @ loadings + NOISE * rng.standard_normal((len(own), columns), dtype=np.float32)
        signal = np.tanh(causes[:, :10] @ weights / 3.0) + 0.3 * causes[:, :2] * causes[:, 2:4]
        Y = 0.3 * signal + 0.15 * rng.standard_normal((len(own), 2))
        frame = pd.DataFrame(X * scale + offset, columns=names)
        # Clips of a shard are neighbours by hash, not by id.
        frame.insert(0, "clip_id", [f"{unit_hash(0, str(clip)):.12f}-{clip:07d}" for clip in own])
        write_shard(frame, folder / f"{shard_name(index, shards)}.parquet")
        best = {"best_valence": 0.3 * signal[:, 0], "best_arousal": 0.3 * signal[:, 1]}
        labels.append(frame[["clip_id"]].assign(valence=Y[:, 0], arousal=Y[:, 1], **best))
    pd.concat(labels, ignore_index=True).to_parquet(folder / "labels.parquet")


def make_tables(folder: Path, scheme: Scheme) -> tuple[CellTables, pd.DataFrame]:
    """Return a cell's tables, and the labels with the best predictions."""
    labels = pd.read_parquet(folder / "labels.parquet").sort_values("clip_id", ignore_index=True)
    rng = np.random.default_rng([0, 9])
    splits = labels[["clip_id"]].assign(
        repeat=0,
        fold=rng.choice(scheme.folds, len(labels), p=scheme.shares),
        priority=rng.random(len(labels)),
    )
    splits["class"] = (labels["valence"] > 0).astype(int)
    groups = labels[["clip_id"]].assign(corpus="large", group=labels["clip_id"])
    shards = [str(p) for p in sorted(folder.glob("[0-9a-f]*.parquet")) if p.stem != "labels"]
    own = labels[["clip_id", "valence", "arousal"]].assign(category=None)
    tables = CellTables(
        {"large": own}, {"large": splits}, groups, {}, shards={"large": {"mix": list(shards)}}
    )
    return tables, labels


def evaluate(folder: Path, learner: str, scheme: str, threads: int) -> dict[str, Any]:
    """Evaluate one fold in this process, and return what it took."""
    settings = {
        "fields": {
            "learner": learner,
            "features": "is13",
            "mixture": "large-100",
            "scheme": scheme,
            "protocol": "nested",
            "arithmetic": "clean",
            "control": "none",
        },
        "shares": {"large": 1.0},
        "views": {"large": {"corpus": "large"}},
        "learner": {"kind": learner, "space": SPACES[learner], "search": "halving"},
        "features": {"set": "IS13", "stem": "mix"},
        "seed": 3,
    }
    tables, labels = make_tables(folder, Scheme.parse(scheme))
    wall = time.perf_counter()
    result = evaluate_fold(tables, settings, repeat=0, fold=0, threads=threads)
    used = resource.getrusage(resource.RUSAGE_SELF)
    predictions = result.predictions.merge(labels, on="clip_id")
    found = {
        target: [
            float(np.sqrt(np.mean((own["y_true"] - own[column]) ** 2)))
            for column in ("y_pred", f"best_{target}")
        ]
        for target, own in predictions.groupby("target")
    }
    return {
        "cpu_s": used.ru_utime + used.ru_stime,
        "wall_s": time.perf_counter() - wall,
        "peak_gb": used.ru_maxrss / 2**20,
        "rmse_and_best": found,
        "choice": result.choice.to_json(),
    }


def main() -> None:
    """Write each corpus, evaluate each learner on it, print, and delete it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 30_000, 100_000])
    parser.add_argument("--columns", type=int, default=6373)
    parser.add_argument("--learners", nargs="+", choices=list(SPACES), default=list(SPACES))
    parser.add_argument("--scheme", default="cv5", help="its first test fold is evaluated")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--shards", type=int, default=512)
    parser.add_argument("--folder", type=Path, default=Path("/tmp/search_large"))
    parser.add_argument("--child", choices=list(SPACES), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(evaluate(options.folder, options.child, options.scheme, options.threads)))
        return
    environment = os.environ | {"OPENBLAS_NUM_THREADS": str(options.threads)}
    environment |= {"OMP_NUM_THREADS": str(options.threads)}
    for rows in options.rows:
        folder = options.folder / str(rows)
        folder.mkdir(parents=True)
        try:
            write_corpus(folder, rows, options.columns, options.shards)
            size = sum(file.stat().st_size for file in folder.iterdir()) / 1e9
            print(
                f"{rows} clips x {options.columns}, {size:.1f} GB in {options.shards} shards",
                flush=True,
            )
            for learner in options.learners:
                command = [sys.executable, __file__, "--child", learner, "--folder", str(folder)]
                command += ["--scheme", options.scheme, "--threads", str(options.threads)]
                done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
                found = json.loads(done.stdout.splitlines()[-1])
                print(f"  {learner}: {found.pop('choice')}")
                print(f"  {learner}: {found}, load {os.getloadavg()[0]:.0f}", flush=True)
        finally:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
