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
_SKEW_NS: Final = 10**9  # by which the clock of a shared disk may be ahead
_STEP_NS: Final = 1000  # Snakemake holds times as floats, which tell a quarter of that apart


def date_back(folder: str | Path) -> int:
    """Give files whose time lies in the future one of just now, and return how many there were.

    Their order stays: what is older than its input still is, and is made anew. To be called by a
    run that holds the folder's lock, before Snakemake looks at times.

    Raises:
        MachineError: they belong to somebody else, or may not be written to.
    """
    now = time.time_ns()
    times = {file: file.lstat().st_mtime_ns for file in _dated(folder)}
    late = {file: made for file, made in times.items() if made > now + _SKEW_NS}
    ranks = {made: rank for rank, made in enumerate(sorted(set(late.values()), reverse=True))}
    try:
        for file, made in late.items():
            just_now = now - ranks[made] * _STEP_NS
            os.utime(file, ns=(just_now, just_now), follow_symlinks=False)
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
