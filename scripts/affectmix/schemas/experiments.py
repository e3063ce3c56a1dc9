"""Tables of an experiment: predictions of its cells, and what is measured on them."""

from __future__ import annotations

import pyarrow as pa

from affectmix.schemas.cells import CELL_PREDICTIONS
from affectmix.schemas.columns import CELL_FIELDS, SHARE, SHARE_OR_NONE
from affectmix.tables import Column, Schema

PREDICTIONS = Schema(
    "predictions",
    {
        **CELL_FIELDS,
        "repeat": Column(pa.int32(), low=0),
        "fold": Column(pa.int32(), low=0),
        **CELL_PREDICTIONS.columns,
    },
    key=("cell", "repeat", "fold", "view", "corpus", "clip_id", "target"),
)
METRICS = Schema(
    "metrics",
    {
        **CELL_FIELDS,
        "view": Column(pa.string()),
        "target": Column(pa.string()),
        "metric": Column(
            pa.string(),
            allowed=("rmse", "r2", "pearson", "mae", "ccc", "accuracy", "f1", "log_loss"),
        ),
        "repeat": Column(pa.int32(), nullable=True, low=0),
        "fold": Column(pa.int32(), nullable=True, low=0),
        "value": Column(pa.float64(), nullable=True),
        "ci95_low": Column(pa.float64(), nullable=True),
        "ci95_high": Column(pa.float64(), nullable=True),
    },
    key=(),
)
USERS = Schema(
    "users",
    {
        **CELL_FIELDS,
        "repeat": Column(pa.int32(), nullable=True, low=0),  # null: over all listeners
        "fold": Column(pa.int32(), nullable=True, low=0),
        "listener": Column(pa.string(), nullable=True),
        "kind": Column(
            pa.string(), nullable=True, allowed=("shift", "rotation", "weighting", "rater")
        ),
        "method": Column(pa.string()),  # general and upper_bound stand beside the methods
        "chooser": Column(pa.string(), allowed=("none", "random", "suggested", "picked")),
        "songs": Column(pa.int32(), low=0),  # tuned on
        # other: never to be asked about; all: these, and those to ask about; general: the
        # others, with the corpus' labels in place of the listener's
        "song_set": Column(pa.string(), allowed=("tuned", "other", "all", "general")),
        "clips": Column(pa.int32(), low=1),  # measured on
        "target": Column(pa.string(), allowed=("valence", "arousal", "both", "quadrant")),
        "metric": Column(
            pa.string(),
            allowed=("rmse", "r2", "accuracy", "difference_error", "log_loss", "ece"),
        ),
        "value": Column(pa.float64(), nullable=True),
    },
    key=(
        *("cell", "kind", "listener", "repeat", "fold"),
        *("method", "chooser", "songs", "song_set", "target", "metric"),
    ),
)
COVERAGE = Schema(
    "coverage",
    {
        **CELL_FIELDS,
        "target": Column(pa.string()),
        "view": Column(pa.string()),
        "trained_on": Column(pa.bool_()),
        "nominal": Column(pa.float64(), low=0.0, high=1.0),
        "clips": Column(pa.int64(), low=1),
        "coverage": Column(pa.float64(), low=0.0, high=1.0),
        "low": Column(pa.float64(), low=0.0, high=1.0),
        "high": Column(pa.float64(), low=0.0, high=1.0),
        "half_width": Column(pa.float64(), nullable=True, low=0.0),  # null: the whole scale
    },
    key=("experiment", "cell", "target", "view"),
)
STEM_CONTRIBUTIONS = Schema(
    "stem contributions",
    {
        **{name: column for name, column in CELL_FIELDS.items() if name != "cell"},
        "repeat": Column(pa.int32(), low=0),
        "fold": Column(pa.int32(), low=0),
        "view": Column(pa.string()),
        "corpus": Column(pa.string()),
        "clip_id": Column(pa.string()),
        "target": Column(pa.string()),
        "stem": Column(pa.string()),
        "contribution": Column(pa.float64()),
    },
    key=(
        *("learner", "features", "mixture", "scheme", "protocol", "arithmetic", "control"),
        *("repeat", "fold", "view", "corpus", "clip_id", "target", "stem"),
    ),
)
GENERAL_MEASURES = Schema(
    "general measures",
    {
        "cell": Column(pa.string()),
        "learner": Column(pa.string()),
        "mixture": Column(pa.string()),
        "scheme": Column(pa.string()),
        "control": Column(pa.string()),
        "task": Column(pa.string()),
        "backbone": Column(pa.string()),
        "weights": Column(pa.string(), allowed=("random", "imagenet", "file")),
        "training": Column(pa.string(), allowed=("finetune", "frozen")),
        "repeat": Column(pa.int32(), low=0),
        "fold": Column(pa.int32(), low=0),
        "stage": Column(pa.string(), allowed=("frames", "windows", "clips")),
        "n": Column(pa.int64(), low=0),
        "accuracy": SHARE_OR_NONE,
        "f1": SHARE_OR_NONE,
        "confusion": Column(pa.string()),  # JSON: rows are the true classes
    },
    key=("cell", "repeat", "fold", "stage"),
)
AUDIT_FINDINGS = Schema(
    "audit findings",
    {
        "cell": Column(pa.string()),
        "repeat": Column(pa.int32(), low=0),
        "fold": Column(pa.int32(), low=0),
        "check": Column(pa.string()),
        "corpus": Column(pa.string()),
        "clip_id": Column(pa.string()),
        "detail": Column(pa.string()),
        "declared": Column(pa.bool_()),
    },
    key=(),
)
AUDIT_SUMMARY = Schema(
    "audit summary",
    {
        "cell": Column(pa.string()),
        "arithmetic": Column(pa.string()),
        "view": Column(pa.string()),
        "test_rows": Column(pa.int64(), low=0),
        "in_train": SHARE,
        "group_in_train": SHARE,
        "foreign": SHARE,
        "expected_in_train": SHARE,
        "expected_foreign": SHARE,
        "findings": Column(pa.int64(), low=0),
    },
    key=("cell", "view"),
)
ORACLE = Schema(
    "oracle",
    {
        "corpus": Column(pa.string()),
        "target": Column(pa.string()),
        "quantity": Column(pa.string(), allowed=("r2", "gain")),
        "train": Column(pa.string()),
        "own_share": SHARE,
        "other_share": Column(pa.float64(), low=0.0),
        "mean": Column(pa.float64()),
        "low": Column(pa.float64()),
        "high": Column(pa.float64()),
    },
    key=("corpus", "target", "quantity", "train"),
)
