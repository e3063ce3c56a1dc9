"""Frames of log-mels as the pictures that a network for photographs takes."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

SIDE: Final = 300  # pixels, of the paper's pictures
_FLOOR_DB: Final = -80.0
_MEAN: Final = (0.485, 0.456, 0.406)  # of ImageNet's channels, which its weights expect
_SD: Final = (0.229, 0.224, 0.225)


class Picture(StrEnum):
    """``mel300``: the spectrogram stretched to 300 × 300, as in the paper; ``plain``: as it is."""

    MEL300 = "mel300"
    PLAIN = "plain"


def to_pictures(levels: Tensor, picture: Picture) -> Tensor:
    """Return pictures of three equal channels, scaled as ImageNet's.

    Gasparini and Marchi, section 3.4, give the size and no more; theirs may have been
    coloured. Here each frame's loudest band is white, and 80 dB below it is black, so that a
    frame looks the same whatever else its song holds; a silent one is black.

    Args:
        levels: in dB [shape=(b, bands, width)].
        picture: stretched or not.

    Returns:
        [shape=(b, 3, height, width)], float32, channels last in memory.
    """
    levels = levels.float()
    loudest = levels.amax((1, 2), keepdim=True)
    levels = torch.where(loudest > _FLOOR_DB, levels - loudest, levels).clamp_min(_FLOOR_DB)
    grey = (1 - levels / _FLOOR_DB)[:, None]
    if picture is Picture.MEL300:
        grey = functional.interpolate(grey, size=(SIDE, SIDE), mode="bilinear", align_corners=False)
    mean = torch.tensor(_MEAN, device=grey.device)[:, None, None]
    sd = torch.tensor(_SD, device=grey.device)[:, None, None]
    return ((grey - mean) / sd).contiguous(memory_format=torch.channels_last)
