"""The declared schema of every table of the public contract."""

from __future__ import annotations

from affectmix.schemas.cells import (
    AGAIN,
    AUTOML_FOLDS,
    AUTOML_PREDICTIONS,
    AUTOML_ROWS,
    CELL_PREDICTIONS,
    CLASSES,
    SEGMENTS,
    SPLITS,
    TRAIN_ROWS,
)
from affectmix.schemas.columns import QUADRANTS
from affectmix.schemas.corpora import (
    AUDIO,
    FEATURES,
    GROUPS,
    LABELS,
    LEFT_OUT,
    RATINGS,
    SECTIONS,
    SEPARATION,
    STEM_FILES,
)
from affectmix.schemas.experiments import (
    AUDIT_FINDINGS,
    AUDIT_SUMMARY,
    COVERAGE,
    GENERAL_MEASURES,
    METRICS,
    ORACLE,
    PREDICTIONS,
    STEM_CONTRIBUTIONS,
    USERS,
)
from affectmix.schemas.pages import EXCERPTS, SEGMENT_AGREEMENT, SEGMENT_COUNTS, SEGMENT_CURVES

__all__ = [
    "AGAIN",
    "AUDIO",
    "AUDIT_FINDINGS",
    "AUDIT_SUMMARY",
    "AUTOML_FOLDS",
    "AUTOML_PREDICTIONS",
    "AUTOML_ROWS",
    "CELL_PREDICTIONS",
    "CLASSES",
    "COVERAGE",
    "EXCERPTS",
    "FEATURES",
    "GENERAL_MEASURES",
    "GROUPS",
    "LABELS",
    "LEFT_OUT",
    "METRICS",
    "ORACLE",
    "PREDICTIONS",
    "QUADRANTS",
    "RATINGS",
    "SECTIONS",
    "SEGMENTS",
    "SEGMENT_AGREEMENT",
    "SEGMENT_COUNTS",
    "SEGMENT_CURVES",
    "SEPARATION",
    "SPLITS",
    "STEM_CONTRIBUTIONS",
    "STEM_FILES",
    "TRAIN_ROWS",
    "USERS",
]
