"""Predictions as a table to read, as CSV or as JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from affectmix.predict.files import FileFault, printable

Row = Mapping[str, Any]


class Format(StrEnum):
    """How predictions are written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def write(
    form: Format, rows: Sequence[Row], faults: Sequence[FileFault], about: Mapping[str, Any]
) -> str:
    """Return predictions as text, with a line feed at its end.

    Args:
        form: how.
        rows: all with the same keys.
        faults: files of which nothing is predicted; JSON lists them.
        about: what JSON says of the model and the windows.
    """
    if form is Format.CSV:
        return _csv(rows)
    if form is Format.JSON:
        failed = [{"file": printable(f.path), "kind": f.kind, "message": f.message} for f in faults]
        return json.dumps({**about, "predictions": rows, "failed": failed}, indent=1) + "\n"
    return _table(rows)


def _csv(rows: Sequence[Row]) -> str:
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({k: _number(v, 6) for k, v in row.items()} for row in rows)
    return text.getvalue()


def _table(rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    curve = any(row["start_s"] for row in rows)
    shown = [_to_read(row, curve=curve) for row in rows]
    head = list(shown[0])
    cells = [head, *([line[name] for name in head] for line in shown)]
    widths = [max(len(line[place]) for line in cells) for place in range(len(head))]
    lines = (
        "  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)) for line in cells
    )
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _to_read(row: Row, *, curve: bool) -> dict[str, str]:
    """Return a row as a reader wants it: intervals in one column, and no empty ones."""
    shown: dict[str, str] = {}
    for name, value in row.items():
        if name.endswith("_high") or name == "domain_distance":
            continue
        if name.endswith("_low"):
            high = row[f"{name.removesuffix('_low')}_high"]
            shown[f"{name.removesuffix('_low')} interval"] = f"{value:+.2f} to {high:+.2f}"
        elif name == "clipped":
            if value:
                shown["quadrant"] += f" ({value} held at ±1)"
        elif name == "start_s" and not curve:
            continue
        elif name in ("start_s", "end_s"):
            shown[name.removesuffix("_s") if curve else "length"] = f"{value:.1f} s"
        elif "_by_" in name:
            shown[name.replace("_by_", " by ")] = f"{value:+.2f}"
        elif name.startswith("p_"):
            shown[name.replace("p_", "p ")] = f"{value:.2f}"
        elif isinstance(value, float):
            shown[name] = f"{value:+.2f}"
        else:
            shown[name] = "–" if value is None else str(value)
    return shown


def _number(value: Any, digits: int) -> Any:
    return f"{value:.{digits}g}" if isinstance(value, float) else value
