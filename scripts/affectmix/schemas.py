"""The declared schema of every table of the public contract."""

from __future__ import annotations

import pyarrow as pa

from affectmix.tables import Column, Schema


def _affect_column(*, nullable: bool = False) -> Column:
    """Return a column of valence or arousal, in [-1, 1]."""
    return Column(pa.float64(), nullable=nullable, low=-1.0, high=1.0)


QUADRANTS = ("Q1", "Q2", "Q3", "Q4")  # V+A+, V-A+, V-A-, V+A-, as Russell and 4Q number them

AUDIO = Schema(
    "audio",
    {
        "clip_id": Column(pa.string()),
        "path": Column(pa.string()),
        "sha256": Column(pa.string()),
        "duration_s": Column(pa.float64(), low=0.0),
        "sample_rate": Column(pa.int32(), low=1),
        "channels": Column(pa.int32(), low=1),
    },
    key=("clip_id",),
)
LEFT_OUT = Schema(
    "left out",
    {
        "path": Column(pa.string()),
        "kind": Column(pa.string()),
        "message": Column(pa.string()),
    },
    key=("path", "kind"),
)
LABELS = Schema(
    "labels",
    {
        "clip_id": Column(pa.string()),
        "valence": _affect_column(nullable=True),
        "arousal": _affect_column(nullable=True),
        "valence_sd": Column(pa.float64(), nullable=True, low=0.0),
        "arousal_sd": Column(pa.float64(), nullable=True, low=0.0),
        "quadrant": Column(pa.string(), nullable=True, allowed=QUADRANTS),
        "category": Column(pa.string(), nullable=True),
        "source": Column(pa.string(), nullable=True),
    },
    key=("clip_id",),
)
RATINGS = Schema(
    "ratings",
    {
        "clip_id": Column(pa.string()),
        "rater": Column(pa.string()),
        "valence": _affect_column(nullable=True),
        "arousal": _affect_column(nullable=True),
    },
    key=("clip_id", "rater"),
    extra=pa.float64(),
)
GROUPS = Schema(
    "groups",
    {
        "corpus": Column(pa.string()),
        "clip_id": Column(pa.string()),
        "group": Column(pa.string()),
    },
    key=("corpus", "clip_id"),
)
FEATURES = Schema(
    "features", {"clip_id": Column(pa.string())}, key=("clip_id",), extra=pa.float32()
)
STEM_FILES = Schema(
    "stem files",
    {
        "clip_id": Column(pa.string()),
        "status": Column(pa.string()),  # ok, or why the clip has no stems
        "message": Column(pa.string(), nullable=True),
        "sample_rate": Column(pa.int32(), nullable=True, low=1),
        "channels": Column(pa.int32(), nullable=True, low=1, high=2),
        "duration_s": Column(pa.float64(), nullable=True, low=0.0),
        "moved": Column(pa.int64(), nullable=True, low=0),  # samples held at full scale
        "device": Column(pa.string(), nullable=True),
        "segment_s": Column(pa.float64(), nullable=True, low=0.0),
    },
    key=("clip_id",),
)
SEPARATION = Schema(
    "separation",
    {
        "clip_id": Column(pa.string()),
        "stem": Column(pa.string(), allowed=("vocals", "drums", "bass", "other")),
        "sdr": Column(pa.float64(), nullable=True),
        "si_sdr": Column(pa.float64(), nullable=True),
        "mix_sdr": Column(pa.float64(), nullable=True),  # of the mix itself as the estimate
        "mix_si_sdr": Column(pa.float64(), nullable=True),
    },
    key=("clip_id", "stem"),
)
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
        "y_true": _affect_column(),
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
        "valence": _affect_column(nullable=True),
        "arousal": _affect_column(nullable=True),
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
)
_CELL_FIELDS = {
    "experiment": Column(pa.string()),
    "cell": Column(pa.string()),
    "learner": Column(pa.string()),
    "features": Column(pa.string()),
    "mixture": Column(pa.string()),
    "scheme": Column(pa.string()),
    "protocol": Column(pa.string()),
    "arithmetic": Column(pa.string()),
    "control": Column(pa.string()),
}
PREDICTIONS = Schema(
    "predictions",
    {
        **_CELL_FIELDS,
        "repeat": Column(pa.int32(), low=0),
        "fold": Column(pa.int32(), low=0),
        **CELL_PREDICTIONS.columns,
    },
    key=("cell", "repeat", "fold", "view", "corpus", "clip_id", "target"),
)
METRICS = Schema(
    "metrics",
    {
        **_CELL_FIELDS,
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
        **_CELL_FIELDS,
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
        **_CELL_FIELDS,
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
        **{name: column for name, column in _CELL_FIELDS.items() if name != "cell"},
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

EXCERPTS = Schema(
    "excerpts",
    {
        "corpus": Column(pa.string()),
        "clip_id": Column(pa.string()),
        "stem": Column(pa.string(), allowed=("mix", "vocals", "drums", "bass", "other")),
        "start_s": Column(pa.float64(), low=0.0),
        "duration_s": Column(pa.float64(), low=0.0),
        "audio": Column(pa.string()),  # a data URI
    },
    key=("corpus", "clip_id", "stem"),
)

_SHARE = Column(pa.float64(), low=0.0, high=1.0)
_SHARE_OR_NONE = Column(pa.float64(), nullable=True, low=0.0, high=1.0)
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
        "accuracy": _SHARE_OR_NONE,
        "f1": _SHARE_OR_NONE,
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
        "in_train": _SHARE,
        "group_in_train": _SHARE,
        "foreign": _SHARE,
        "expected_in_train": _SHARE,
        "expected_foreign": _SHARE,
        "findings": Column(pa.int64(), low=0),
    },
    key=("cell", "view"),
)

SECTIONS = Schema(
    "sections",
    {
        "clip_id": Column(pa.string()),
        "start_s": Column(pa.float64(), low=0.0),
        "end_s": Column(pa.float64(), low=0.0),
        "valence": Column(pa.float64()),  # what can be heard: a formula, which may pass 1
        "arousal": Column(pa.float64()),
    },
    key=("clip_id", "start_s"),
)

SEGMENT_COUNTS = Schema(
    "segment counts",
    {
        "learner": Column(pa.string()),
        "corpus": Column(pa.string()),
        "segment_s": Column(pa.float64(), low=0.0),
        "songs": Column(pa.int64(), low=0),
        "segments": Column(pa.int64(), low=0),
    },
    key=("learner", "corpus", "segment_s"),
)
SEGMENT_AGREEMENT = Schema(
    "segment agreement",
    {
        "cell": Column(pa.string()),
        "learner": Column(pa.string()),
        "task": Column(pa.string()),
        "repeat": Column(pa.int32(), low=0),
        "fold": Column(pa.int32(), low=0),
        "segment_s": Column(pa.float64(), low=0.0),
        "segments": Column(pa.int64(), low=0),
        "disagreeing": Column(pa.float64(), nullable=True, low=0.0, high=1.0),
        "auc": Column(pa.float64(), nullable=True, low=0.0, high=1.0),
        "own_accuracy": Column(pa.float64(), nullable=True, low=0.0, high=1.0),  # of tested ones
    },
    key=("cell", "repeat", "fold"),
)
SEGMENT_CURVES = Schema(
    "segment curves",
    {
        "cell": Column(pa.string()),
        "corpus": Column(pa.string()),
        "clip_id": Column(pa.string()),
        "true_class": Column(pa.string()),
        "start_s": Column(pa.float64(), low=0.0),
        "segment_s": Column(pa.float64(), low=0.0),
        "class": Column(pa.string()),
        "p": Column(pa.float64(), low=0.0, high=1.0),
        "own_class": Column(pa.string(), nullable=True),  # the segment's, where it is known
    },
    key=("cell", "corpus", "clip_id", "start_s", "class"),
)

ORACLE = Schema(
    "oracle",
    {
        "corpus": Column(pa.string()),
        "target": Column(pa.string()),
        "quantity": Column(pa.string(), allowed=("r2", "gain")),
        "train": Column(pa.string()),
        "own_share": _SHARE,
        "other_share": Column(pa.float64(), low=0.0),
        "mean": Column(pa.float64()),
        "low": Column(pa.float64()),
        "high": Column(pa.float64()),
    },
    key=("corpus", "target", "quantity", "train"),
)
