"""Reading tables that people made: CSV of any common dialect, Excel, Parquet; all as text.

Everything is read as text, so that an id such as ``0001`` keeps its zeros, and turned into
numbers by :func:`to_numbers` where numbers are meant.
"""

from __future__ import annotations

import codecs
import csv
import difflib
import warnings
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from affectmix.errors import CorpusError, Problem

EXCEL: Final = (".xlsx", ".xlsm")
PARQUET: Final = (".parquet", ".pq")
ROW: Final = "row"  # column that says where a row stands in its file, for messages
_SEPARATORS: Final = ("\t", ";", "|", ",")  # in this order when equally good
_BOMS: Final = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def read_text_table(
    file: Path,
    columns: Mapping[str, str | None] | Sequence[str | None],
    *,
    corpus: str,
    sheet: str | int = 0,
) -> pd.DataFrame:
    """Read chosen columns of a table as text.

    Args:
        file: ``.parquet``, ``.xlsx``, or anything else as CSV, whose separator (comma,
            semicolon, tab, bar) and encoding (UTF-8, UTF-16 with a mark, Windows-1252) are found.
        columns: a mapping from our name to the name in the file's header, where the value
            None means "our own name, if the file has it"; or, for a file without header,
            a list of our names in the order of the file's columns, None for those to ignore.
        corpus: the corpus's name, for messages.
        sheet: name or number of an Excel sheet.

    Returns:
        The columns found, as text with None for empty cells, and ``row``: ``file:line``.

    Raises:
        CorpusError: the file is missing, unreadable, or lacks a column.
    """
    headed = isinstance(columns, Mapping)
    if not file.is_file():
        raise _fault(corpus, file, "missing", "no such file; put it there or correct its name")
    try:
        frame = _read_any(file, headed=headed, sheet=sheet)
    except (OSError, ValueError, csv.Error, pd.errors.ParserWarning, zipfile.BadZipFile) as error:
        raise _fault(
            corpus, file, "unreadable", f"{error}; save it as a UTF-8 CSV with one header line"
        ) from error
    line = np.arange(len(frame)) + (2 if headed else 1)
    chosen = (
        _pick_by_name(frame, columns, corpus, file)
        if isinstance(columns, Mapping)
        else _pick_by_place(frame, columns, corpus, file)
    )
    text = chosen.apply(lambda column: column.map(_as_text)).astype(object)
    text[ROW] = [f"{file.name}:{number}" for number in line]
    kept = text.drop(columns=ROW).notna().any(axis=1)
    return text[kept].reset_index(drop=True)


def to_numbers(values: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Turn text into floats; a decimal comma is understood.

    Returns:
        The numbers, NaN where empty or not a finite number, and a mask of cells that hold
        something that is not a finite number.
    """
    text = values.map(lambda v: v.replace(",", ".") if isinstance(v, str) else v)
    numbers = pd.to_numeric(text, errors="coerce").astype(float)
    numbers = numbers.where(np.isfinite(numbers))
    return numbers, values.notna() & numbers.isna()


def _read_any(file: Path, *, headed: bool, sheet: str | int) -> pd.DataFrame:
    suffix = file.suffix.lower()
    header = 0 if headed else None
    if suffix in PARQUET:
        return pd.read_parquet(file)
    if suffix in EXCEL:
        return pd.read_excel(file, sheet_name=sheet, header=header, dtype=object)
    encoding = _encoding(file)
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)  # rows longer than the header
        return pd.read_csv(
            file,
            sep=_separator(file, encoding),
            header=header,
            index_col=False,
            dtype=str,
            encoding=encoding,
            keep_default_na=False,
            skipinitialspace=True,
        )


def _encoding(file: Path) -> str:
    content = file.read_bytes()
    for mark, name in _BOMS.items():
        if content.startswith(mark):
            return name
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _separator(file: Path, encoding: str) -> str:
    """Return the separator that cuts the first lines into equally many, and most, fields."""
    best, best_score = ",", (0.0, 0)
    for separator in _SEPARATORS:
        with file.open(encoding=encoding, newline="") as stream:
            widths = [len(r) for r in islice(csv.reader(stream, delimiter=separator), 50) if r]
        if not widths:
            break
        width, count = Counter(widths).most_common(1)[0]
        score = (count / len(widths), width) if width > 1 and widths[0] > 1 else (0.0, 1)
        if score > best_score:
            best, best_score = separator, score
    return best


def _pick_by_name(
    frame: pd.DataFrame, columns: Mapping[str, str | None], corpus: str, file: Path
) -> pd.DataFrame:
    header = {str(name).strip(): name for name in frame.columns}
    picked, problems = {}, []
    for ours, theirs in columns.items():
        if theirs is None and ours in header:
            picked[ours] = frame[header[ours]]
        elif theirs is not None and theirs in header:
            picked[ours] = frame[header[theirs]]
        elif theirs is not None:
            near = difflib.get_close_matches(theirs, header, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            problems.append(
                Problem(
                    file.name, "missing_column", f"no column {theirs!r} in {list(header)}{hint}"
                )
            )
    if problems:
        raise CorpusError(corpus, problems)
    return pd.DataFrame(picked, index=frame.index)


def _pick_by_place(
    frame: pd.DataFrame, columns: Sequence[str | None], corpus: str, file: Path
) -> pd.DataFrame:
    if len(columns) > frame.shape[1]:
        raise _fault(
            corpus,
            file,
            "missing_column",
            f"the file has {frame.shape[1]} columns, {len(columns)} are named ({list(columns)}); "
            "name as many as there are, null for those to ignore",
        )
    return pd.DataFrame({ours: frame.iloc[:, i] for i, ours in enumerate(columns) if ours})


def _as_text(value: object) -> str | None:
    if isinstance(value, str):
        return value.strip() or None
    if value is None or (isinstance(value, float) and np.isnan(value)) or value is pd.NaT:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # Excel and Parquet keep the id 12 as 12.0
    return str(value).strip() or None


def _fault(corpus: str, file: Path, kind: str, message: str) -> CorpusError:
    return CorpusError(corpus, [Problem(str(file), kind, message)])
