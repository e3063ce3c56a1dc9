"""What an experiment's cells of the learner ``segments`` tell the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from affectmix.schemas import EXCERPTS, SEGMENT_AGREEMENT, SEGMENT_COUNTS, SEGMENT_CURVES
from affectmix.tables import read_table

_SCHEMAS = {
    "counts": SEGMENT_COUNTS,
    "agreement": SEGMENT_AGREEMENT,
    "curves": SEGMENT_CURVES,
    "excerpts": EXCERPTS,
}


@dataclass(frozen=True)
class SegmentEvidence:
    """Tables of one experiment's segments.

    Attributes:
        learners: learner of kind ``segments`` → its settings.
        corpora: view → corpus of the paper (`published_segments.TITLES`), of views that are one.
        counts: ``schemas.SEGMENT_COUNTS``.
        agreement: ``schemas.SEGMENT_AGREEMENT``; empty where no sections are known.
        curves: ``schemas.SEGMENT_CURVES`` of the clips to be shown.
        excerpts: ``schemas.EXCERPTS`` of the same clips.
    """

    learners: Mapping[str, Mapping[str, Any]]
    corpora: Mapping[str, str]
    counts: pd.DataFrame
    agreement: pd.DataFrame
    curves: pd.DataFrame
    excerpts: pd.DataFrame


def segment_evidence(
    files: Mapping[str, str], settings: Mapping[str, Any]
) -> SegmentEvidence | None:
    """Return the evidence from ``segment_<kind>`` files; None where there are none.

    Args:
        files: the experiment's files by name.
        settings: ``learners`` and ``corpora`` of the report's settings.
    """
    if not all(f"segment_{kind}" in files for kind in _SCHEMAS):
        return None
    tables = {k: read_table(files[f"segment_{k}"], schema) for k, schema in _SCHEMAS.items()}
    return SegmentEvidence(settings["learners"], settings["corpora"], **tables)
