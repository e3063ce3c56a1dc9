"""What networks are fed: log-mels of clips, or features that frozen source models gave."""

from __future__ import annotations

import logging
from functools import cached_property
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from affectmix.learners.emomucs.first_block import patch_moments
from affectmix.learners.emomucs.networks import Batch


class Inputs(Protocol):
    """Rows of which each model takes its own."""

    def batch(
        self, models: Tensor, rows: Tensor, masks: dict[str, Tensor] | None, *, moments: bool
    ) -> Batch:
        """Return the rows of some models.

        Args:
            models: which models [shape=(m,)].
            rows: each model's rows [shape=(m, b)].
            masks: dropout's masks; None outside training.
            moments: whether the network needs moments of patches in training.
        """
        ...


class Clips:
    """Log-mels of clips and stems, kept in the type they came in.

    They lie where the networks are; where a GPU has no room for all of them, beside the CPU,
    and each batch is brought over.

    Args:
        X: levels in dB [shape=(n, stems, bands, frames), float16 or wider].
        device: where the networks are.
        dtype: of the networks' numbers.
    """

    def __init__(
        self, X: np.ndarray, *, device: str = "cpu", dtype: torch.dtype = torch.float32
    ) -> None:
        self.levels = torch.as_tensor(X)
        self.device = torch.device(device)
        self.dtype = dtype
        try:
            self.levels = _moved(self.levels, self.device)
        except torch.cuda.OutOfMemoryError:
            logging.warning(
                "the GPU's memory does not suffice for the log-mels of all clips; each batch is "
                "brought there when it is needed, which takes longer and changes no result"
            )

    @cached_property
    def moments(self) -> tuple[Tensor, Tensor]:
        """Moments of every clip's and stem's patches. [shapes=(n, stems, 9), (n, stems, 9, 9)]"""
        pairs = [patch_moments(clip.to(self.device, self.dtype)) for clip in self.levels]
        return torch.stack([pair[0] for pair in pairs]), torch.stack([pair[1] for pair in pairs])

    def at(self, rows: Tensor, stems: Tensor) -> Tensor:
        """Return the levels of rows and stems that broadcast, in the networks' numbers."""
        place = self.levels.device
        return self.levels[rows.to(place), stems.to(place)].to(self.device, self.dtype)


def _moved(levels: Tensor, device: torch.device) -> Tensor:
    return levels.to(device)


class LogMels:
    """What models hear of some clips.

    Args:
        clips: all clips.
        stems: which stems each model hears, all models equally many [shape=(m, s)].
    """

    def __init__(self, clips: Clips, stems: np.ndarray) -> None:
        self._clips = clips
        self._stems = torch.as_tensor(stems, device=clips.device)

    def batch(
        self, models: Tensor, rows: Tensor, masks: dict[str, Tensor] | None, *, moments: bool
    ) -> Batch:
        """Return log-mels [shape=(m, b, s, bands, frames)], with moments in training."""
        at = rows[:, :, None], self._stems[models][:, None, :]
        x = self._clips.at(*at)
        if masks is None or not moments:
            return Batch(x, masks=masks)
        means, seconds = self._clips.moments
        return Batch(x, (means[at], seconds[at]), masks)


class Features:
    """Features of clips, each model's its own: what fixed source models make of them.

    Args:
        features: each model's features of every clip [shape=(m, n, features)].
    """

    def __init__(self, features: Tensor) -> None:
        self._features = features

    def batch(
        self, models: Tensor, rows: Tensor, masks: dict[str, Tensor] | None, *, moments: bool
    ) -> Batch:
        """Return features [shape=(m, b, features)]."""
        return Batch(self._features[models[:, None], rows], masks=masks)
