"""Parquet tables with a declared schema, checked when written and when read.

Files are written under a temporary name and renamed, so that a killed job never
leaves half a table; the same rows always give the same bytes of content, because
rows are sorted by the schema's key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from affectmix.errors import TableError
from affectmix.parquet import read_parquet, write_parquet


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
        foreign: whether another program writes it, as AutoML tools do in their environments.
    """

    name: str
    columns: Mapping[str, Column]
    key: tuple[str, ...]
    extra: pa.DataType | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    foreign: bool = False

    def arrow(self, extra_names: list[str]) -> pa.Schema:
        """Return the Arrow schema, with ``extra_names`` after the declared columns."""
        fields = [pa.field(n, c.type, nullable=c.nullable) for n, c in self.columns.items()]
        fields += [pa.field(n, self.extra, nullable=True) for n in extra_names]
        return pa.schema(fields, metadata={"affectmix_table": self.name, **self.metadata})


def write_table(frame: pd.DataFrame, path: str | Path, schema: Schema) -> None:
    """Check ``frame`` against ``schema``, sort it by its key and write it as Parquet.

    Raises:
        TableError: a column is missing, unknown, out of range, null where it may not
            be, or a key occurs twice.
    """
    table = to_arrow(frame, schema, where=str(path))
    # A dictionary helps repeated text; of real numbers it makes larger files, slowly.
    texts = [field.name for field in table.schema if pa.types.is_string(field.type)]
    write_parquet(table, path, dictionaries=texts)


def read_table(path: str | Path, schema: Schema) -> pd.DataFrame:
    """Read a Parquet table and check it against ``schema``.

    Raises:
        TableError: the file cannot be read, was altered, or breaks the schema.
    """
    what = f"{schema.name} table"
    frame = read_parquet(path, what=what, foreign=schema.foreign).to_pandas()
    check_table(frame, schema, where=str(path))
    return frame


def to_arrow(frame: pd.DataFrame, schema: Schema, where: str) -> pa.Table:
    """Return ``frame`` as a checked Arrow table in the schema's column and row order."""
    check_table(frame, schema, where=where)
    extra = [name for name in frame.columns if name not in schema.columns]
    ordered = frame[[*schema.columns, *extra]]
    if schema.key:
        ordered = ordered.sort_values(list(schema.key), kind="stable")
    try:
        return pa.Table.from_pandas(ordered, schema=schema.arrow(extra), preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise TableError(f"{where}: not a valid {schema.name} table: {error}") from error


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
