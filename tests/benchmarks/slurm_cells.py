"""How long a submitted group of searches takes on Slurm, at the joint-learning paper's size.

Two corpora of 766 clips each whose scans and features (6,373) are made up: no audio is decoded.
Nested searches of the SVR and of the elastic net over the paper's spaces, one per fold. All
groups before them (tables, merge) are submitted too. Run by hand, as root:

    PYTHONPATH=scripts tests/slurm/cluster.sh .venv-slurm/bin/python \
        tests/benchmarks/slurm_cells.py [--cells 30]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from affectmix.config.project import Project
from affectmix.features.shards import write_shard
from central_jobs import write_scans
from scaled_project import write_project
from slurm_groups import command, print_jobs

CLIPS, COLUMNS, CAUSES, SHARDS = 1532, 6373, 300, 32


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=30, help="searches that are submitted")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        project = write_searches(folder)
        write_scans(folder, 30.0)
        write_features(folder, project)
        targets = evaluations(project)[: asked.cells]
        subprocess.run(
            command(folder / "scaled.yaml", targets),
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
        )
    print_jobs({"cells": asked.cells})


def write_searches(folder: Path) -> Project:
    """Write the corpora and a configuration of searches at the size of the paper's Table 1."""
    file = write_project(folder, CLIPS, SHARDS)
    config = yaml.safe_load(file.read_text(encoding="utf-8"))
    config["learners"] = {
        kind: {"kind": kind, "space": f"{kind}_paper", "search": "halving"}
        for kind in ("svr", "elasticnet")
    }
    experiment = config["experiments"]["joint"]
    experiment["cells"][0]["learners"] = list(config["learners"])
    experiment["models"] = []
    file.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    return Project(config, home=folder)


def write_features(folder: Path, project: Project) -> None:
    """Write shards whose columns have causes of falling strength, two of which are the ratings."""
    rng = np.random.default_rng(0)
    loadings = rng.standard_normal((CAUSES, COLUMNS)) / np.sqrt(1.0 + np.arange(CAUSES))[:, None]
    names = [f"f{column:04d}" for column in range(COLUMNS)]
    for corpus in project.used:
        labels = project.corpora[corpus].labels().set_index("clip_id")[["valence", "arousal"]]
        for shard in project.used_shards(corpus):
            clips = [clip[0] for clip in project.shard_clips(corpus, shard)]
            causes = rng.standard_normal((len(clips), CAUSES))
            causes[:, :2] += 2.0 * labels.loc[clips].to_numpy()
            values = causes @ loadings + 0.3 * rng.standard_normal((len(clips), COLUMNS))
            frame = pd.DataFrame(values.astype(np.float32), columns=names)
            frame.insert(0, "clip_id", clips)
            target = folder / "results" / "features" / "IS13" / "mix" / corpus
            target.mkdir(parents=True, exist_ok=True)
            write_shard(frame, target / f"{shard}.parquet")


def evaluations(project: Project) -> list[str]:
    """Return the predictions of all cells' folds."""
    return [
        f"results/cells/{cell.name}/{job}.parquet"
        for cell in project.cells.values()
        for job in project.cell_jobs(cell)
    ]


if __name__ == "__main__":
    os.environ["OMP_NUM_THREADS"] = "1"
    main()
