"""Feature rows on disk, of corpora that no job can hold in memory."""

from __future__ import annotations

import os
import tempfile
from typing import IO, TypeAlias

import numpy as np

from affectmix.machine_faults import cut_off, temporary_room

_ITEM = np.dtype(np.float32).itemsize


class DiskRows:
    """Rows of float32 numbers in a file of the job's temporary folder. [shape=(n, d)]

    The file has no name: it is gone when the job ends, whatever ends it. Rows are read with
    plain reads rather than by a memory map, so that what has been read does not count as the
    job's memory. Indexing gives arrays in memory; ask for a block of rows at a time, as
    :func:`affectmix.search.row_blocks.blocks` does.

    Args:
        file: open for reading and writing.
        columns: numbers in a row, d.
        places: which row of the file each row is [shape=(n,)].
    """

    dtype = np.dtype(np.float32)
    ndim = 2

    def __init__(self, file: IO[bytes], columns: int, places: np.ndarray) -> None:
        self._file = file
        self._columns = columns
        self._places = places

    @classmethod
    def empty(cls, rows: int, columns: int) -> DiskRows:
        """Return rows that are still to be written, with their room on the disk reserved.

        Raises:
            MachineError: the temporary folder has no room for them.
        """
        size = rows * columns * _ITEM
        with temporary_room(f"{size / 1e9:.1f} GB of features ({rows} clips of {columns} values)"):
            file = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the rows
            if size:
                os.posix_fallocate(file.fileno(), 0, size)
        return cls(file, columns, np.arange(rows))

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self._places), self._columns

    def __len__(self) -> int:
        return len(self._places)

    def write(self, rows: np.ndarray, values: np.ndarray) -> None:
        """Write some rows [shapes=(m,), (m, d)]."""
        values = np.ascontiguousarray(values, dtype=np.float32)
        for place, row in zip(self._places[rows].tolist(), values, strict=True):
            os.pwrite(self._file.fileno(), row.tobytes(), place * self._columns * _ITEM)

    def __getitem__(self, rows: slice | np.ndarray) -> np.ndarray:
        """Return some rows as an array in memory [shape=(m, d), float32]."""
        places = self._places[rows]
        found = np.empty((len(places), self._columns), dtype=np.float32)
        if not found.size:
            return found
        ends = [*(np.flatnonzero(np.diff(places) != 1) + 1).tolist(), len(places)]
        start = 0
        for end in ends:  # neighbours in the file are read at once
            self._read(found[start:end], int(places[start]))
            start = end
        return found

    def repeat(self, counts: np.ndarray, axis: int = 0) -> DiskRows:
        """Return the rows, each as often as its count says, as ``numpy.repeat``; none is copied."""
        assert axis == 0
        return DiskRows(self._file, self._columns, self._places.repeat(counts))

    def _read(self, found: np.ndarray, place: int) -> None:
        buffer = found.data.cast("B")
        offset = place * self._columns * _ITEM
        while len(buffer):
            count = os.preadv(self._file.fileno(), [buffer], offset)
            if count == 0:
                raise cut_off("features")
            buffer, offset = buffer[count:], offset + count


#: Raw features in memory or on disk [shape=(n, d)].
Features: TypeAlias = np.ndarray | DiskRows
