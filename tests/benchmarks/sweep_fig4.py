"""How long the sweep of Fig. 4 takes: 9 mixtures x 2 targets x 5 outer folds, nested.

The features are made up, of the joint-learning paper's size (1,532 clips x 6,373 functionals);
from there on it is the workflow itself: one job per mixture and fold, by Snakemake.
Run by hand: python tests/benchmarks/sweep_fig4.py [--space svr_paper] [--cores 2]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from affectmix import schemas
from affectmix.splits.classes import assign_classes
from affectmix.splits.folds import make_splits
from affectmix.splits.schemes import Scheme
from affectmix.tables import write_table
from synthetic import make_synthetic

REPOSITORY = Path(__file__).parents[2]
LIMIT_S = 900.0
SHARES = (0, 0.25, 0.5, 0.75, 1)
CORPORA = ("iads_e", "pmemo")


def mixtures() -> list[dict[str, float]]:
    """Return the paper's nine mixtures: one corpus whole, a share of the other."""
    pairs = [(share, 1) for share in SHARES] + [(1, share) for share in reversed(SHARES[:-1])]
    return [dict(zip(CORPORA, pair, strict=True)) for pair in pairs]


def configuration(space: str) -> dict:
    """Return the configuration of the sweep over two table corpora."""
    block = {"learners": ["svr"], "features": ["is13"], "mixtures": mixtures()}
    return {
        "corpora": {
            name: {"adapter": "table", "root": f"resources/{name}", "labels": "ratings.csv"}
            for name in CORPORA
        },
        "features": {"is13": {"set": "IS13"}},
        "learners": {"svr": {"kind": "svr", "space": space}},
        "experiments": {"fig4": {"cells": [block]}},
    }


def write_inputs(folder: Path, scale: float) -> None:
    """Write the tables that cells read, and files that stand for the audio behind them."""
    data = make_synthetic()
    names = np.array([f"f{column:04d}" for column in range(data.X.shape[1])])
    groups = []
    for number, corpus in enumerate(CORPORA):
        rows = np.flatnonzero(data.corpus == number)
        rows = rows[: max(60, round(scale * len(rows)))]
        ids = [f"{index:06d}" for index in range(len(rows))]
        root = folder / "resources" / corpus
        root.mkdir(parents=True)
        for name in ids:
            (root / f"{name}.wav").touch()
        Y = data.Y[rows]
        frame = pd.DataFrame({"clip_id": ids, "valence": Y[:, 0], "arousal": Y[:, 1]})
        table = frame.assign(path=[f"{name}.wav" for name in ids]).drop(columns="clip_id")
        table.to_csv(root / "ratings.csv", index=False)
        labels = frame.reindex(columns=list(schemas.LABELS.columns))
        write_table(labels, folder / f"results/corpora/{corpus}/labels.parquet", schemas.LABELS)
        own = pd.DataFrame(
            {"corpus": corpus, "clip_id": ids, "group": [f"{corpus}/{i}" for i in ids]}
        )
        groups.append(own)
        splits = make_splits(
            assign_classes(frame), own, corpus=corpus, scheme=Scheme.parse("cv5"), seed=2024
        )
        write_table(splits.frame, folder / f"results/splits/{corpus}/cv5.parquet", schemas.SPLITS)
        features = pd.DataFrame(data.X[rows], columns=names)
        features.insert(0, "clip_id", ids)
        path = folder / f"results/features/IS13/mix/{corpus}.parquet"
        write_table(features, path, schemas.FEATURES)
    write_table(
        pd.concat(groups, ignore_index=True), folder / "results/groups.parquet", schemas.GROUPS
    )


def main() -> int:
    """Print the seconds of the sweep; return 1 where it is beyond the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--space", default="svr_paper_rbf")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--scale", type=float, default=1.0, help="part of the clips that is used")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_inputs(folder, options.scale)
        path = folder / "sweep.yaml"
        path.write_text(yaml.safe_dump(configuration(options.space)), encoding="utf-8")
        start = time.perf_counter()
        subprocess.run(
            [
                *(sys.executable, "-m", "snakemake", "--snakefile", str(REPOSITORY / "Snakefile")),
                *("--directory", str(folder), "--configfile", str(path), "--quiet", "all"),
                *("--cores", str(options.cores), "--rerun-triggers", "mtime"),
                *("--allowed-rules", "evaluate_cell", "gather_predictions", "compute_metrics"),
                *("--", "results/metrics/fig4.parquet"),
            ],
            cwd=REPOSITORY,
            check=True,
        )
        seconds = time.perf_counter() - start
        jobs = pd.concat(
            pd.read_csv(file, sep="\t") for file in folder.rglob("benchmarks/evaluate_cell/*.tsv")
        )
    cpu, memory = jobs["cpu_time"].sum(), jobs["max_rss"].max()
    print(f"space {options.space}  jobs {len(jobs)}  cores {options.cores}")
    print(f"wall {seconds:.0f} s  CPU of the jobs {cpu:.0f} s  largest job {memory:.0f} MB")
    print(f"limit {LIMIT_S:.0f} s")
    return int(seconds > LIMIT_S)


if __name__ == "__main__":
    sys.exit(main())
