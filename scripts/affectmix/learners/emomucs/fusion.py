"""Fusion of source models: their features side by side, then two dense layers with dropout.

de Berardinis et al. (2020), section 3.2: *early* takes the convolutions' features, *mid* those
of the first dense layer (C1D alone has one), *late* each model's valence and arousal. The
dense layer has 32 units per stem: 128 for four stems, 64 and 96 for two and three.
"""

from __future__ import annotations

import torch
from torch import Tensor

from affectmix.learners.emomucs.layers import Tensors, connect, drop
from affectmix.learners.emomucs.networks import TARGET_COUNT, Batch, SourceNetwork
from affectmix.learners.emomucs.parameters import Layout, Slot, linear_slots, part, under

UNITS_PER_STEM = 32


class FusionHead:
    """The dense layers that join ``stems`` source models.

    Args:
        stems: how many source models are joined.
        features: how many features each gives.
        targets: how many numbers are predicted.
    """

    def __init__(self, stems: int, features: int, *, targets: int = TARGET_COUNT) -> None:
        units = UNITS_PER_STEM * stems
        self.weights = Layout(
            linear_slots("dense", units, stems * features) | linear_slots("output", targets, units)
        )
        self.running = Layout({})
        self.dropouts = {"features": stems * features, "dense": units}
        self.needs_moments = False
        self.activations = 4 * (stems * features + units)

    def forward(self, batch: Batch, weights: Tensors, running: Tensors) -> Tensor:
        """Return the targets from joined features. [shape=(m, b, t)]"""
        units = torch.relu(connect(drop(batch.x, batch.masks, "features"), weights, "dense"))
        return connect(drop(units, batch.masks, "dense"), weights, "output")


class FusedNetwork:
    """Source models of several stems and the layers that join them, trained as one.

    Args:
        source: the source models' design.
        stems: how many stems there are.
        fusion: ``early``, ``mid`` or ``late``.
    """

    def __init__(self, source: SourceNetwork, *, stems: int, fusion: str) -> None:
        self.source = source
        self.fusion = fusion
        self.parts = [f"stem{number}" for number in range(stems)]
        self.head = FusionHead(stems, source.levels[fusion], targets=source.levels["late"])
        weights: dict[str, Slot] = {}
        running: dict[str, Slot] = {}
        dropouts: dict[str, int] = {}
        for name in self.parts:
            weights |= under(name, source.weights.slots)
            running |= under(name, source.running.slots)
            dropouts |= {f"{name}.{key}": size for key, size in source.dropouts.items()}
        self.weights = Layout(weights | under("head", self.head.weights.slots))
        self.running = Layout(running)
        self.dropouts = dropouts | {f"head.{k}": size for k, size in self.head.dropouts.items()}
        self.needs_moments = source.needs_moments
        self.activations = stems * source.activations

    def forward(self, batch: Batch, weights: Tensors, running: Tensors) -> Tensor:
        """Return the targets from all stems. [shape=(m, b, t)]"""
        joined = self.tap(batch, weights, running)
        masks = None if batch.masks is None else part("head", batch.masks)
        return self.head.forward(Batch(joined, masks=masks), part("head", weights), {})

    def tap(self, batch: Batch, weights: Tensors, running: Tensors) -> Tensor:
        """Return the source models' features side by side. [shape=(m, b, stems * features)]"""
        features = [
            self.source.tap(
                _of_stem(batch, number, name),
                part(name, weights),
                part(name, running),
                self.fusion,
            )
            for number, name in enumerate(self.parts)
        ]
        return torch.cat(features, 2)


def _of_stem(batch: Batch, number: int, name: str) -> Batch:
    """Return what one stem's source model sees of a batch."""
    chosen = slice(number, number + 1)
    moments = batch.moments and (batch.moments[0][:, :, chosen], batch.moments[1][:, :, chosen])
    masks = None if batch.masks is None else part(name, batch.masks)
    return Batch(batch.x[:, :, chosen], moments, masks)
