"""Reading tables that people made: CSV of any common dialect, Excel, Parquet; all as text.

Everything is read as text, so that an id such as ``0001`` keeps its zeros, and turned into
numbers by :func:`to_numbers` where numbers are meant.
"""

from __future__ import annotations

import codecs
import csv
import difflib
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from affectmix.errors import CorpusError, Problem
from affectmix.files import is_file

EXCEL: Final = (".xlsx", ".xlsm")
PARQUET: Final = (".parquet", ".pq")
ROW: Final = "row"  # column that says where a row stands in its file, for messages
_SEPARATORS: Final = ("\t", ";", "|", ",")  # in this order when equally good
_BOMS: Final = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "utf-32",
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
        file: ``.parquet``, ``.xlsx``, or anything else as CSV, whose separator (comma, semicolon,
            tab, bar) and encoding (UTF-8, UTF-16 or UTF-32 with a mark, Windows-1252) are found.
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
    if not is_file(file):
        raise _fault(corpus, file, "missing", "no such file; put it there or correct its name")
    try:
        frame = _read_any(file, headed=headed, sheet=sheet)
    except Exception as error:  # of a damaged file, openpyxl and pyarrow raise anything
        message = (
            f"{str(error) or type(error).__name__}; save it as a UTF-8 CSV with one header line"
        )
        raise _fault(corpus, file, "unreadable", message) from error
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


def first_of_each(
    rows: pd.DataFrame, key: str, *, file: Path
) -> tuple[pd.DataFrame, list[Problem]]:
    """Return a table's first row of each id, without ``row``, and which others differ from it.

    Args:
        rows: as :func:`read_text_table` gives them.
        key: the column of ids.
        file: the table's, for messages.
    """
    told = rows.dropna(subset=[key]).drop(columns=ROW)
    first = told.drop_duplicates(key)
    others = told.drop_duplicates()
    differing = others[others.duplicated(key)]
    problems = [
        Problem(
            f"{place} ({name})",
            "duplicated",
            f"{file.name} has another row of {name!r} before, which says otherwise and counts; "
            "delete one of the two",
        )
        for place, name in zip(
            rows.loc[differing.index, ROW].astype(str), differing[key].astype(str), strict=True
        )
    ]
    return first, problems


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
    if suffix in PARQUET:
        return pd.read_parquet(file)
    if suffix in EXCEL:
        return _headed(pd.read_excel(file, sheet_name=sheet, header=None, dtype=object), headed)
    encoding = _encoding(file)
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)  # rows longer than the header
        frame = pd.read_csv(
            file,
            sep=_separator(file, encoding),
            header=None,
            index_col=False,
            dtype=str,
            encoding=encoding,
            keep_default_na=False,
            skipinitialspace=True,
        )
    return _headed(frame, headed)


def _headed(frame: pd.DataFrame, headed: bool) -> pd.DataFrame:
    """Return a table whose first row is its header, as written: pandas would rename repetitions."""
    if not headed:
        return frame
    if frame.empty:
        raise ValueError("holds no row")
    header = ["" if pd.isna(name) else str(name) for name in frame.iloc[0]]
    return frame.iloc[1:].reset_index(drop=True).set_axis(header, axis=1)


def _encoding(file: Path) -> str:
    content = file.read_bytes()
    for mark, name in _BOMS.items():
        if content.startswith(mark):
            return name
    if b"\0" in content:
        raise ValueError("holds zero bytes, as UTF-16 without a mark and damaged files do")
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
    header = [str(name).strip() for name in frame.columns]
    picked, problems = {}, []
    for ours, theirs in columns.items():
        name = ours if theirs is None else theirs
        if header.count(name) == 1:
            picked[ours] = frame.iloc[:, header.index(name)]
        elif name in header:
            message = f"column {name!r} stands {header.count(name)} times; leave one, or rename it"
            problems.append(Problem(file.name, "repeated_column", message))
        elif theirs is not None:
            near = difflib.get_close_matches(name, header, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            message = f"no column {name!r} in {header}{hint}"
            problems.append(Problem(file.name, "missing_column", message))
        else:  # no such column is needed; but one that is meant must not be passed over
            message = (
                f"column {{!r}} is not {name!r}, for which capitals count; rename it, or give its "
                f"name under 'columns'"
            )
            problems += [
                Problem(file.name, "missing_column", message.format(other))
                for other in header
                if other.casefold() == name.casefold()
            ]
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
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, float) and np.isnan(value):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # Excel and Parquet keep the id 12 as 12.0
    return str(value).strip() or None


def _fault(corpus: str, file: Path, kind: str, message: str) -> CorpusError:
    return CorpusError(corpus, [Problem(str(file), kind, message)])
