"""Fingerprints of many clips on disk: the job that compares them holds a few at a time."""

from __future__ import annotations

import os
import tempfile
from array import array
from collections.abc import Iterable
from typing import Protocol

import numpy as np

from affectmix.audio.fingerprint import from_text
from affectmix.machine_faults import cut_off, temporary_room

_ITEM = np.dtype(np.uint32).itemsize


class Fingerprints(Protocol):
    """Fingerprints by their positions: a list of arrays, or a file of them."""

    def __len__(self) -> int: ...

    def __getitem__(self, place: int, /) -> np.ndarray: ...


class FingerprintFile:
    """Fingerprints in a file of the job's temporary folder (TMPDIR).

    The file has no name: it is gone when the job ends, whatever ends it. Indexing reads one
    fingerprint, uint32 [shape=(t,)], with a plain read, so that what has been read does not
    count as the job's memory.
    """

    def __init__(self) -> None:
        with temporary_room("fingerprints"):
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the fingerprints
        self._ends = array("q", [0])

    def extend(self, texts: Iterable[object]) -> None:
        """Append fingerprints, given as :func:`affectmix.audio.fingerprint.to_text` gives them.

        What is no text, as None, becomes a fingerprint without words.

        Raises:
            MachineError: the temporary folder has no room for them.
        """
        with temporary_room("fingerprints"):
            for text in texts:
                words = from_text(text) if isinstance(text, str) else np.empty(0, np.uint32)
                self._file.write(words.tobytes())
                self._ends.append(self._ends[-1] + len(words))
            self._file.flush()

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, place: int, /) -> np.ndarray:
        start, end = self._ends[place], self._ends[place + 1]
        data = os.pread(self._file.fileno(), (end - start) * _ITEM, start * _ITEM)
        if len(data) < (end - start) * _ITEM:
            raise cut_off("fingerprints")
        return np.frombuffer(data, np.uint32)


class Reordered:
    """Fingerprints of some positions [shape=(n,)], in that order; none is copied."""

    def __init__(self, fingerprints: Fingerprints, order: np.ndarray) -> None:
        self._fingerprints = fingerprints
        self._order = order

    def __len__(self) -> int:
        return len(self._order)

    def __getitem__(self, place: int, /) -> np.ndarray:
        return self._fingerprints[int(self._order[place])]
