"""Results that a wrong clock has dated in the future, which would stop every run until then.

Snakemake refuses a job whose output is older than its input. Once a clock has been set back, what
it wrote before is newer than all that can be made of it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from affectmix.errors import MachineError
from affectmix.machine_faults import explain

_MARK: Final = ".snakemake_timestamp"  # of a folder that is one output: its time counts alone
_SKEW_S: Final = 1.0  # by which the clock of a shared disk may be ahead


def date_back(folder: str | Path) -> int:
    """Give files whose time lies in the future the time of now, and return how many there were.

    All get the same time, so that none of them is newer than another. To be called by a run that
    holds the folder's lock, before Snakemake looks at times.

    Raises:
        MachineError: they belong to somebody else, or may not be written to.
    """
    now = time.time()
    late = [file for file in _dated(folder) if file.lstat().st_mtime > now + _SKEW_S]
    try:
        for file in late:
            os.utime(file, (now, now), follow_symlinks=False)
    except OSError as error:
        raise MachineError(explain(error, folder) or str(error)) from error
    return len(late)


def _dated(folder: str | Path) -> Iterator[Path]:
    """Yield the files by whose times Snakemake goes; a folder that is one output is not entered."""
    for parent, folders, files in os.walk(folder):
        if _MARK in files:
            folders.clear()
            files = [_MARK]
        yield from (Path(parent) / name for name in files)
