"""Whether audio files are still those that a run was planned with.

A run looks at every file's size and time when it starts, and hands them to the jobs that read
the file: another file there makes them run again. What changes later would give features of one
recording beside the length, the groups or the stems of another; so jobs look again.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from affectmix.errors import AudioError

_NAMED: Final = 5  # files of which a message speaks
NO_STAMP: Final = (None, None)
Stamp = Sequence[int | None]


def stamp_of(file: str) -> Stamp:
    """Return a file's size in bytes and its time in ns; twice None where it cannot be seen."""
    try:
        status = os.stat(file)  # noqa: PTH116 - of a million files, without an object for each
    except OSError:
        return NO_STAMP
    return status.st_size, status.st_mtime_ns


@contextmanager
def unchanged(files: Iterable[Sequence[Any]]) -> Iterator[None]:
    """Check that files are as they were when the run began, before the block and after it.

    Args:
        files: [file, size, time] of each, or [file] alone where the workflow made it itself.

    Raises:
        AudioError: one is another, or is gone.
    """
    stamped = [(str(file), tuple(stamp)) for file, *stamp in files if stamp]
    _check(stamped)
    yield
    _check(stamped)


def _check(stamped: Sequence[tuple[str, Stamp]]) -> None:
    faults = [_fault(file, stamp) for file, stamp in stamped if stamp_of(file) != stamp]
    if not faults:
        return
    more = [f"and {len(faults) - _NAMED} more"] if len(faults) > _NAMED else []
    listed = "".join(f"\n  - {fault}" for fault in [*faults[:_NAMED], *more])
    raise AudioError(
        f"audio files changed while the run went on:{listed}\nLeave them as they are meant to be, "
        "and run snakemake again: what was made from them is made anew"
    )


def _fault(file: str, stamp: Stamp) -> str:
    found = stamp_of(file)
    if found == NO_STAMP:
        return f"{file}: is gone; put it back, or take it out of the corpus's labels"
    if stamp == NO_STAMP:
        return f"{file}: was not there when the run began"
    if found[0] != stamp[0]:
        return f"{file}: had {stamp[0]} bytes, has {found[0]}"
    return f"{file}: was written anew"
