"""Tables of a corpus: its clips, ratings, groups, features and stems."""

from __future__ import annotations

import pyarrow as pa

from affectmix.schemas.columns import QUADRANTS, affect_column
from affectmix.tables import Column, Schema

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
        "valence": affect_column(nullable=True),
        "arousal": affect_column(nullable=True),
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
        "valence": affect_column(nullable=True),
        "arousal": affect_column(nullable=True),
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
