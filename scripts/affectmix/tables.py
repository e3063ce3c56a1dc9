"""Parquet tables with a declared schema, checked when written and when read.

Files are written under a temporary name and renamed, so that a killed job never
leaves half a table; the same rows always give the same bytes of content, because
rows are sorted by the schema's key.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from affectmix.errors import TableError


@dataclass(frozen=True)
class Column:
    """One declared column: its Arrow type, whether nulls are allowed, and its range."""

    type: pa.DataType
    nullable: bool = False
    low: float | None = None
    high: float | None = None
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Schema:
    """A table's declared columns and the key by which its rows are unique and sorted.

    Attributes:
        name: what the table is called in messages.
        columns: declared columns, in order.
        key: columns that identify a row; empty when rows may repeat.
        extra: type of any further columns (features: float32), or None when none may exist.
    """

    name: str
    columns: Mapping[str, Column]
    key: tuple[str, ...]
    extra: pa.DataType | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)

    def arrow(self, extra_names: list[str]) -> pa.Schema:
        """Return the Arrow schema, with ``extra_names`` after the declared columns."""
        fields = [pa.field(n, c.type, nullable=c.nullable) for n, c in self.columns.items()]
        fields += [pa.field(n, self.extra, nullable=True) for n in extra_names]
        return pa.schema(fields, metadata={"affectmix_table": self.name, **self.metadata})


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
TRAIN_ROWS = Schema(
    "train rows",
    {
        "corpus": Column(pa.string()),
        "clip_id": Column(pa.string()),
        "copies": Column(pa.int32(), low=1),
    },
    key=("corpus", "clip_id"),
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
        "metric": Column(pa.string(), allowed=("rmse", "r2", "pearson", "mae", "ccc")),
        "repeat": Column(pa.int32(), nullable=True, low=0),
        "fold": Column(pa.int32(), nullable=True, low=0),
        "value": Column(pa.float64(), nullable=True),
        "ci95_low": Column(pa.float64(), nullable=True),
        "ci95_high": Column(pa.float64(), nullable=True),
    },
    key=(),
)

_SHARE = Column(pa.float64(), low=0.0, high=1.0)
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


def write_table(frame: pd.DataFrame, path: str | Path, schema: Schema) -> None:
    """Check ``frame`` against ``schema``, sort it by its key and write it as Parquet.

    Raises:
        TableError: a column is missing, unknown, out of range, null where it may not
            be, or a key occurs twice.
    """
    table = to_arrow(frame, schema, where=str(path))
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    pq.write_table(table, temporary, compression="zstd")
    temporary.replace(target)


def write_csv(frame: pd.DataFrame, path: str | Path) -> None:
    """Write ``frame`` as CSV, under a temporary name first."""
    write_text(frame.to_csv(index=False), path)


def write_json(data: Any, path: str | Path) -> None:
    """Write plain data as JSON, under a temporary name first."""
    write_text(json.dumps(data, indent=1, sort_keys=True) + "\n", path)


def write_text(text: str, path: str | Path) -> None:
    """Write ``text``, under a temporary name first."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(target)


def read_table(path: str | Path, schema: Schema, columns: list[str] | None = None) -> pd.DataFrame:
    """Read a Parquet table and check it against ``schema``.

    With ``columns``, only these are read, and only they are checked.
    """
    try:
        table = pq.read_table(path, columns=columns)
    except (OSError, pa.ArrowInvalid) as error:
        raise TableError(
            f"{path}: not a readable {schema.name} table ({error}). "
            "Delete the file and run snakemake again: it will be made anew."
        ) from error
    frame = table.to_pandas()
    if columns is None:
        check_table(frame, schema, where=str(path))
    return frame


def to_arrow(frame: pd.DataFrame, schema: Schema, where: str) -> pa.Table:
    """Return ``frame`` as a checked Arrow table in the schema's column and row order."""
    check_table(frame, schema, where=where)
    extra = [name for name in frame.columns if name not in schema.columns]
    ordered = frame[[*schema.columns, *extra]]
    if schema.key:
        ordered = ordered.sort_values(list(schema.key), kind="stable")
    return pa.Table.from_pandas(ordered, schema=schema.arrow(extra), preserve_index=False)


def check_table(frame: pd.DataFrame, schema: Schema, where: str) -> None:
    """Raise TableError with every way in which ``frame`` breaks ``schema``."""
    faults = [f"column {n!r} is missing" for n in schema.columns if n not in frame.columns]
    extra = [n for n in frame.columns if n not in schema.columns]
    if extra and schema.extra is None:
        faults.append(f"unknown columns {extra}; allowed are {list(schema.columns)}")
    for name, column in schema.columns.items():
        if name in frame.columns:
            faults += _column_faults(frame[name], name, column)
    if not faults and schema.key:
        repeated = frame.duplicated(list(schema.key))
        if repeated.any():
            first = frame.loc[repeated, list(schema.key)].iloc[0].to_dict()
            faults.append(f"{int(repeated.sum())} rows repeat the key {first}")
    if faults:
        raise TableError(f"{where}: not a valid {schema.name} table: " + "; ".join(faults))


def _column_faults(values: pd.Series, name: str, column: Column) -> list[str]:
    faults = []
    present = values.dropna()
    if not column.nullable and len(present) < len(values):
        faults.append(f"column {name!r} has {len(values) - len(present)} nulls")
    if pa.types.is_string(column.type):
        wrong = [v for v in present.unique() if not isinstance(v, str)]
        if wrong:
            faults.append(f"column {name!r} has {wrong[0]!r}, which is not text")
        strange = sorted(set(present.unique()) - set(column.allowed)) if column.allowed else []
        if strange and not wrong:
            faults.append(f"column {name!r} has {strange[0]!r}; allowed are {column.allowed}")
        return faults
    numbers = pd.to_numeric(present, errors="coerce").to_numpy(dtype=float)
    if np.isnan(numbers).any():
        return [*faults, f"column {name!r} has values that are not numbers"]
    for bound, bad in (
        ("least", numbers < (column.low if column.low is not None else -np.inf)),
        ("most", numbers > (column.high if column.high is not None else np.inf)),
    ):
        if bad.any():
            limit = column.low if bound == "least" else column.high
            faults.append(f"column {name!r} has {numbers[bad][0]:g}; {bound} allowed is {limit:g}")
    return faults
