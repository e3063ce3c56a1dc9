"""What networks are fed: log-mels of clips, or features that frozen source models gave."""

from __future__ import annotations

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

    Args:
        X: levels in dB [shape=(n, stems, bands, frames), float16 or wider].
        device: where the networks are.
        dtype: of the networks' numbers.
    """

    def __init__(
        self, X: np.ndarray, *, device: str = "cpu", dtype: torch.dtype = torch.float32
    ) -> None:
        self.levels = torch.as_tensor(X).to(device)
        self.dtype = dtype

    @cached_property
    def moments(self) -> tuple[Tensor, Tensor]:
        """Moments of every clip's and stem's patches. [shapes=(n, stems, 9), (n, stems, 9, 9)]"""
        pairs = [patch_moments(clip.to(self.dtype)) for clip in self.levels]
        return torch.stack([pair[0] for pair in pairs]), torch.stack([pair[1] for pair in pairs])


class LogMels:
    """What models hear of some clips.

    Args:
        clips: all clips.
        stems: which stems each model hears, all models equally many [shape=(m, s)].
    """

    def __init__(self, clips: Clips, stems: np.ndarray) -> None:
        self._clips = clips
        self._stems = torch.as_tensor(stems, device=clips.levels.device)

    def batch(
        self, models: Tensor, rows: Tensor, masks: dict[str, Tensor] | None, *, moments: bool
    ) -> Batch:
        """Return log-mels [shape=(m, b, s, bands, frames)], with moments in training."""
        at = rows[:, :, None], self._stems[models][:, None, :]
        x = self._clips.levels[at].to(self._clips.dtype)
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
