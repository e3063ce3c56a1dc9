"""Kernels through landmarks: a few training rows that stand for all (Nyström).

With m landmarks L and features k(x, L) A, where A is the inverse square root of k(L, L), inner
products are the kernel itself between landmarks and its best approximation in their span
elsewhere (Williams and Seeger, "Using the Nyström method to speed up kernel machines", 2000).
A linear kernel of at most m columns is not approximated.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from affectmix.features.disk_rows import Features
from affectmix.search.kernels import Kernel
from affectmix.search.row_blocks import BLOCK, blocks

#: Landmarks of a kernel where nothing else is said.
LANDMARKS = 1000
#: Directions whose part of the landmarks' kernel is below this share of the largest are left out:
#: dividing by their root would bring rounding to the fore.
FLOOR = 1e-9


def content_order(X: Features) -> np.ndarray:
    """Return for each row a number drawn from its content, the same wherever the row stands.

    Landmarks are the rows with the least: which they are depends on no other row, nor on the
    rows' order. [shape=(n,), uint32]
    """
    drawn = np.empty(len(X), dtype=np.uint32)
    for place, block in blocks(X):
        rows = np.ascontiguousarray(block, dtype=np.float32)
        drawn[place] = [zlib.crc32(row.tobytes()) for row in rows]
    return drawn


def draw(order: np.ndarray, count: int) -> np.ndarray:
    """Return the positions of ``count`` rows at most with the least numbers, no number twice."""
    _, first = np.unique(order, return_index=True)
    return np.sort(first[:count])


@dataclass(frozen=True)
class Landmarks:
    """The features of one kernel.

    Attributes:
        kernel: the kernel, its gamma a number.
        rows: the landmarks [shape=(m, q)].
        mixing: what kernel values to the landmarks are multiplied with [shape=(m, p)].
    """

    kernel: Kernel
    rows: np.ndarray
    mixing: np.ndarray

    @classmethod
    def fit(cls, kernel: Kernel, rows: np.ndarray) -> Landmarks:
        """Return the features of a positive kernel, its gamma a number [shape=(m, q)]."""
        rows = rows.astype(np.float64)
        values, vectors = np.linalg.eigh(_between(kernel, rows, rows))
        kept = values > FLOOR * max(values[-1], np.finfo(np.float64).tiny)
        return cls(kernel, rows, vectors[:, kept] / np.sqrt(values[kept]))

    def features(self, rows: np.ndarray) -> np.ndarray:
        """Return the features of rows in the landmarks' coordinates. [shape=(n, p), float32]"""
        found = np.empty((len(rows), self.mixing.shape[1]), dtype=np.float32)
        for start in range(0, len(rows), BLOCK):
            block = rows[start : start + BLOCK].astype(np.float64)
            found[start : start + BLOCK] = _between(self.kernel, block, self.rows) @ self.mixing
        return found


def _between(kernel: Kernel, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return kernel.of_products(
        left @ right.T,
        np.square(left).sum(axis=1),
        np.square(right).sum(axis=1),
        float(kernel.gamma),
    )
