"""One step of training: mixing, forward and backward passes, and the optimiser."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from affectmix.learners.segments.augment import mask
from affectmix.learners.segments.backbones import SegmentNetwork
from affectmix.learners.segments.objectives import Objective
from affectmix.learners.segments.passes import Passes
from affectmix.learners.segments.recipe import Recipe


class Stepper:
    """Moves a network's weights, batch by batch.

    AdamW, whose rate rises for ``warm_steps`` and then falls as a cosine. Where the GPU has no
    room for a batch, it goes through in twice as many parts, whose gradients add up: the
    steps stay the same, but for batch norm, which sees the parts.

    With ``weight_average`` a second network follows: its weights and batch norm statistics are
    running means of the first one's, step by step.

    Args:
        network: on its device.
        passes: what segments become.
        objective: what is minimised.
        recipe: how.
        rate: the highest learning rate.
        warm_steps: steps until it is reached.
        all_steps: steps until it is 0.
        compiled: whether torch.compile makes the features.

    Attributes:
        parts: in how many parts batches go through.
        judge: what predicts: the network that follows, or without one that which is trained.
    """

    def __init__(
        self,
        network: SegmentNetwork,
        passes: Passes,
        objective: Objective,
        recipe: Recipe,
        *,
        rate: float,
        warm_steps: int,
        all_steps: int,
        compiled: bool,
    ) -> None:
        self.parts = 1
        self._passes, self._objective, self._recipe = passes, objective, recipe
        features: Callable[[Tensor], Tensor] = network.features
        self._features = torch.compile(features) if compiled else features
        self._head = network.head
        self._optimiser = torch.optim.AdamW(
            network.parameters(),
            lr=rate,
            weight_decay=recipe.weight_decay,
            fused=True,
        )

        def share(step: int) -> float:
            rising = min(1.0, (step + 1) / max(warm_steps, 1))
            return rising * 0.5 * (1 + math.cos(math.pi * min(1.0, step / max(all_steps, 1))))

        self.judge = network
        self._average: AveragedModel | None = None
        if recipe.weight_average:
            follows = get_ema_multi_avg_fn(recipe.weight_average)
            self._average = AveragedModel(network, multi_avg_fn=follows, use_buffers=True)
            followed = self._average.module
            assert isinstance(followed, SegmentNetwork)
            self.judge = followed
        self._network = network
        self._schedule = torch.optim.lr_scheduler.LambdaLR(self._optimiser, share)

    def step(
        self, places: Tensor, targets: Tensor, weights: Tensor | None, noisy: Tensor | None
    ) -> Tensor:
        """Move the weights by one batch; return its loss, which stays on the device.

        Args:
            places: of the segments [shape=(b,)].
            targets: theirs [shape=(b, k)].
            weights: of each segment in its mixture with the next one [shape=(b,)]; None to
                mix nothing.
            noisy: on which of them two dropout passes should agree [shape=(b,)]; None for
                none.
        """
        pictures = self._passes.pictures(places)
        if self._recipe.augment == "specaugment":
            pictures = mask(pictures)
        if weights is not None:
            own = weights[:, None]
            targets = own * targets + (1 - own) * targets.roll(1, 0)
            own = own[:, :, None, None]
            pictures = torch.lerp(pictures.roll(1, 0), pictures, own)
        pictures = pictures.contiguous(memory_format=torch.channels_last)
        while True:
            try:
                loss = self._backward(pictures, targets, noisy)
                break
            except torch.OutOfMemoryError:
                self._optimiser.zero_grad()
                if self.parts >= len(pictures):
                    raise
                self.parts *= 2
                logging.warning(
                    "no memory left on the device for %d segments at once: batches of %d go "
                    "through in %d parts",
                    -(-2 * len(pictures) // self.parts),
                    len(pictures),
                    self.parts,
                )
        self._optimiser.step()
        self._optimiser.zero_grad()
        self._schedule.step()
        if self._average is not None:
            self._average.update_parameters(self._network)
        return loss

    def _backward(self, pictures: Tensor, targets: Tensor, noisy: Tensor | None) -> Tensor:
        """Add up the gradients of a batch's parts; return its mean loss."""
        total = torch.zeros((), device=pictures.device)
        agrees = noisy is not None and self._recipe.agrees
        chosen = torch.arange(len(pictures), device=pictures.device)
        for part in chosen.tensor_split(self.parts) if self.parts > 1 else [slice(None)]:
            with self._passes.autocast():
                features = self._features(pictures[part])
                outputs = self._head(features)
                again = self._head(features) if agrees else None
            losses = self._objective.losses(outputs, targets[part])
            if again is not None:
                assert noisy is not None
                losses = 0.5 * (losses + self._objective.losses(again, targets[part]))
                apart = self._objective.disagreement(outputs, again) * noisy[part]
                losses = losses + self._recipe.rdrop_weight * apart
            loss = losses.sum() / len(pictures)
            loss.backward()
            total += loss.detach()
        return total
