"""Tables that the report alone reads: what can be heard, and what is said of segments."""

from __future__ import annotations

import pyarrow as pa

from affectmix.tables import Column, Schema

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
