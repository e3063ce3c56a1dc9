"""How long submitted groups of jobs take on Slurm, at their size in profiles/slurm.

Links the clips of a folder into a corpus of 32 shards of 50 clips, over and over, and submits one
group that scans and one that extracts IS13. Run by hand, as root:

    tests/slurm/cluster.sh .venv-slurm/bin/python tests/benchmarks/slurm_groups.py AUDIO
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from itertools import cycle, islice
from pathlib import Path

import pandas as pd
import yaml

REPOSITORY = Path(__file__).parents[2]
SHARDS, CLIPS_PER_SHARD = 32, 50
FORMATS = (".mp3", ".wav", ".flac", ".ogg")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("audio", type=Path, help="folder of clips, looked through as a whole")
    parser.add_argument("--scan", type=int, default=30, help="shards that are scanned")
    parser.add_argument("--features", type=int, default=10, help="shards that are extracted")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_project(folder, asked.audio)
        names = [f"{shard:02x}" for shard in range(SHARDS)]
        targets = [f"results/corpora/mine/scan/{name}.parquet" for name in names[: asked.scan]]
        targets += [
            f"results/features/IS13/mix/mine/{name}.parquet" for name in names[: asked.features]
        ]
        subprocess.run(
            command(folder / "groups.yaml", targets),
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
        )
    print_jobs({"scan": asked.scan, "features": asked.features})


def write_project(folder: Path, audio: Path) -> None:
    """Write a corpus of linked clips and its configuration."""
    files = sorted(file for file in audio.resolve().rglob("*") if file.suffix in FORMATS)
    root = folder / "resources" / "mine"
    root.mkdir(parents=True)
    names = []
    for number, file in enumerate(islice(cycle(files), SHARDS * CLIPS_PER_SHARD)):
        names.append(f"{number:04d}{file.suffix}")
        (root / names[-1]).symlink_to(file)
    frame = pd.DataFrame({"path": names}).assign(valence=0.0, arousal=0.0)
    frame.loc[1, ["valence", "arousal"]] = 0.5
    frame.to_csv(root / "ratings.csv", index=False)
    config = yaml.safe_load(
        (REPOSITORY / "config" / "examples" / "own_data.yaml").read_text(encoding="utf-8")
    )
    config["corpora"]["mine"] = {"adapter": "table", "root": str(root), "labels": "ratings.csv"}
    (folder / "groups.yaml").write_text(yaml.safe_dump(config | {"shards": SHARDS}))


def command(config: Path, targets: list[str]) -> list[str]:
    """Return the command that makes some files of a configuration through Slurm."""
    return [
        *(sys.executable, "-m", "snakemake", "--snakefile", str(REPOSITORY / "Snakefile")),
        *("--workflow-profile", str(REPOSITORY / "profiles" / "slurm")),
        *("--configfile", str(config), "--", *targets),
    ]


def print_jobs(parts: Mapping[str, int]) -> None:
    """Print the time of each job that Slurm remembers, and how many parts were submitted."""
    lines = subprocess.check_output(["scontrol", "--oneliner", "show", "jobs"], text=True)
    jobs = [dict(re.findall(r"(\w+)=(\S*)", line)) for line in lines.splitlines()]
    print("| group | parts in all | by Slurm's clock |\n|---|---:|---|")
    for job in jobs:
        own = [str(count) for group, count in parts.items() if group in job["Comment"]]
        print(f"| {job['Comment']} | {' '.join(own)} | {job['RunTime']} |")


if __name__ == "__main__":
    os.environ["OMP_NUM_THREADS"] = "1"
    main()
