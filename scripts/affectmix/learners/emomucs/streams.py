"""The random numbers of each model, its own, so that no model hangs on its neighbours."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

KEEP = 0.5  # dropout's share of activations that stay


class Stream:
    """Order of rows, dropout and first weights of one model.

    Args:
        seed: whole numbers that name the model.
    """

    def __init__(self, seed: Sequence[int]) -> None:
        self._rng = np.random.default_rng([*seed, zlib.crc32(b"emomucs")])
        self.start = torch.Generator().manual_seed(int(self._rng.integers(2**62)))

    def batches(self, rows: np.ndarray, size: int) -> list[np.ndarray]:
        """Return the rows in a new order, in batches of ``size`` and a rest.

        A rest of one clip joins the batch before it: one clip has no variance to normalise by.
        """
        order = self._rng.permutation(rows)
        starts = range(0, max(len(order) - 1, 1), size)
        return np.split(order, list(starts)[1:])

    def masks(self, sizes: Mapping[str, int], clips: int) -> dict[str, Tensor]:
        """Return dropout's factors by name. [shape=(clips, size)]"""
        return {
            name: torch.from_numpy(
                (self._rng.random((clips, size), dtype=np.float32) < KEEP) / np.float32(KEEP)
            )
            for name, size in sizes.items()
        }
