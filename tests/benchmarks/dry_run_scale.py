"""How long `snakemake -n` takes for any number of clips, with nothing made.

The corpora are generated tables beside empty files. CPU time counts: it is one process. Run by
hand: python tests/benchmarks/dry_run_scale.py [--clips 100000] [--shards 2048]
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from pathlib import Path

from scaled_project import snakemake, spend, write_project

LIMIT_S = 60.0


def main() -> int:
    """Print the table; return 1 where the dry run takes more than the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=100_000)
    parser.add_argument("--shards", type=int, default=2048, help="of each of the two corpora")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_project(folder, asked.clips, asked.shards)
        spent = spend(snakemake(folder, "--dry-run"), folder)
    found = re.search(r"^total +(\d+)", spent.out, re.M)
    assert found is not None, spent.out[-2000:]
    print("| clips | shards each | jobs | CPU s | wall s | peak MiB |")
    print("|---|---|---|---|---|---|")
    print(
        f"| {asked.clips:,} | {asked.shards:,} | {int(found[1]):,} | {spent.cpu_s:.0f} "
        f"| {spent.wall_s:.0f} | {spent.peak_mb:.0f} |"
    )
    return int(spent.cpu_s > LIMIT_S)


if __name__ == "__main__":
    sys.exit(main())
