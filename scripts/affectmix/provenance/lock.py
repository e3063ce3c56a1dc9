"""Tells a stale Snakemake lock, left by a killed run, from one that a live run holds.

Snakemake's lock is a file, which a ``kill -9`` leaves behind. Ours is held by the
operating system, which lets go when the process ends in whatever way.
"""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import IO


class RunLock:
    """Holds the folder for as long as the process lives.

    Attributes:
        held: whether this process, and no other live one, holds the folder.
    """

    def __init__(self, folder: str | Path = ".") -> None:
        self._state = Path(folder) / ".snakemake"
        self._file: IO[str] | None = None
        self.held = False

    def acquire(self) -> bool:
        """Take the lock without waiting; where it was free, clear locks of killed runs."""
        self._state.mkdir(exist_ok=True)
        self._file = (self._state / "affectmix.lock").open("w", encoding="utf-8")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        self.held = True
        for stale in (self._state / "locks").glob("*.lock"):
            stale.unlink(missing_ok=True)
        return True
