"""How long the jobs behind a report took, as far as their rules are timed."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from affectmix.progress import duration


def times_by_rule(folder: str | Path) -> dict[str, str]:
    """Return rule → what its timed jobs took together, the longest rule first.

    Args:
        folder: of Snakemake's benchmark files, ``{rule}/{job}.tsv`` or ``{rule}.tsv``. A job that
            was not run again has the file of the run that made its output, which may have
            been another machine's.

    Returns:
        Such as ``{"search_cell": "4 min, 3 min of CPU, 0.9 GB at most (6 jobs)"}``.
    """
    tables: dict[str, list[pd.DataFrame]] = {}
    for file in sorted(Path(folder).rglob("*.tsv")):
        rule = file.relative_to(folder).with_suffix("").parts[0]
        tables.setdefault(rule, []).append(pd.read_csv(file, sep="\t", na_values=["NA", "-"]))
    whole = {rule: pd.concat(parts, ignore_index=True) for rule, parts in tables.items()}
    longest = sorted(whole, key=lambda rule: (-whole[rule]["s"].sum(), rule))
    return {rule: _took(whole[rule]) for rule in longest}


def _took(jobs: pd.DataFrame) -> str:
    cpu, memory = jobs["cpu_time"].sum(min_count=1), jobs["max_rss"].max()
    parts = [duration(jobs["s"].sum())]
    if pd.notna(cpu):
        parts.append(f"{duration(cpu)} of CPU")
    if pd.notna(memory):
        parts.append(f"{memory / 1024:.1f} GB at most")
    return f"{', '.join(parts)} ({len(jobs)} {'job' if len(jobs) == 1 else 'jobs'})"
