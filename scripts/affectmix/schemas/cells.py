"""Tables of splits, and of what one evaluation of a cell takes and leaves."""

from __future__ import annotations

import pyarrow as pa

from affectmix.schemas.columns import CELL_FIELDS, affect_column
from affectmix.tables import Column, Schema

CLASSES = Schema(
    "classes",
    {"clip_id": Column(pa.string()), "class": Column(pa.int32(), low=0)},
    key=("clip_id",),
)
SPLITS = Schema(
    "splits",
    {
        "clip_id": Column(pa.string()),
        "repeat": Column(pa.int32(), low=0),
        "fold": Column(pa.int32(), low=0),
        "class": Column(pa.int32(), low=0),
        "priority": Column(pa.float64(), low=0.0, high=1.0),
    },
    key=("repeat", "clip_id"),
)
CELL_PREDICTIONS = Schema(
    "cell predictions",
    {
        "corpus": Column(pa.string()),
        "view": Column(pa.string()),
        "clip_id": Column(pa.string()),
        "target": Column(pa.string()),
        "y_true": affect_column(),
        "y_pred": Column(pa.float64()),
        "in_train": Column(pa.int32(), low=0),
    },
    key=("view", "corpus", "clip_id", "target"),
)
SEGMENTS = Schema(
    "segments",
    {
        "corpus": Column(pa.string()),
        "clip_id": Column(pa.string()),
        "role": Column(pa.string(), allowed=("train", "test")),
        "start_s": Column(pa.float64(), low=0.0),
        # That the clip's label holds for it, as training took it last; null for tested clips.
        "clean_probability": Column(pa.float64(), nullable=True, low=0.0, high=1.0),
    },
    key=("role", "corpus", "clip_id", "start_s"),
    extra=pa.float32(),  # p_<target>, probabilities, or y_<target>, predicted values
)
AGAIN = Schema(
    "evaluations made again",
    {
        **{name: column for name, column in CELL_FIELDS.items() if name != "experiment"},
        "repeat": Column(pa.int32(), low=0),
        "fold": Column(pa.int32(), low=0),
        "device": Column(pa.string(), allowed=("cpu", "cuda")),
        "view": Column(pa.string()),
        "target": Column(pa.string()),
        "rows": Column(pa.int64(), low=1),
        "apart": Column(pa.int64(), low=0),  # rows whose two predictions are not the same
        "largest": Column(pa.float64(), low=0.0),  # difference of two predictions of one row
        "rmse": Column(pa.float64(), low=0.0),
        "rmse_again": Column(pa.float64(), low=0.0),
    },
    key=("cell", "view", "target"),
)
TRAIN_ROWS = Schema(
    "train rows",
    {
        "corpus": Column(pa.string()),
        "clip_id": Column(pa.string()),
        "copies": Column(pa.int32(), low=1),
    },
    key=("corpus", "clip_id"),
)
AUTOML_ROWS = Schema(
    "AutoML rows",
    {
        "corpus": Column(pa.string()),
        "clip_id": Column(pa.string()),
        "valence": affect_column(nullable=True),
        "arousal": affect_column(nullable=True),
    },
    key=("corpus", "clip_id"),
    extra=pa.float32(),
)
AUTOML_FOLDS = Schema(
    "AutoML folds",
    {
        "phase": Column(pa.string(), allowed=("search", "refit")),
        "fold": Column(pa.int32(), low=0),
        "role": Column(pa.string(), allowed=("train", "test")),
        "corpus": Column(pa.string()),
        "clip_id": Column(pa.string()),
        "copies": Column(pa.int32(), low=1),
    },
    key=("phase", "fold", "role", "corpus", "clip_id"),
)
AUTOML_PREDICTIONS = Schema(
    "AutoML predictions",
    {
        "corpus": Column(pa.string()),
        "clip_id": Column(pa.string()),
        "fold": Column(pa.int32(), low=0),
        "y_pred": Column(pa.float64()),
    },
    key=("fold", "corpus", "clip_id"),
    foreign=True,
)
