"""How much of a run's time is spent outside the jobs of its rules.

The configuration is run afresh in a folder of its own, and Snakemake's records say when each job
began and ended. Outside of jobs are Snakemake's start, its planning and its end, and what it does
between jobs while a core has nothing to do although jobs are left.
Run by hand, on a machine that does nothing else:
python tests/benchmarks/run_overhead.py [--configfile config/config.yaml] [--cores 2]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
import psutil

REPOSITORY = Path(__file__).parents[2]
LIMIT = 0.05


def run(folder: Path, configfile: Path, cores: int) -> tuple[float, float, float]:
    """Run the workflow; return when it began and ended, and Snakemake's own seconds of CPU."""
    command = [
        *(sys.executable, "-m", "snakemake", "--snakefile", str(REPOSITORY / "Snakefile")),
        *("--directory", str(folder), "--configfile", str(configfile.resolve())),
        *("--cores", str(cores), "--quiet", "all"),
    ]
    began = time.time()
    with subprocess.Popen(
        command, cwd=REPOSITORY, env=os.environ | {"OMP_NUM_THREADS": "1"}
    ) as process:
        own = 0.0
        while process.poll() is None:
            try:
                times = psutil.Process(process.pid).cpu_times()
                own = max(own, times.user + times.system)
            except psutil.NoSuchProcess:
                break
            time.sleep(0.1)
    if process.returncode:
        raise SystemExit(f"the run failed with exit code {process.returncode}")
    return began, time.time(), own


def job_spans(folder: Path) -> list[tuple[float, float]]:
    """Return when each output was begun and ended, by Snakemake's records."""
    records = (f for f in (folder / ".snakemake" / "metadata").rglob("*") if f.is_file())
    read = (json.loads(file.read_text(encoding="utf-8")) for file in records)
    return sorted((record["starttime"], record["endtime"]) for record in read)


def job_seconds(folder: Path) -> list[float]:
    """Return how long each job ran, by its benchmark."""
    files = (folder / "results" / "benchmarks").rglob("*.tsv")
    return [float(pd.read_csv(file, sep="\t")["s"].iloc[-1]) for file in files]


def covered(spans: list[tuple[float, float]]) -> float:
    """Return for how many seconds at least one job ran."""
    total, reached = 0.0, 0.0
    for start, end in spans:
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total


def main() -> int:
    """Print the figures; return 1 where more than a twentieth of the time has no job."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = REPOSITORY / "config" / "config.yaml"
    parser.add_argument("--configfile", type=Path, default=default)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="new; kept, to be compared; else removed")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        began, ended, own = run(folder, arguments.configfile, arguments.cores)
        spans, jobs = job_spans(folder), job_seconds(folder)
    wall = ended - began
    without = 1 - covered(spans) / wall
    idle = 1 - sum(jobs) / (wall * arguments.cores)
    print(f"jobs {len(jobs)}  wall {wall:.1f} s  cores {arguments.cores}")
    print(f"time without a job {without:.1%} (limit {LIMIT:.0%}), {without * wall:.1f} s")
    print(f"core-time outside jobs {idle:.1%}, Snakemake's own CPU {own:.1f} s")
    return int(without > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
