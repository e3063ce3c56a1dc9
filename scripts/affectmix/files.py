"""Files that are either whole or not there: written under a temporary name, then renamed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path`` that takes its place when the block has ended.

    Folders are made where missing. A block that raises leaves ``path`` as it was.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def write_csv(frame: pd.DataFrame, path: str | Path) -> None:
    """Write ``frame`` as CSV, under a temporary name first."""
    write_text(frame.to_csv(index=False), path)


def write_json(data: Any, path: str | Path) -> None:
    """Write plain data as JSON, under a temporary name first."""
    write_text(json.dumps(data, indent=1, sort_keys=True) + "\n", path)


def write_text(text: str, path: str | Path) -> None:
    """Write ``text``, under a temporary name first."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def is_file(path: Path) -> bool:
    """Return whether ``path`` is a file; a name longer than any file's is none, and no error."""
    try:
        return path.is_file()
    except OSError:
        return False


def is_folder(path: Path) -> bool:
    """Return whether ``path`` is a folder; a name longer than any folder's is none."""
    try:
        return path.is_dir()
    except OSError:
        return False
