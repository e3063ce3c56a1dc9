"""Files that are either whole or not there: written under a temporary name, then renamed."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from affectmix.errors import FileError

if TYPE_CHECKING:
    import pandas as pd

ANEW: Final = "Delete the file and run snakemake again: it will be made anew."
SEAL: Final = "affectmix_sha256"


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
    write_text(_as_text(data), path)


def write_sealed(data: dict[str, Any], path: str | Path) -> None:
    """Write plain data as JSON with a checksum, for :func:`read_sealed`."""
    plain = json.loads(_as_text(data))  # as it will be read: keys are text
    write_json({**plain, SEAL: _digest(plain)}, path)


def read_json(path: str | Path) -> Any:
    """Return what a JSON file of the results holds.

    Raises:
        FileError: it is missing or not readable as JSON.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise FileError(f"{path}: not readable as JSON ({error}). {ANEW}") from error


def read_sealed(path: str | Path) -> dict[str, Any]:
    """Return what :func:`write_sealed` wrote.

    Raises:
        FileError: it is missing, not readable as JSON, or altered.
    """
    data = read_json(path)
    found = data.pop(SEAL, None) if isinstance(data, dict) else None
    if found is None or found != _digest(data):
        raise FileError(f"{path}: was altered after it was written. {ANEW}")
    return dict(data)


def _digest(data: Any) -> str:
    return hashlib.sha256(_as_text(data).encode()).hexdigest()


def _as_text(data: Any) -> str:
    return json.dumps(data, indent=1, sort_keys=True) + "\n"


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
