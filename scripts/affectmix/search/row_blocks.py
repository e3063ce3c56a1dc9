"""Rows a block at a time, so that memory does not grow with their number."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from affectmix.features.disk_rows import Features
from affectmix.search.task import SearchFold

#: Rows of a block: of IS13's 6,373 columns in double precision, 104 MB.
BLOCK = 2048


def blocks(X: Features, rows: np.ndarray | None = None) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield where each block stands among the rows, and its raw features [shape=(b, d)].

    Args:
        X: raw features [shape=(n, d)].
        rows: positions of the wanted rows; None for all.
    """
    count = len(X) if rows is None else len(rows)
    for start in range(0, count, BLOCK):
        place = slice(start, min(start + BLOCK, count))
        yield place, X[place if rows is None else rows[place]]


class RunningRmse:
    """A fold's mean over views of root mean squared errors, from blocks of its validation rows.

    Args:
        fold: the fold.
        columns: how many predictions there are of each row.
    """

    def __init__(self, fold: SearchFold, columns: int) -> None:
        self._members = [np.isin(fold.validation_rows, rows) for rows in fold.validate.values()]
        self._squares = np.zeros((len(self._members), columns))

    def add(self, place: slice, errors: np.ndarray) -> None:
        """Take the errors of the validation rows at ``place`` [shape=(b, columns)]."""
        squares = np.square(errors, dtype=np.float64)
        for total, member in zip(self._squares, self._members, strict=True):
            total += squares[member[place]].sum(axis=0)

    def value(self) -> np.ndarray:
        """Return what :meth:`SearchFold.rmse` says of all rows at once [shape=(columns,)]."""
        counts = np.array([[member.sum()] for member in self._members])
        return np.asarray(np.sqrt(self._squares / counts).mean(axis=0))
