"""Label files made wrong: strange cells, rows and columns twice, gone or elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from hypothesis import strategies as st
from table_cases import CASES, Case, csv_text
from table_dialects import (
    binary_damaged,
    bytes_damaged,
    cut,
    dialect,
    encoding,
    other_content,
)
from table_files import Mutated, content_of, flat

CELLS = (
    *("", " ", "0", "1", "9", "10", "-1", "-0", "1e0", "1e400", "1e-400", "nan", "NaN", "inf"),
    *("0,5", "2,5", "1.234,5", "1,234.5", "1 5", "5 ", " 5", "+5", "5.", ".5", "5%", "=1+4"),
    *("#N/A", "N/A", "NULL", "None", "TRUE", "true", "0x5", "1_0", "−5", "½", "５", "٣", "5;5"),
    *(
        "05.03.2024",
        "2024-03-05",
        "3-May",
        "5.0000000000000001",
        '"5"',
        "'5",
        "a\nb",
        "x" * 100_000,
    ),
    *("../../etc/passwd", "/etc/passwd", "C:\\a.wav", "a\0b", "C03.wav", "c03.wav", "c03", "Q3"),
    *(
        "q1",
        "Q5",
        "é",
        "e\u0301",
        "\u202ec03",
        "\ud7ff",
        "-",
        ".",
        "..",
        "~",
        "*",
        "a/b/../c03.wav",
    ),
)
_OF_SEVERAL_ROWS = ("emotify", "table of raters")  # a clip's labels are of all its rows
_PLAIN = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")


@st.composite
def spoilt_tables(draw: st.DrawFn) -> Mutated:
    """Draw a corpus with a label file that something was done to."""
    rng = draw(st.randoms(use_true_random=True))  # hypothesis itself prefers what is small
    place = rng.randrange(len(CASES))
    case = CASES[place]
    text = not case.file.endswith((".xlsx", ".parquet"))
    ways = [*_ROWS, *(_TEXTS if text else _BINARY)]
    way = rng.choice(ways)
    return way(place, case, rng)


def cell(place: int, case: Case, rng: Random) -> Mutated:
    """Write something else in one cell."""
    first = int(case.headed)
    line = rng.randrange(first, len(case.rows))
    row = list(case.rows[line])
    column = rng.randrange(len(row))
    if case.numbers and rng.random() < 0.7:
        column = rng.choice(list(case.numbers))
    new = rng.choice([c for c in CELLS if _writable(case, c)])
    before = case.clip_of(case.rows[line])
    row[column] = new
    rows = (*case.rows[:line], tuple(row), *case.rows[line + 1 :])
    values = _value_of(case, before, column, new)
    touched = frozenset({before, case.clip_of(tuple(row)), new})
    return Mutated(
        place,
        "cell",
        content_of(case, rows),
        touched,
        values,
        any_value=case.name in _OF_SEVERAL_ROWS,
        all_touched=case.ids < 0,
    )


def _writable(case: Case, text: str) -> bool:
    if case.file.endswith(".xlsx"):
        return len(text) < 30_000 and "\0" not in text and not text.startswith("=")
    return True


def _value_of(case: Case, clip: str, column: int, text: str) -> dict[tuple[str, str], float]:
    """Return what a cell of ratings may become, where it holds a number at all."""
    if column not in case.numbers or not _PLAIN.fullmatch(text.strip()):
        return {}
    target, low, high = case.numbers[column]
    number = float(text.strip().replace(",", "."))
    return {(clip, target): (number - (low + high) / 2) / ((high - low) / 2)}


def row_twice(place: int, case: Case, rng: Random) -> Mutated:
    """Have a row twice, the second time with another rating."""
    line = rng.randrange(int(case.headed), len(case.rows))
    again = list(case.rows[line])
    if case.numbers:
        again[rng.choice(list(case.numbers))] = "3" if case.name[:5] != "pmemo" else "0.5"
    at = rng.randrange(line, len(case.rows)) + 1
    rows = (*case.rows[:at], tuple(again), *case.rows[at:])
    clip = case.clip_of(case.rows[line])
    return Mutated(
        place,
        "row twice",
        content_of(case, rows),
        frozenset({clip}),
        any_value=case.name in _OF_SEVERAL_ROWS,
        all_touched=case.ids < 0,
        refuse=bool(case.numbers),
    )


def row_gone(place: int, case: Case, rng: Random) -> Mutated:
    """Take a row out."""
    line = rng.randrange(int(case.headed), len(case.rows))
    rows = case.rows[:line] + case.rows[line + 1 :]
    clip = case.clip_of(case.rows[line])
    return Mutated(
        place,
        "row gone",
        content_of(case, rows),
        frozenset({clip}),
        any_value=case.name in _OF_SEVERAL_ROWS,
        all_touched=case.ids < 0,
    )


def rows_shuffled(place: int, case: Case, rng: Random) -> Mutated:
    """Put the rows in another order."""
    first = int(case.headed)
    rows = list(case.rows[first:])
    rng.shuffle(rows)
    return Mutated(place, "rows shuffled", content_of(case, (*case.rows[:first], *rows)))


def columns_shuffled(place: int, case: Case, rng: Random) -> Mutated:
    """Put the columns in another order, or add some of no concern."""
    if not case.headed:
        return rows_shuffled(place, case, rng)
    order = list(range(len(case.rows[0])))
    rng.shuffle(order)
    rows = tuple(tuple(row[i] for i in order) for row in case.rows)
    if rng.random() < 0.5:
        rows = tuple((*row, "notes" if i == 0 else "x, y") for i, row in enumerate(rows))
    moved = Case(**{**vars(case), "numbers": {order.index(k): v for k, v in case.numbers.items()}})
    return Mutated(place, "columns shuffled", content_of(moved, rows))


def column_twice(place: int, case: Case, rng: Random) -> Mutated:
    """Have a column of ratings twice, with other ratings in the second."""
    if not case.headed or not case.numbers or case.file.endswith(".parquet"):
        return columns_shuffled(place, case, rng)
    column = rng.choice(list(case.numbers))
    rows = tuple((*row, row[column] if i == 0 else "1") for i, row in enumerate(case.rows))
    return Mutated(place, "column twice", flat(case, rows), refuse=True)


def header_changed(place: int, case: Case, rng: Random) -> Mutated:
    """Spell a column otherwise, or leave the header out."""
    if not case.headed:
        return row_gone(place, case, rng)
    header = list(case.rows[0])
    column = rng.randrange(len(header))
    how = rng.choice(("upper", "spaces", "other", "none"))
    if how == "none":
        return Mutated(place, "header gone", flat(case, case.rows[1:]), all_touched=True)
    change = {"upper": str.upper, "spaces": lambda t: f"  {t} ", "other": lambda t: f"{t}x"}
    header[column] = change[how](header[column])
    content = flat(case, (tuple(header), *case.rows[1:]))
    optional = {"source", "category", "artist"}
    lost = case.rows[0][column] in optional and how != "spaces"
    return Mutated(place, f"header {how}", content, all_touched=lost, any_value=lost)


def row_width(place: int, case: Case, rng: Random) -> Mutated:
    """Have a row of fewer cells, or of more."""
    line = rng.randrange(int(case.headed), len(case.rows))
    row = case.rows[line]
    other = row[: rng.randrange(len(row))] if rng.random() < 0.5 else (*row, "1", "2")
    rows = (*case.rows[:line], other, *case.rows[line + 1 :])
    touched = frozenset({case.clip_of(row)})
    return Mutated(
        place,
        "row width",
        csv_text(rows).encode(),
        touched,
        any_value=case.name in _OF_SEVERAL_ROWS,
        all_touched=case.ids < 0,
    )


Way = Callable[[int, Case, Random], Mutated]
_ROWS: tuple[Way, ...] = (
    cell,
    cell,
    cell,
    cell,
    row_twice,
    row_gone,
    rows_shuffled,
    columns_shuffled,
)
_ROWS = (*_ROWS, column_twice, header_changed, other_content)
_TEXTS: tuple[Way, ...] = (row_width, dialect, dialect, encoding, bytes_damaged, cut)
_BINARY: tuple[Way, ...] = (binary_damaged, binary_damaged)
