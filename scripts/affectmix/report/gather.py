"""Collects what a run left under results/ into the tables that the report shows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from affectmix.report.context import AuditSummary
from affectmix.tables import AUDIT_FINDINGS, AUDIT_SUMMARY, read_table

_SHOWN_FINDINGS = 200


def audit_summary(folder: str | Path, experiments: Sequence[str]) -> AuditSummary:
    """Return the audits of all experiments as one."""
    folder = Path(folder)
    summary = pd.concat(
        [read_table(folder / f"{name}.parquet", AUDIT_SUMMARY) for name in experiments]
    ).drop_duplicates(["cell", "view"], ignore_index=True)
    findings = pd.concat(
        [read_table(folder / f"{name}.findings.parquet", AUDIT_FINDINGS) for name in experiments]
    ).drop_duplicates(ignore_index=True)
    undeclared = findings[~findings["declared"].astype(bool)]
    return AuditSummary(
        leak_free=undeclared.empty,
        summary=summary,
        findings=undeclared if len(undeclared) else findings.head(_SHOWN_FINDINGS),
        declared=undeclared.empty and len(findings) > 0,
    )


def convergence(searches: Mapping[str, Iterable[str | Path]]) -> pd.DataFrame:
    """Return how many fits of each cell's searches did not converge.

    Args:
        searches: cell → its search files.

    Returns:
        One row per cell and rung: ``cell, rung, share, fits, unconverged``, counts summed
        over the evaluations.
    """
    rows = [
        {
            "cell": cell,
            "rung": rung["rung"],
            "share": rung["share"],
            "fits": rung["scored"],
            "unconverged": rung["unconverged"],
        }
        for cell, files in searches.items()
        for file in files
        for rung in json.loads(Path(file).read_text(encoding="utf-8"))["report"].get("rungs", [])
    ]
    if not rows:
        return pd.DataFrame(columns=["cell", "rung", "share", "fits", "unconverged"])
    frame = pd.DataFrame(rows).groupby(["cell", "rung", "share"], as_index=False)
    return frame[["fits", "unconverged"]].sum()


def feature_faults(files: Iterable[str | Path]) -> pd.DataFrame:
    """Return the NaN and infinite values of every feature table, the clips' rows only."""
    frames = []
    for file in map(Path, files):
        counts = pd.read_csv(file)
        chosen = counts[counts["by"] == "clip"].drop(columns="by")
        corpus = file.name.removesuffix(".nonfinite.csv")
        feature_set = file.parts[-3]
        frames.append(chosen.assign(corpus=corpus, feature_set=feature_set))
    columns = ["feature_set", "corpus", "name", "nan", "infinite", "of"]
    return pd.concat(frames, ignore_index=True)[columns] if frames else pd.DataFrame()


def corpora_table(corpora: Mapping[str, Mapping[str, pd.DataFrame]]) -> pd.DataFrame:
    """Return one row per corpus: clips, hours, groups, classes and the labels' spread.

    Args:
        corpora: corpus → its ``audio``, ``labels``, ``classes`` and ``groups`` tables.
    """
    rows: list[dict[str, Any]] = []
    for name, tables in corpora.items():
        labels = tables["labels"]
        rated = labels[labels["clip_id"].isin(tables["classes"]["clip_id"])]
        rows.append(
            {
                "corpus": name,
                "clips": len(tables["audio"]),
                "rated": len(rated),
                "hours": tables["audio"]["duration_s"].sum() / 3600,
                "groups": tables["groups"]["group"].nunique(),
                "classes": tables["classes"]["class"].nunique(),
                "valence mean": rated["valence"].mean(),
                "valence sd": rated["valence"].std(ddof=0),
                "arousal mean": rated["arousal"].mean(),
                "arousal sd": rated["arousal"].std(ddof=0),
            }
        )
    return pd.DataFrame(rows)
