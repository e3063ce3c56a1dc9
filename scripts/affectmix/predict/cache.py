"""What models hear of audio, kept from one prediction to the next."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import numpy as np

from affectmix.errors import AffectMixError
from affectmix.files import replacing

LIMIT_BYTES: Final = 2 << 30
_BLOCK: Final = 1 << 20


def default_folder() -> Path:
    """Return ``affectmix`` in the user's cache folder, as the XDG base directories say."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".cache") / "affectmix"


def content_hash(path: str | Path) -> str:
    """Return the SHA-256 of a file's content, as hexadecimal digits."""
    digest = hashlib.sha256()
    with Path(path).open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


class FeatureCache:
    """Arrays in a folder, by what they hang on: the audio's content and how it is heard.

    A file's name or time plays no part. What is read was written whole, or is not there; a
    damaged file counts as not there. When a run has ended, the entries that were used
    least recently make room (:meth:`trim`).

    Args:
        folder: made where it is missing.
        limit_bytes: what :meth:`trim` leaves at most.
    """

    def __init__(self, folder: str | Path, *, limit_bytes: int = LIMIT_BYTES) -> None:
        self.folder = Path(folder).expanduser()
        self._limit = limit_bytes

    def prepare(self) -> None:
        """Make the folder.

        Raises:
            AffectMixError: it cannot be made or written to.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._unusable(error) from error
        if not os.access(self.folder, os.W_OK | os.X_OK):
            raise self._unusable("may not be written to")

    @staticmethod
    def key(content: str, **settings: Any) -> str:
        """Return the key of what is heard of a file.

        Args:
            content: the file's `content_hash`.
            settings: plain data: everything else that the arrays hang on.
        """
        text = json.dumps({"content": content, **settings}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def get(self, key: str) -> dict[str, np.ndarray] | None:
        """Return the arrays of a key, or None."""
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        file = self._file(key)
        try:
            arrays = load_file(file)
            os.utime(file)
        except (OSError, SafetensorError, ValueError):
            return None
        return arrays

    def put(self, key: str, arrays: Mapping[str, np.ndarray]) -> None:
        """Keep arrays under a key; a full disk costs the entry and nothing else."""
        from safetensors import SafetensorError
        from safetensors.numpy import save_file

        with suppress(OSError, SafetensorError), replacing(self._file(key)) as temporary:
            save_file({n: np.ascontiguousarray(a) for n, a in arrays.items()}, temporary)

    def trim(self) -> None:
        """Remove the entries that were used least recently, until the rest is small enough."""
        entries = []
        for file in self.folder.glob("*/*.safetensors"):
            try:
                status = file.stat()
            except OSError:  # another run has just removed it
                continue
            entries.append((status.st_mtime_ns, status.st_size, file))
        excess = sum(size for _, size, _ in entries) - self._limit
        for _, size, file in sorted(entries):
            if excess <= 0:
                break
            file.unlink(missing_ok=True)
            excess -= size

    def _file(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.safetensors"

    def _unusable(self, why: object) -> AffectMixError:
        return AffectMixError(
            f"{self.folder}: cannot keep features there ({why}); name another folder with "
            "--cache, or switch it off with --no-cache"
        )
