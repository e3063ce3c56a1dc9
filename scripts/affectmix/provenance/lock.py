"""Tells a stale Snakemake lock, left by a killed run, from one that a live run holds.

Snakemake's lock is a file, which a ``kill -9`` leaves behind, and which two runs that start in
the same instant both believe to have. Ours is held by the operating system, which lets go when
the process ends in whatever way.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from typing import IO, Final

from affectmix.errors import AffectMixError, MachineError
from affectmix.machine_faults import explain

_RUNNING: Final = "runs"
_PATIENCE_S: Final = 60.0  # for what only looks, such as --summary; a run is not waited for


class RunLock:
    """Holds the folder for as long as the process lives.

    Args:
        folder: Snakemake's working directory.
    """

    def __init__(self, folder: str | Path = ".") -> None:
        self._state = Path(folder) / ".snakemake"
        self._file: IO[str] | None = None
        self._held = False

    def acquire(self) -> bool:
        """Take the lock; where no live process has it, clear the locks of killed runs.

        Returns:
            Whether the lock was free. Where it was not, nothing is cleared.

        Raises:
            MachineError: the folder cannot be written to.
        """
        try:
            self._state.mkdir(exist_ok=True)
            self._file = (self._state / "affectmix.lock").open("a+", encoding="utf-8")
        except OSError as error:
            raise MachineError(explain(error, self._state) or str(error)) from error
        if self._try():
            for stale in (self._state / "locks").glob("*.lock"):
                stale.unlink(missing_ok=True)
        return self._held

    def claim(self) -> None:
        """Say that this process is about to run jobs, or refuse to.

        Raises:
            AffectMixError: another one runs jobs in this folder.
        """
        end = time.monotonic() + _PATIENCE_S
        while not self._held and not self._try():
            if _RUNNING in self._holder() or time.monotonic() > end:
                raise AffectMixError(self.refusal())
            time.sleep(0.1)
        self._write(f"{os.getpid()} {_RUNNING}")

    def refusal(self) -> str:
        """Return who holds the folder, and what to do about it."""
        process = self._holder().partition(" ")[0]
        return (
            f"{self._state.resolve().parent}: process {process or 'unknown'} is at work in this "
            "folder, and two runs would write the same files. Wait until it has ended, or end it "
            f"with: kill {process}. Leave --unlock alone: a lock that no process holds is "
            "cleared without it"
        )

    def close(self) -> None:
        """Let go of the lock, as the end of the process does."""
        if self._file is not None:
            self._file.close()
        self._held = False

    def _try(self) -> bool:
        assert self._file is not None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        self._held = True
        self._write(str(os.getpid()))
        return True

    def _holder(self) -> str:
        """Return what the process that has the lock wrote into it."""
        return (self._state / "affectmix.lock").read_text(encoding="utf-8").strip()

    def _write(self, text: str) -> None:
        assert self._file is not None
        self._file.truncate(0)
        self._file.write(text)
        self._file.flush()
