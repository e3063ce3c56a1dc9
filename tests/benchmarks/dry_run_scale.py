"""How long `snakemake -n` takes for any number of clips, with nothing made and with all made.

The corpora are generated tables beside empty files, and so are the results of the project that is
made: Snakemake writes its records as if it had made them, and then has to find nothing to do. CPU
time counts: it is one process. Run by hand:

    python tests/benchmarks/dry_run_scale.py [--clips 100000] [--shards 2048]
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
import time
from pathlib import Path

from scaled_project import Spent, snakemake, spend, write_project

LIMIT_S = 60.0


def pretend_made(folder: Path) -> None:
    """Leave records of all jobs, and an empty file of one time for each of their outputs."""
    # As many at a time as there are: each time some are chosen, all that wait are looked through.
    spend(snakemake(folder, "--touch", "--cores", "10000"), folder)
    summary = spend(snakemake(folder, "--summary"), folder).out.splitlines()
    outputs = [folder / line.split("\t")[0] for line in summary if line.startswith("results/")]
    for output in outputs:
        is_folder = not output.suffix  # those of figures and of tables
        output.parent.mkdir(parents=True, exist_ok=True)
        output.mkdir(exist_ok=True) if is_folder else output.touch()
    now = time.time()
    for path in (folder / "results").rglob("*"):
        os.utime(path, (now, now))


def row(state: str, asked: argparse.Namespace, jobs: int, spent: Spent) -> str:
    """Return a line of the table."""
    return (
        f"| {asked.clips:,} | {asked.shards:,} | {state} | {jobs:,} | {spent.cpu_s:.0f} "
        f"| {spent.wall_s:.0f} | {spent.peak_mb:.0f} |"
    )


def main() -> int:
    """Print the table; return 1 where the dry run takes more than the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=100_000)
    parser.add_argument("--shards", type=int, default=2048, help="of each of the two corpora")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_project(folder, asked.clips, asked.shards)
        fresh = spend(snakemake(folder, "--dry-run"), folder)
        found = re.search(r"^total +(\d+)", fresh.out, re.M)
        assert found is not None, fresh.out[-2000:]
        print("| clips | shards each | made | jobs to run | CPU s | wall s | peak MiB |")
        print("|---|---|---|---|---|---|---|")
        print(row("nothing", asked, int(found[1]), fresh), flush=True)
        pretend_made(folder)
        done = spend(snakemake(folder, "--dry-run"), folder)
        assert "Nothing to be done" in done.out, done.out[-2000:]
        print(row("all", asked, 0, done))
    return int(max(fresh.cpu_s, done.cpu_s) > LIMIT_S)


if __name__ == "__main__":
    sys.exit(main())
