"""Tells a stale Snakemake lock, left by a killed run, from one that a live run holds.

Snakemake's lock is a file, which a ``kill -9`` leaves behind. Ours is held by the
operating system, which lets go when the process ends in whatever way.
"""

from __future__ import annotations

import fcntl
import threading
from pathlib import Path
from typing import IO


class RunLock:
    """Holds the folder for as long as the process lives.

    Args:
        folder: Snakemake's working directory.
    """

    def __init__(self, folder: str | Path = ".") -> None:
        self._state = Path(folder) / ".snakemake"
        self._file: IO[str] | None = None

    def acquire(self) -> bool:
        """Take the lock; where no live process has it, clear the locks of killed runs.

        Where a live one has it, this process takes it as soon as that one ends, and clears
        nothing: a dry run that was in the way must not leave a real run without its lock.

        Returns:
            Whether the lock was free.
        """
        self._state.mkdir(exist_ok=True)
        self._file = (self._state / "affectmix.lock").open("w", encoding="utf-8")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            threading.Thread(target=self._wait, daemon=True).start()
            return False
        for stale in (self._state / "locks").glob("*.lock"):
            stale.unlink(missing_ok=True)
        return True

    def close(self) -> None:
        """Let go of the lock, as the end of the process does."""
        if self._file is not None:
            self._file.close()

    def _wait(self) -> None:
        assert self._file is not None
        fcntl.flock(self._file, fcntl.LOCK_EX)
