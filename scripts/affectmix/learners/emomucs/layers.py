"""Layers of many models at once: what is stacked is ``m`` models, and none sees another.

Convolutions take the models' channels side by side, ``[b, m * channels, ...]``, as groups of
one convolution; max-pooling, activations and batch norm, whose statistics are per channel,
then need no change at all. Fully connected layers take ``[m, b, features]``.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

Tensors = Mapping[str, Tensor]

EPSILON, MOMENTUM = 1e-5, 0.1  # of batch norm, as torch has them


def side_by_side(x: Tensor) -> Tensor:
    """Put the models' channels side by side. [shape=(m, b, c, ...)] → [shape=(b, m * c, ...)]"""
    return x.transpose(0, 1).flatten(1, 2)


def apart(x: Tensor, models: int) -> Tensor:
    """Take the models' channels apart. [shape=(b, m * c, ...)] → [shape=(m, b, c, ...)]"""
    return x.unflatten(1, (models, -1)).transpose(0, 1)


def convolve(x: Tensor, weights: Tensors, name: str, *, padding: int = 0) -> Tensor:
    """Convolve each model's channels with its own kernels. [shape=(b, m * c, ...)]"""
    kernel, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
    models = kernel.shape[0]
    convolution = functional.conv1d if kernel.ndim == 4 else functional.conv2d
    kernels, biases = _own(kernel.flatten(0, 1)), _own(bias.flatten())
    return convolution(x, kernels, biases, padding=padding, groups=models)


def _own(view: Tensor) -> Tensor:
    """Return a copy that begins where memory is aligned.

    The views of a flat vector of weights begin anywhere, and cuDNN reads numbers in fours: of a
    single model, whose views are not copied by flattening, that is a misaligned address.
    """
    return view.clone(memory_format=torch.contiguous_format)


def batch_norm(x: Tensor, weights: Tensors, running: Tensors, name: str, *, train: bool) -> Tensor:
    """Normalise each channel of each model by its own batch. [shape=(b, m * c, ...)]

    In training the running statistics are moved in place, as torch moves them.
    """
    mean = _own(running[f"{name}.mean"].flatten())
    variance = _own(running[f"{name}.variance"].flatten())
    scale = _own(weights[f"{name}.scale"].flatten())
    shift = _own(weights[f"{name}.shift"].flatten())
    normal = functional.batch_norm(
        x, mean, variance, scale, shift, training=train, momentum=MOMENTUM, eps=EPSILON
    )
    if train:
        running[f"{name}.mean"].copy_(mean.view_as(running[f"{name}.mean"]))
        running[f"{name}.variance"].copy_(variance.view_as(running[f"{name}.variance"]))
    return normal


def connect(x: Tensor, weights: Tensors, name: str) -> Tensor:
    """Apply each model's fully connected layer. [shape=(m, b, in)] → [shape=(m, b, out)]"""
    return torch.baddbmm(
        weights[f"{name}.bias"][:, None], x, weights[f"{name}.weight"].transpose(1, 2)
    )


def drop(x: Tensor, masks: Tensors | None, name: str) -> Tensor:
    """Zero what the models' own masks leave out; without masks, return ``x``.

    Args:
        x: activations [shape=(m, b, features)].
        masks: 1 / keep probability where kept, 0 where dropped; None outside training.
        name: the layer's mask.
    """
    return x if masks is None else x * masks[name]
