"""What the machine did to a job, in plain words: a full disk, a closed folder, no memory.

Libraries say it in ways of their own; some lose the number of the error and keep its text.
"""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from affectmix.errors import MachineError

_BLOCK: Final = 4096  # bytes that a disk has to have room for, to be called writable
_AGAIN: Final = (
    "Then run the same command again: what is done is kept, and no file is left half-written"
)
_TEXTS: Final = {
    errno.ENOSPC: ("No space left on device", "os error 28"),
    errno.EDQUOT: ("Disk quota exceeded", "os error 122"),
    errno.EFBIG: ("File too large", "os error 27"),
    errno.EROFS: ("Read-only file system", "os error 30"),
    errno.EACCES: ("Permission denied", "os error 13"),
    errno.EPERM: ("Operation not permitted", "os error 1)"),
}
_NO_MEMORY: Final = (
    "out of memory",
    "can't allocate memory",
    "Cannot allocate memory",
    "bad_alloc",
    "Failed to launch worker thread",
)


def explain(error: BaseException, folder: str | Path) -> str | None:
    """Return what was wrong with the machine and what to do, or None if it was something else.

    Args:
        error: with whatever led to it.
        folder: in which the job writes, whose disk is named.
    """
    for each in _chain(error):
        if lacks_memory(each):
            return (
                f"memory ran out ({_first_line(each)}). Run fewer jobs at once (--cores 1), or "
                f"take a machine, or a limit, with more memory. {_AGAIN}"
            )
        number = _number(each)
        if number is not None:
            return _of_disk(number, each, folder)
    return None


def lacks_memory(error: object) -> bool:
    """Return whether an error says that memory ran out, be it in words of a library."""
    return isinstance(error, MemoryError) or any(words in str(error) for words in _NO_MEMORY)


def check_writable(folder: str | Path) -> None:
    """Check, before any work, that files can be made in a folder; it is made where missing.

    Raises:
        MachineError: they cannot.
    """
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".writable") as file:
            file.write(bytes(_BLOCK))
            file.flush()
    except OSError as error:
        raise MachineError(explain(error, folder) or f"{folder}: {error}") from error


def check_room(folder: str | Path, megabytes: int) -> None:
    """Check, before any work, that a folder's disk has some megabytes (2**20 bytes) left.

    For what others write there, who would say so in ways of their own.

    Raises:
        MachineError: it has not.
    """
    if shutil.disk_usage(folder).free < megabytes << 20:
        raise MachineError(
            f"{folder}: {_full(folder, errno.ENOSPC)}, and a run's records and logs take "
            f"{megabytes} MB and more. Free some, or link {folder} to a larger disk. {_AGAIN}"
        )


@contextmanager
def temporary_room(what: str) -> Iterator[None]:
    """Say which folder it is, and how to name another, where temporary files have no room.

    Args:
        what: is written there; for the message.

    Raises:
        MachineError: there is no temporary folder, or it has no room.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.ENOENT):
            raise
        if error.errno == errno.ENOENT:
            raise MachineError(
                f"no temporary folder for {what} ({error.strerror}); set TMPDIR to a folder that "
                "may be written"
            ) from error
        limit = " (ulimit -f, or the disk's own limit)" if error.errno == errno.EFBIG else ""
        raise MachineError(
            f"{tempfile.gettempdir()}: no room for {what}{limit}; set TMPDIR to a folder that has "
            f"it, on a disk and not in memory. {_AGAIN}"
        ) from error


def cut_off(what: str) -> MachineError:
    """Return the error of a temporary file that has become shorter than it was written.

    Args:
        what: is in it; for the message.
    """
    return MachineError(
        f"the temporary file of {what} was cut off; is the disk of {tempfile.gettempdir()} in "
        "order?"
    )


def no_room(path: str | Path) -> OSError:
    """Return the error of a file that a library believes it wrote whole, and did not."""
    return OSError(errno.ENOSPC, "No space left on device", str(path))


def _of_disk(number: int, error: BaseException, folder: str | Path) -> str:
    file = getattr(error, "filename", None) or folder
    if number in (errno.ENOSPC, errno.EDQUOT):
        room = "Free some, or link results/ to a larger disk"
        return f"{file}: {_full(folder, number)}. {room}. {_AGAIN}"
    if number == errno.EFBIG:
        return (
            f"{file}: files may not become so large here (ulimit -f, or the disk's own limit). "
            f"Raise the limit. {_AGAIN}"
        )
    return (
        f"{file}: may not be written ({errno.errorcode[number]}). Make the folder writable for "
        f"this user, or link it to one that is. {_AGAIN}"
    )


def _full(folder: str | Path, number: int) -> str:
    if number == errno.EDQUOT:
        return "your quota of disk space is used up"
    there = next(p for p in (Path(folder), *Path(folder).resolve().parents) if p.exists())
    usage = shutil.disk_usage(there)
    free, total = (size / (1 << 20) for size in (usage.free, usage.total))
    return f"the disk is full ({free:.1f} of {total:.1f} MB are free)"


def _number(error: BaseException) -> int | None:
    found = getattr(error, "errno", None) if isinstance(error, OSError) else None
    if found in _TEXTS:
        return found
    text = str(error)
    return next((n for n, words in _TEXTS.items() if any(w in text for w in words)), None)


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    each: BaseException | None = error
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        yield each
        each = each.__cause__ or each.__context__


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0] or type(error).__name__
