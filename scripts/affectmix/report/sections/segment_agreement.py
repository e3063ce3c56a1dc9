"""Are noisy segments told from clean ones? Only the demo's sections have values of their own."""

from __future__ import annotations

import numpy as np
import pandas as pd

from affectmix.evaluation.segment_agreement import mean_agreement
from affectmix.report.blocks import Block, Section, Table, TableFile, Text
from affectmix.report.evidence import Evidence
from affectmix.report.tables import number

_REACHED = 0.8
_TEXT = (
    "Each training segment inherits its clip's label, and the learner says how probable it is that "
    "this label holds. What the demo's segments sound like is known, so that this can be checked: "
    "AUC is the chance that of two segments of which one agrees with its clip's label and one "
    "does not, the former is taken to be the cleaner one. .5 is a guess, 1 is perfect."
)
_NOTE = (
    "By the mean over all partitions; AUC's mean over folds, lowest and highest. "
    "‘Disagreeing’ is the share of training segments whose own class is not their clip's. Many of "
    "them lie close to the border between classes, where no ear could tell; so do clips. ‘Own "
    "class right’ is the share of tested segments whose own class is the more probable one."
)


def segment_agreement_section(evidence: Evidence) -> Section | None:
    """Return the AUC by learner; None where no segment's own class is known."""
    if evidence.segments is None:
        return None
    rows = evidence.segments.agreement
    rows = rows[rows["segments"] > 0]  # others are of corpora whose sections nobody knows
    if rows.empty:
        return None
    table = _by_cell(rows)
    told = table["auc"].dropna()
    reached = int((told >= _REACHED).sum())
    verdict = f"AUC is at least {number(_REACHED)} in {reached} of {len(told)} cells."
    if told.empty:
        verdict = "No cell tells segments apart."
    bounds = [
        f"{number(auc)} ({number(low)} to {number(high)})" if folds else ""
        for auc, low, high, folds in table[["auc", "low", "high", "folds"]].itertuples(index=False)
    ]
    shown = pd.DataFrame(
        {
            "learner": table["learner"],
            "task": table["task"],
            "segments": table["segments"],
            "disagreeing": [f"{share:.0%}" for share in table["disagreeing"]],
            "AUC": bounds,
            "own class right": table["own_accuracy"],
        }
    )
    blocks: list[Block] = [Text(_TEXT), Text(verdict), Table(shown), Text(_NOTE, "note")]
    title = "Are noisy segments told from clean ones?"
    files = {"segment_agreement": TableFile(rows, notes=[_NOTE])}
    return Section("segment-agreement", title, blocks, files)


def _by_cell(rows: pd.DataFrame) -> pd.DataFrame:
    found = []
    for (cell, learner, task), own in rows.groupby(["cell", "learner", "task"], sort=False):
        auc = mean_agreement(own)
        share = float(np.average(own["disagreeing"], weights=own["segments"]))
        named = {"cell": cell, "learner": learner, "task": task, "segments": own["segments"].sum()}
        right = float(own["own_accuracy"].mean())
        found.append(
            {**named, "disagreeing": share, "own_accuracy": right, "auc": auc["mean"], **auc}
        )
    return pd.DataFrame(found)
