"""What each rule's jobs took, from the benchmarks of finished runs, as a Markdown table.

The figures of docs/operations.md, from which profiles/slurm asks. Run by hand:
python tests/benchmarks/rule_resources.py FOLDER... (folders that hold results/)
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

PER_CLIP = (
    "synthesize_demo",
    "scan_audio",
    "extract_opensmile",
    "extract_logmel",
    "separate_stems",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+", help="folders that hold results/")
    jobs = pd.concat([read_jobs(folder) for folder in parser.parse_args().folders])
    print(markdown(summarise(jobs)))


def read_jobs(folder: Path) -> pd.DataFrame:
    """Return one row per job: ``rule``, ``max_rss`` (MB), ``cpu_s`` and, of shards, ``clips``."""
    root = folder / "results" / "benchmarks"
    clips = clips_per_shard(folder)
    rows = []
    for file in sorted(root.rglob("*.tsv")):
        rule = file.relative_to(root).parts[0].removesuffix(".tsv")
        table = pd.read_csv(file, sep="\t", na_values=["NA", "-"])
        seconds = table["cpu_time"].fillna(0.0).iloc[0]
        each = clips if rule in PER_CLIP else float("nan")
        rows.append((rule, table["max_rss"].iloc[0], seconds, each))
    if not rows:
        raise SystemExit(f"{root}: no benchmarks; run the workflow there first")
    return pd.DataFrame(rows, columns=["rule", "max_rss", "cpu_s", "clips"])


def clips_per_shard(folder: Path) -> float:
    """Return how many clips a shard has on average."""
    files = list(folder.glob("results/corpora/*/scan/*.parquet"))
    rows = [pq.read_metadata(file).num_rows for file in files]
    return sum(rows) / len(rows) if rows else float("nan")


def summarise(jobs: pd.DataFrame) -> pd.DataFrame:
    """Return, by rule, the number of jobs, the largest memory, and CPU seconds."""
    grouped = jobs.groupby("rule", sort=True)
    table = grouped.agg(
        jobs=("rule", "size"),
        max_rss=("max_rss", "max"),
        median_s=("cpu_s", "median"),
        max_s=("cpu_s", "max"),
    )
    table["per_clip_s"] = grouped["cpu_s"].sum() / grouped["clips"].sum(min_count=1)
    return table


def markdown(table: pd.DataFrame) -> str:
    lines = [
        "| rule | jobs | memory, MB | CPU, s: median | largest | per clip |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for rule, row in table.iterrows():
        per_clip = "" if pd.isna(row["per_clip_s"]) else f"{row['per_clip_s']:.2f}"
        cells = [f"{row['jobs']:.0f}", f"{row['max_rss']:.0f}"]
        cells += [f"{row['median_s']:.1f}", f"{row['max_s']:.1f}", per_clip]
        lines.append(f"| `{rule}` | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
