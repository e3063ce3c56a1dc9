"""A corpus with a mutated label file, and how rows become one."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
from table_cases import Case, Row, as_frame, csv_text


@dataclass(frozen=True)
class Mutated:
    """A corpus with a mutated label file.

    Attributes:
        case: the place of the corpus in :data:`table_cases.CASES`.
        mutation: what was done.
        content: the file's bytes.
        touched: clips whose rows were touched: they may be left out, or have ``values``.
        values: (clip, target) → the only value on [-1, 1] that a touched cell may become.
        any_value: whether touched clips may have any value, as bytes without a checksum do.
        all_touched: whether no row is left that must be as it was.
        refuse: whether it has to be refused.
    """

    case: int
    mutation: str
    content: bytes
    touched: frozenset[str] = frozenset()
    values: Mapping[tuple[str, str], float] | None = None
    any_value: bool = False
    all_touched: bool = False
    refuse: bool = False


def content_of(case: Case, rows: tuple[Row, ...]) -> bytes:
    """Return rows as the case's kind of file."""
    buffer = io.BytesIO()
    if case.file.endswith(".parquet"):
        as_frame(case, rows).astype(str).to_parquet(buffer) if _mixed(case, rows) else as_frame(
            case, rows
        ).to_parquet(buffer)
    elif case.file.endswith(".xlsx"):
        with pd.ExcelWriter(buffer, engine="openpyxl") as book:
            sheet = "SoundsAll" if case.name == "iads_e" else "Sheet1"
            as_frame(case, rows).to_excel(book, sheet_name=sheet, index=False)
    else:
        return csv_text(rows).encode("utf-8")
    return buffer.getvalue()


def flat(case: Case, rows: tuple[Row, ...]) -> bytes:
    if not case.file.endswith(".xlsx"):
        return csv_text(rows).encode()
    buffer = io.BytesIO()
    with pd.ExcelWriter(buffer, engine="openpyxl") as book:
        sheet = "SoundsAll" if case.name == "iads_e" else "Sheet1"
        pd.DataFrame(rows).to_excel(book, sheet_name=sheet, index=False, header=False)
    return buffer.getvalue()


def _mixed(case: Case, rows: tuple[Row, ...]) -> bool:
    """Return whether a column of ratings has texts too, which Parquet cannot hold."""
    frame = as_frame(case, rows)
    return any(frame[column].map(type).nunique() > 1 for column in frame)
