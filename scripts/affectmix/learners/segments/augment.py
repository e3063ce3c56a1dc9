"""Masks of bands and frames, as SpecAugment (Park et al., 2019). Not in the paper: ours."""

from __future__ import annotations

import torch
from torch import Tensor

BANDS, FRAMES, MASKS = 0.15, 0.15, 2  # the largest share that each mask hides, and how many


def mask(pictures: Tensor) -> Tensor:
    """Hide bands and frames of standardised pictures, in place, behind their mean of 0.

    Args:
        pictures: [shape=(b, stems, width, bands)].
    """
    for _ in range(MASKS):
        hidden = _bars(len(pictures), pictures.shape[2], FRAMES, pictures.device)
        pictures.masked_fill_(hidden[:, None, :, None], 0)
        hidden = _bars(len(pictures), pictures.shape[3], BANDS, pictures.device)
        pictures.masked_fill_(hidden[:, None, None, :], 0)
    return pictures


def _bars(count: int, size: int, share: float, device: torch.device) -> Tensor:
    """Return one bar of random length and place per row. [shape=(count, size)]"""
    length = torch.rand(count, 1, device=device) * share * size
    start = torch.rand(count, 1, device=device) * (size - length)
    place = torch.arange(size, device=device)[None]
    return (place >= start) & (place < start + length)
