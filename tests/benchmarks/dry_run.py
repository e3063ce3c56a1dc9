"""How long `snakemake -n` takes on 1,702 clips with the whole joint-learning experiment.

The corpora are generated tables of the papers' sizes beside empty files: a dry run opens no
audio. Run by hand: python tests/benchmarks/dry_run.py [--clips 767 935]
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

REPOSITORY = Path(__file__).parents[2]
LIMIT_S = 10.0


def write_corpus(root: Path, clips: int, seed: int) -> None:
    """Write a table of ratings, a fifth of them of category Music, and its empty files."""
    root.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    names = [f"{index:06d}.wav" for index in range(clips)]
    for name in names:
        (root / name).touch()
    frame = pd.DataFrame({"path": names}).assign(
        category=np.where(np.arange(clips) % 5 == 0, "Music", "Other"),
        valence=rng.uniform(-1, 1, clips).round(3),
        arousal=rng.uniform(-1, 1, clips).round(3),
    )
    frame.to_csv(root / "ratings.csv", index=False)


def write_configuration(folder: Path) -> Path:
    """Write the joint-learning example with generated corpora in place of the papers' own.

    A program that says it is Python 3.9 stands for the one that auto-sklearn needs.
    """
    python = folder / "python3.9"
    python.write_text("#!/bin/sh\necho 3.9\n", encoding="utf-8")
    python.chmod(0o755)
    example = REPOSITORY / "config" / "examples" / "joint_paper.yaml"
    config = yaml.safe_load(example.read_text(encoding="utf-8"))
    config["corpora"] = {
        name: {"adapter": "table", "root": f"resources/{name}", "labels": "ratings.csv"}
        for name in ("pmemo", "iads_e")
    }
    config["environments"] = {"interpreters": {"autosklearn": str(python)}}
    path = folder / "joint.yaml"
    path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    return path


def main() -> int:
    """Print the jobs and the seconds; return 1 beyond the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, nargs=2, default=(767, 935))
    clips = parser.parse_args().clips
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for seed, (name, count) in enumerate(zip(("pmemo", "iads_e"), clips, strict=True)):
            write_corpus(folder / "resources" / name, count, seed)
        command = [
            *(sys.executable, "-m", "snakemake", "--snakefile", str(REPOSITORY / "Snakefile")),
            *("--directory", str(folder), "--configfile", str(write_configuration(folder))),
            *("--cores", "2", "--dry-run", "--quiet", "rules"),
        ]
        start = time.perf_counter()
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
        seconds = time.perf_counter() - start
    jobs = next(line.split()[1] for line in done.stdout.splitlines() if line.startswith("total"))
    print(f"clips {sum(clips)}  jobs {jobs}  seconds {seconds:.1f}  limit {LIMIT_S:.0f}")
    return int(seconds > LIMIT_S)


if __name__ == "__main__":
    sys.exit(main())
