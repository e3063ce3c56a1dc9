"""Forward passes without training."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from affectmix.learners.emomucs.inputs import Inputs
from affectmix.learners.emomucs.layers import Tensors
from affectmix.learners.emomucs.networks import Batch, Network
from affectmix.learners.emomucs.room import Room

Forward = Callable[[Batch, Tensors, Tensors], Tensor]


@torch.no_grad()
def predict(
    network: Network,
    inputs: Inputs,
    models: Tensor,
    rows: Tensor,
    weights: Tensor,
    running: Tensor,
    *,
    forward: Forward | None = None,
) -> Tensor:
    """Return what models make of rows, with fixed statistics and no dropout.

    Args:
        network: the models' design.
        inputs: what they are fed.
        models: their numbers in the inputs [shape=(m,)].
        rows: each model's rows [shape=(m, b)].
        weights: their flat weights [shape=(m, size)].
        running: their flat batch-norm statistics [shape=(m, size)].
        forward: which of the network's outputs; None for the targets.

    Returns:
        Outputs [shape=(m, b, f)].
    """
    batch = inputs.batch(models, rows, None, moments=False)
    return (forward or network.forward)(
        batch, network.weights.views(weights), network.running.views(running)
    )


def predict_all(
    network: Network,
    inputs: Inputs,
    rows: int,
    weights: Tensor,
    running: Tensor,
    *,
    forward: Forward | None = None,
    clips: int = 32,
) -> Tensor:
    """Return what every model makes of rows 0 to ``rows``, a few clips and models at a time.

    Args:
        network, inputs, weights, running, forward: as in :func:`predict`.
        rows: how many rows the inputs have.
        clips: how many go through the network at once.

    Returns:
        Outputs [shape=(m, rows, f)].
    """
    device = weights.device
    every = torch.arange(len(weights), device=device)

    def run(some: slice) -> Tensor:
        models = every[some]
        parts = [
            predict(
                network,
                inputs,
                models,
                part.expand(len(models), -1),
                weights[some],
                running[some],
                forward=forward,
            )
            for part in torch.arange(rows, device=device).split(clips)
        ]
        return torch.cat(parts, 1)

    return torch.cat(list(Room(network, device).passes(len(weights), clips, run)))
