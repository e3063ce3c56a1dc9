"""From what stands on a command line, files, folders and globs, to audio files."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from affectmix.errors import AudioError

AUDIO: Final = (
    *(".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3"),
    *(".aif", ".aiff", ".aifc", ".au", ".caf", ".w64", ".rf64"),
)
VIDEO: Final = (
    *(".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".wmv", ".flv"),
    *(".3gp", ".ts", ".ogv"),
)
OTHER_AUDIO: Final = (".m4a", ".aac", ".wma", ".mka", ".alac", ".ape", ".ac3", ".amr")
PLAYLISTS: Final = (".m3u", ".m3u8", ".pls", ".xspf", ".cue", ".asx", ".wpl")


@dataclass(frozen=True)
class FileFault:
    """Why nothing is predicted for a file.

    Attributes:
        path: the file as it was found, or what was written.
        kind: in one word: ``missing``, ``video``, ``playlist``, ``no_audio``, ``permission``,
            ``silent``, ``too_short``, ``crashed``, or that of a `DecodeError`.
        message: the file, what is wrong, and what to do.
    """

    path: Path
    kind: str
    message: str


def find_audio(written: Sequence[str]) -> tuple[list[Path], list[FileFault]]:
    """Return the audio files that a command line names, each once, and what is no such file.

    A folder stands for all audio files in it and below it, by their endings; a glob for what
    it matches (``**`` for any folders); a file for itself, whatever its ending, unless that is
    one of a video or a playlist.

    Args:
        written: files, folders and globs.
    """
    found: dict[Path, None] = {}
    faults: list[FileFault] = []
    for name in written:
        for entry in _expanded(name):
            if isinstance(entry, FileFault):
                faults.append(entry)
            else:
                found.setdefault(entry)
    return list(found), faults


def printable(path: str | Path) -> str:
    r"""Return a path as text that can be printed and written as UTF-8.

    Bytes that are not UTF-8 stand as ``\xNN``.
    """
    return os.fsencode(path).decode("utf-8", errors="backslashreplace")


def unreadable_kind(path: Path) -> FileFault | None:
    """Return why a file is not even opened, by its ending and its permissions, or None."""
    name, ending = printable(path), path.suffix.lower()
    if ending in VIDEO:
        return FileFault(
            path,
            "video",
            f"{name}: is a video; take its sound, for example with: "
            f"ffmpeg -i {_quoted(path)} -vn {_quoted(path.with_suffix('.flac'))}",
        )
    if ending in OTHER_AUDIO:
        return FileFault(
            path,
            "unreadable",
            f"{name}: {ending} is not readable as wav, flac, ogg, mp3 or aiff; convert it, for "
            f"example with: ffmpeg -i {_quoted(path)} {_quoted(path.with_suffix('.flac'))}",
        )
    if ending in PLAYLISTS:
        return FileFault(
            path, "playlist", f"{name}: is a list of files, not audio; name the files themselves"
        )
    return None if os.access(path, os.R_OK) else _not_allowed(path)


def cannot_be_used(path: Path, error: AudioError) -> FileFault:
    """Return the fault of a file that could not be decoded or heard."""
    message = str(error)
    if not message.startswith(str(path)):
        message = f"{path}: {message}"
    return FileFault(path, getattr(error, "kind", "functionals"), printable(message))


def _expanded(name: str) -> Iterator[Path | FileFault]:
    path = Path(name).expanduser()
    if path.is_dir():
        yield from _in_folder(path)
    elif path.exists() or path.is_symlink():
        yield _checked(path)
    elif glob.has_magic(name):
        matched = sorted(glob.glob(str(path), recursive=True))  # noqa: PTH207 - takes any text
        if not matched:
            yield FileFault(path, "missing", f"{printable(name)}: matches no file")
        for match in map(Path, matched):
            if not match.is_dir():
                yield _checked(match)
            elif "**" not in name:  # which has matched what is in the folder too
                yield from _in_folder(match)
    else:
        yield FileFault(path, "missing", f"{printable(name)}: no such file; check the name")


def _in_folder(folder: Path) -> Iterator[Path | FileFault]:
    if not os.access(folder, os.R_OK | os.X_OK):
        yield _not_allowed(folder)
        return
    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in AUDIO and p.is_file())
    yield from map(_checked, files)
    if not files:
        yield FileFault(
            folder,
            "no_audio",
            f"{printable(folder)}: holds no audio file; looked for {', '.join(AUDIO)}",
        )


def _checked(path: Path) -> Path | FileFault:
    return unreadable_kind(path) or path


def _not_allowed(path: Path) -> FileFault:
    return FileFault(
        path,
        "permission",
        f"{printable(path)}: may not be read; allow it, for example with: "
        f"chmod -R u+rX {_quoted(path)}",
    )


def _quoted(path: Path) -> str:
    return "'" + printable(path).replace("'", "'\\''") + "'"
