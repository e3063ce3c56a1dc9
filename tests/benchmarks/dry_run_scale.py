"""How long `snakemake -n` takes for any number of clips, with nothing made and with all made.

The corpora are generated tables beside empty files. For the second dry run every output is an
empty file, and Snakemake records the jobs as done (`--touch`). CPU time counts: it is one process.
Run by hand: python tests/benchmarks/dry_run_scale.py [--clips 100000] [--shards 2048] [--made]
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from pathlib import Path

from scaled_project import Spent, snakemake, spend, write_project

LIMIT_S = 60.0
# Snakemake waits a tenth of a second per touched job; nothing here hangs on that.
TOUCH = (
    "import sys; from snakemake.executors.touch import Executor; Executor.SLEEPING_TIME = 0\n"
    "from snakemake.cli import main; main(sys.argv[1:])"
)


def make_all(folder: Path, planned: str) -> None:
    """Write every output of a dry run's jobs as an empty file, and record the jobs as done."""
    for line in re.findall(r"^    output: (.*)$", planned, re.M):
        for name in line.split(", "):
            file = folder / name
            if "." in file.name:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.touch()
            else:
                file.mkdir(parents=True, exist_ok=True)
    command = snakemake(folder, "--touch", "--forceall", "--quiet", "all")
    spend([sys.executable, "-c", TOUCH, *command[3:]], folder)


def row(what: str, clips: int, shards: int, jobs: int, spent: Spent) -> str:
    """Return a row of the table."""
    return (
        f"| {clips:,} | {shards:,} | {jobs:,} | {what} | {spent.cpu_s:.0f} | {spent.wall_s:.0f} "
        f"| {spent.peak_mb:.0f} |"
    )


def main() -> int:
    """Print the table; return 1 where a dry run takes more than the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=100_000)
    parser.add_argument("--shards", type=int, default=2048, help="of each of the two corpora")
    parser.add_argument("--made", action="store_true", help="also with everything made")
    asked = parser.parse_args()
    print("| clips | shards each | jobs | state | CPU s | wall s | peak MiB |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_project(folder, asked.clips, asked.shards)
        first = spend(snakemake(folder, "--dry-run"), folder)
        found = re.search(r"^total +(\d+)", first.out, re.M)
        assert found is not None, first.out[-2000:]
        spent, jobs = [first], int(found[1])
        print(row("nothing made", asked.clips, asked.shards, jobs, first), flush=True)
        if asked.made:
            make_all(folder, first.out)
            again = spend(snakemake(folder, "--dry-run"), folder)
            assert "Nothing to be done" in again.out, again.out[-2000:]
            spent.append(again)
            print(row("all made", asked.clips, asked.shards, jobs, again))
    return int(max(one.cpu_s for one in spent) > LIMIT_S)


if __name__ == "__main__":
    sys.exit(main())
