"""Parquet files in which a single altered bit is noticed, whole or not there.

Every page has a checksum, which is checked when it is read; the names, types, metadata and the
number of rows, which no page holds, have one of their own. Both cost too little to be measured.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from affectmix.errors import TableError
from affectmix.files import ANEW, replacing
from affectmix.machine_faults import lacks_memory

_DIGEST: Final = b"affectmix_schema"


def write_parquet(table: pa.Table, path: str | Path, *, dictionaries: Sequence[str]) -> None:
    """Write a table under a temporary name first.

    Args:
        table: with its metadata.
        path: where to; folders are made where missing.
        dictionaries: columns that are stored as places in a list of their values.
    """
    metadata = {**(table.schema.metadata or {}), _DIGEST: _digest(table.schema, len(table))}
    with replacing(path) as temporary:
        pq.write_table(
            table.replace_schema_metadata(metadata),
            temporary,
            compression="zstd",
            use_dictionary=list(dictionaries),
            write_page_checksum=True,
        )


def read_parquet(
    path: str | Path, *, what: str, columns: Sequence[str] | None = None, foreign: bool = False
) -> pa.Table:
    """Return a table, or some of its columns.

    Args:
        path: the file.
        what: what the file is called in messages.
        columns: those that are read; None for all.
        foreign: whether another program wrote it, so that it has no checksum of its own.

    Raises:
        TableError: the file is missing, not readable as Parquet, or altered.
    """
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            table = file.read(columns=None if columns is None else list(columns))
            if not foreign:  # two copies of the names and metadata are in the file
                _check(file.schema_arrow, len(table))
                _check(table.schema if columns is None else file.schema_arrow, len(table))
    except _UNREADABLE as error:
        raise unreadable(path, what, error) from error
    return table


def read_metadata(path: str | Path, *, what: str) -> dict[bytes, bytes]:
    """Return the metadata of a table's schema, without its rows.

    Raises:
        TableError: as :func:`read_parquet`.
    """
    try:
        with pq.ParquetFile(path) as file:
            schema = file.schema_arrow
            _check(schema, file.metadata.num_rows)
    except _UNREADABLE as error:
        raise unreadable(path, what, error) from error
    return dict(schema.metadata or {})


def unreadable(path: str | Path, what: str, error: object) -> TableError:
    """Return the error that says that a file is no readable table, and what to do.

    Altered bytes can ask for any amount of memory, so that both may be true where it ran out.
    """
    short = "If memory ran out, run fewer jobs at once (--cores 1). If not: "
    fix = f"{short if lacks_memory(error) else ''}{ANEW}"
    return TableError(f"{path}: not a readable {what} ({_first_line(error)}). {fix}")


# Whatever Arrow makes of bytes that are not Parquet: sizes beyond memory, text that is no text.
_UNREADABLE: Final = (
    OSError,
    pa.ArrowException,
    ValueError,
    KeyError,
    OverflowError,
    MemoryError,
)


def _check(schema: pa.Schema, rows: int) -> None:
    found = (schema.metadata or {}).get(_DIGEST)
    if found != _digest(schema, rows):
        raise ValueError("its columns, rows or metadata were altered after it was written")


def _digest(schema: pa.Schema, rows: int) -> bytes:
    """Return hexadecimal digits for a schema's names, types and metadata, and how many rows."""
    metadata = {k: v for k, v in (schema.metadata or {}).items() if k != _DIGEST}
    fields = [(field.name, field.type.id) for field in schema]  # Parquet renames what lists hold
    return (
        hashlib.sha256(repr((fields, sorted(metadata.items()), rows)).encode()).hexdigest().encode()
    )


def _first_line(error: object) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
