"""Forward passes without training, and how many models fit into one pass."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from affectmix.learners.emomucs.inputs import Inputs
from affectmix.learners.emomucs.layers import Tensors
from affectmix.learners.emomucs.networks import Batch, Network

Forward = Callable[[Batch, Tensors, Tensors], Tensor]

_CPU_NUMBERS = 4_000_000  # kept at once: a cache's worth; larger passes are slower, not faster
_GPU_BYTES = 32  # of its memory for each number: 4, gradients and workspace, and other jobs


def fitting(network: Network, clips: int, device: torch.device) -> int:
    """Return how many models go through the network together, with ``clips`` clips each."""
    if device.type == "cuda":
        numbers = torch.cuda.get_device_properties(device).total_memory // _GPU_BYTES
    else:
        numbers = _CPU_NUMBERS
    return max(1, numbers // (clips * network.activations))


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
        forward: which of the network's outputs; None for valence and arousal.

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
    together = fitting(network, clips, device)
    outputs = []
    for models in torch.arange(len(weights), device=device).split(together):
        parts = [
            predict(
                network,
                inputs,
                models,
                part.expand(len(models), -1),
                weights[models],
                running[models],
                forward=forward,
            )
            for part in torch.arange(rows, device=device).split(clips)
        ]
        outputs.append(torch.cat(parts, 1))
    return torch.cat(outputs)
