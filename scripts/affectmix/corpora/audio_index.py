"""Which audio files lie in a folder, and which of them a label row means."""

from __future__ import annotations

import os
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path, PurePosixPath

from affectmix.corpora.base import AUDIO_EXTENSIONS
from affectmix.files import is_file


class AudioIndex:
    """The audio files under a folder, by relative path and by bare name.

    Links to folders are followed, hidden folders and the ``._`` files of macOS passed over.

    Args:
        folder: the folder.
        more: further folders, by the name that stands first in the paths of their files.
    """

    def __init__(self, folder: Path, more: Mapping[str, Path] | None = None) -> None:
        self.folder = folder
        self.more = dict(more or {})

    @cached_property
    def paths(self) -> list[str]:
        """Relative posix paths of all audio files, sorted."""
        found = list(_audio_under(self.folder))
        for name, folder in self.more.items():
            found += [f"{name}/{path}" for path in _audio_under(folder)]
        return sorted(set(found))

    @cached_property
    def _known(self) -> dict[str, str]:
        return {_form(path): path for path in self.paths}

    @cached_property
    def _folded(self) -> dict[str, str]:
        return {_form(path).casefold(): path for path in self.paths}

    @cached_property
    def _by_stem(self) -> dict[str, list[str]]:
        stems: dict[str, list[str]] = defaultdict(list)
        for path in self.paths:
            stems[_form(PurePosixPath(path).stem).casefold()].append(path)
        return stems

    def find(self, path: str) -> str | None:
        """Return the file that a relative path means, or None.

        The path may lack its extension, use backslashes, or differ in Unicode composition.
        """
        found = self._known.get(_form(path))
        if found is not None:
            return found
        for candidate in (path, path.replace("\\", "/")):
            for name in (candidate, *(candidate + extension for extension in AUDIO_EXTENSIONS)):
                found = self._known.get(_form(name))
                if found is not None:
                    return found
        return path if is_file(self.folder / path) else None

    def nearest(self, path: str) -> str | None:
        """Return a file that differs from ``path`` in letter case or folder only, or None."""
        folded = self._folded.get(_form(path).casefold())
        if folded is not None:
            return folded
        same_stem = self.with_stem(PurePosixPath(path).stem)
        return same_stem[0] if same_stem else None

    def with_stem(self, stem: str) -> list[str]:
        """Return the paths whose name without extension is ``stem``, whatever its case."""
        return self._by_stem.get(_form(stem).casefold(), [])


def _audio_under(folder: Path) -> Iterator[str]:
    seen: set[str] = set()
    for here, folders, files in os.walk(folder, followlinks=True):
        real = os.path.realpath(here)
        if real in seen:  # a link that leads back up
            folders.clear()
            continue
        seen.add(real)
        folders[:] = [f for f in folders if not f.startswith(".") and f != "__MACOSX"]
        relative = Path(here).relative_to(folder).as_posix()
        before = "" if relative == "." else f"{relative}/"
        for file in files:  # plain text: paths as objects take as long as all the rest
            name = file.lower()
            audio = name.endswith(AUDIO_EXTENSIONS) and name not in AUDIO_EXTENSIONS
            if audio and not file.startswith("._"):
                yield before + file


def _form(text: str) -> str:
    return unicodedata.normalize("NFC", text)
