"""Adam for rows of a matrix, each row a model with steps of its own.

Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1. Torch's
optimisers count one step for all rows; here models have different numbers of clips, so
that some rest while others step.
"""

from __future__ import annotations

import torch
from torch import Tensor

BETAS, EPSILON = (0.9, 0.999), 1e-8  # as in the paper and in torch


class Adam:
    """Moves rows of ``weights`` in place.

    Args:
        weights: one model per row [shape=(m, size)].
        rate: the learning rate.
    """

    def __init__(self, weights: Tensor, *, rate: float) -> None:
        self._weights = weights
        self._rate = rate
        self._steps = torch.zeros(len(weights), 1, device=weights.device, dtype=weights.dtype)
        self._first = torch.zeros_like(weights)
        self._second = torch.zeros_like(weights)

    def step(self, models: Tensor, gradient: Tensor) -> None:
        """Move the given rows along their gradients. [shapes=(k,), (k, size)]"""
        steps = self._steps[models] + 1
        first = self._first[models].lerp_(gradient, 1 - BETAS[0])
        second = self._second[models].mul_(BETAS[1])
        second.addcmul_(gradient, gradient, value=1 - BETAS[1])
        deviation = (second / (1 - BETAS[1] ** steps)).sqrt_().add_(EPSILON)
        moved = self._weights[models] - self._rate * first / (1 - BETAS[0] ** steps) / deviation
        # All at once, so that where memory runs out no state has moved without its weights.
        self._steps[models], self._first[models], self._second[models] = steps, first, second
        self._weights[models] = moved
