"""Does the same come out again? Folds that were evaluated twice, with the same seed."""

from __future__ import annotations

import pandas as pd

from affectmix.evaluation.mixture_shares import describe
from affectmix.report.blocks import Block, Section, Table, TableFile, Text
from affectmix.report.evidence import Evidence
from affectmix.report.labels import with_series

_NOTE = (
    "One fold of a cell is evaluated twice with the same seed: what was chosen, trained and "
    "predicted. On a CPU both must be the same to the last bit. On a GPU sums are taken in no "
    "fixed order, and what differs shows how far a reported number can be told from another."
)
_DEVICES = {"cpu": "CPU", "cuda": "GPU"}


def again_section(evidence: Evidence) -> Section | None:
    """Return how far apart two evaluations of a fold are; None where none was made twice."""
    if evidence.again is None:
        return None
    rows = with_series(evidence.again)
    apart = rows.loc[rows["apart"] > 0]
    of = f"{rows['cell'].nunique()} cell{'s' if rows['cell'].nunique() > 1 else ''}"
    if apart.empty:
        told = f"Evaluated twice, a fold of {of} came out the same to the last bit."
    else:
        moved = (apart["rmse"] - apart["rmse_again"]).abs().max()
        told = (
            f"Evaluated twice, a fold of {apart['cell'].nunique()} of {of} did not come out the "
            f"same: predictions are up to {apart['largest'].max():.2g} apart, and RMSE by "
            f"{moved:.2g}."
        )
    blocks: list[Block] = [Text(told, "headline"), Table(_shown(rows)), Text(_NOTE, "note")]
    files = {"again": TableFile(evidence.again, notes=[_NOTE])}
    return Section("again", "Does the same come out again?", blocks, files)


def _shown(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "learner": rows["series"],
            "on": rows["device"].map(_DEVICES),
            "trained on": [describe(mixture) for mixture in rows["mixture"]],
            "tested on": rows["view"],
            "target": rows["target"],
            "predictions that differ": [f"{r.apart} of {r.rows}" for r in rows.itertuples()],
            "by, at most": [f"{largest:.2g}" for largest in rows["largest"]],
            "RMSE": rows["rmse"],
            "RMSE again": rows["rmse_again"],
        }
    )
