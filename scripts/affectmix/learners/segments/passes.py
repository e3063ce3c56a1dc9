"""Passes of segments through a network, with dropout off."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor

from affectmix.learners.segments.backbones import SegmentNetwork
from affectmix.learners.segments.clips import Clips, Scale, normalised
from affectmix.learners.segments.objectives import Objective

_AT_ONCE = {"cpu": 256, "cuda": 1024}
_WORTH_COMPILING = 4000  # steps of one network, from which on compiling pays


class Passes:
    """How segments of some clips become what a network takes, and what it says of them.

    Args:
        clips: their log-mels.
        width: frames of a segment.
        scale: by which levels are standardised.
        objective: what outputs stand for.
        precision: ``auto``, ``float32`` or ``bfloat16``.
    """

    def __init__(
        self,
        clips: Clips,
        width: int,
        scale: Scale,
        objective: Objective,
        *,
        precision: str,
    ) -> None:
        self._clips, self._width, self._objective = clips, width, objective
        self.scale = scale
        mean = torch.from_numpy(scale.mean)[:, None, :]
        inverse = 1 / torch.from_numpy(scale.deviation)[:, None, :]
        self._scale = mean.to(clips.device), inverse.to(clips.device)
        self.device = clips.device
        able = self.device.type == "cuda" and torch.cuda.is_bf16_supported()
        self._half = precision == "bfloat16" or (precision == "auto" and able)

    def pictures(self, places: Tensor) -> Tensor:
        """Return standardised segments. [shape=(b, stems, width, bands), float32]"""
        return normalised(self._clips.slices(places, self._width), self._scale)

    def autocast(self) -> AbstractContextManager[object]:
        """Return the context of mixed precision, or none."""
        if not self._half:
            return nullcontext()
        return torch.autocast(self.device.type, dtype=torch.bfloat16)

    def compiles(self, wanted: str, *, steps: int) -> bool:
        """Return whether torch.compile is worth its time."""
        if wanted == "auto":
            return self.device.type == "cuda" and steps >= _WORTH_COMPILING
        return wanted == "always"

    @torch.no_grad()
    def predict(self, network: SegmentNetwork, places: Tensor) -> Tensor:
        """Return probabilities, or values, of segments by their places. [shape=(s, k)]"""
        network.eval()
        found: list[Tensor] = []
        size = min(_AT_ONCE[self.device.type], max(len(places), 1))
        count, at = len(places), 0
        if self.device.type == "cuda":  # parts of one size: nothing is tuned anew for the rest
            places = torch.cat([places, places[: -count % size]])
        while at < len(places):
            part = places[at : at + size]
            try:
                pictures = self.pictures(part).contiguous(memory_format=torch.channels_last)
                with self.autocast():
                    found.append(self._objective.predictions(network(pictures)))
            except torch.OutOfMemoryError:
                if size == 1:
                    raise
                size = (size + 1) // 2
                continue
            at += size
        return torch.cat(found)[:count]

    def losses_of(self, predictions: Tensor, targets: Tensor) -> Tensor:
        """Return each segment's loss by its prediction. [shape=(s,)]"""
        return self._objective.losses_of_predictions(predictions, targets)
