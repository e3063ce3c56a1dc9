"""Label files as other programs write them, and files that were damaged."""

from __future__ import annotations

import re
from random import Random

from table_cases import Case, csv_text
from table_files import Mutated, content_of


def dialect(place: int, case: Case, rng: Random) -> Mutated:
    """Write the file as other programs do: separator, ends of lines, quotes, empty lines."""
    separator = rng.choice((";", "\t", "|", ","))
    end = rng.choice(("\r\n", "\n", "\r", "\n\n", " \n"))
    rows = case.rows
    if separator != "," and rng.random() < 0.5:
        rows = tuple(
            tuple(c.replace(".", ",") if i in case.numbers else c for i, c in enumerate(row))
            for row in rows
        )
    text = csv_text(rows, separator, end)
    if rng.random() < 0.3:
        text = re.sub(
            rf"[^{re.escape(separator)}\r\n]+", r'"\g<0>"', csv_text(rows, separator, "\n")
        )
    return Mutated(place, "dialect", text.encode())


def encoding(place: int, case: Case, rng: Random) -> Mutated:
    """Write the file in another encoding."""
    names = (
        "utf-8-sig",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "utf-32",
        "latin-1",
        "cp1252",
        "cp037",
    )
    name = rng.choice(names)
    return Mutated(place, "encoding", csv_text(case.rows).encode(name))


def bytes_damaged(place: int, case: Case, rng: Random) -> Mutated:
    """Overwrite, flip or insert one to four bytes."""
    content = bytearray(csv_text(case.rows).encode())
    for _ in range(rng.choice((1, 1, 2, 4))):
        at = rng.randrange(len(content))
        how = rng.choice(("flip", "nul", "quote", "insert", "newline"))
        if how == "flip":
            content[at] ^= 1 << rng.randrange(8)
        elif how == "insert":
            content[at:at] = bytes([rng.randrange(256)])
        else:
            content[at] = {"nul": 0, "quote": 34, "newline": 10}[how]
    return Mutated(place, "bytes damaged", bytes(content), all_touched=True, any_value=True)


def cut(place: int, case: Case, rng: Random) -> Mutated:
    """Cut the file anywhere: the rows before the last one have to be as they were."""
    content = csv_text(case.rows).encode()
    at = rng.randrange(len(content))
    whole = content[:at].count(b"\n")
    touched = frozenset(case.clip_of(row) for row in case.rows[whole:])
    return Mutated(place, "cut", content[:at], touched, any_value=True, all_touched=case.ids < 0)


def binary_damaged(place: int, case: Case, rng: Random) -> Mutated:
    """Flip bits of a workbook or Parquet file, or cut it."""
    content = bytearray(content_of(case, case.rows))
    if rng.random() < 0.3:
        del content[rng.randrange(len(content)) :]
    else:
        for _ in range(rng.choice((1, 4, 64))):
            content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    checked = case.file.endswith(".xlsx")  # zip has checksums; Parquet's are optional
    return Mutated(
        place, "bytes damaged", bytes(content), all_touched=not checked, any_value=not checked
    )


def other_content(place: int, case: Case, rng: Random) -> Mutated:
    """Have a file of another kind under the name."""
    kinds = (b"", b"\0" * 100, b"PK\x03\x04" + bytes(60), b"PAR1" + bytes(40) + b"PAR1", b"<html>")
    content = rng.choice((*kinds, rng.randbytes(500), csv_text(case.rows).encode()))
    return Mutated(place, "other content", content, all_touched=True, any_value=True)
