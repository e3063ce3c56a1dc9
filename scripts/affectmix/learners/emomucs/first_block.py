"""C2D's first convolution without its largest arrays: same numbers, a fraction of the work.

On 96 × 938 inputs the first of C2D's five blocks makes most of the memory traffic: 32 maps of
the input's size, each written and read again by batch norm, activation and pooling, of
which the pool keeps one value in six. Three facts allow for less, and change no result
beyond rounding:

- A 3 × 3 convolution of one channel is linear in patches of nine numbers, so that mean and
  variance of its output follow from the patches' first and second moments, which do not
  hang on the weights: they are computed once per clip.
- Batch norm with known statistics is a scale and a shift, which fold into the kernel.
- ELU rises everywhere, so that it can follow the pool.

What is left is "convolve, then max-pool", done in slices that stay in the cache; the way back
recomputes a slice instead of storing it.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from affectmix.learners.emomucs.layers import EPSILON, MOMENTUM, Tensors

TAPS = 9  # of a 3 × 3 kernel
_SLICE = {"cpu": 3_000_000, "cuda": 100_000_000}  # numbers at once: a CPU's cache, a GPU's memory


def patch_moments(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean and the mean outer product of all zero-padded 3 × 3 patches.

    Args:
        x: images [shape=(n, height, width)].

    Returns:
        Tensors of double precision [shapes=(n, 9), (n, 9, 9)].
    """
    means, seconds = [], []
    for image in x:
        patches = functional.unfold(image[None, None].double(), 3, padding=1)[0]
        means.append(patches.mean(1))
        seconds.append(patches @ patches.T / patches.shape[1])
    return torch.stack(means), torch.stack(seconds)


def first_block(
    x: Tensor,
    moments: tuple[Tensor, Tensor] | None,
    weights: Tensors,
    running: Tensors,
    *,
    pool: tuple[int, int],
    train: bool,
) -> Tensor:
    """Return conv 3 × 3, batch norm, ELU and max-pool of ``m`` models' own images.

    Args:
        x: images, one channel [shape=(m, b, height, width)].
        moments: ``patch_moments`` of the images [shapes=(m, b, 9), (m, b, 9, 9)]; needed in
            training.
        weights: conv1.weight, conv1.bias, norm1.scale and norm1.shift of each model.
        running: norm1.mean and norm1.variance, moved in place in training.
        pool: height and width of the pool.
        train: whether the batch's own statistics normalise.

    Returns:
        Maps [shape=(m, b, channels, height // pool, width // pool)], channels last in memory.
    """
    kernel = weights["conv1.weight"].flatten(2)  # [m, c, 9]
    bias = weights["conv1.bias"]
    if train:
        assert moments is not None
        mean, variance = _batch_statistics(kernel, bias, *moments)
        count = x.shape[1] * x.shape[2] * x.shape[3]
        _move(running["norm1.mean"], mean)
        _move(running["norm1.variance"], variance * (count / max(count - 1, 1)))
    else:
        mean, variance = running["norm1.mean"], running["norm1.variance"]
    factor = weights["norm1.scale"] * torch.rsqrt(variance + EPSILON).to(kernel.dtype)
    shift = weights["norm1.shift"] + (bias - mean.to(kernel.dtype)) * factor
    pooled = _ConvolveAndPool.apply(x, kernel * factor[..., None], pool)
    return functional.elu(pooled + shift[:, None, None, None]).movedim(-1, 2)


def _batch_statistics(
    kernel: Tensor, bias: Tensor, means: Tensor, seconds: Tensor
) -> tuple[Tensor, Tensor]:
    """Return mean and variance of the convolution's output. [shapes=(m, c), (m, c)]"""
    patch = means.mean(1)  # [m, 9]
    spread = seconds.mean(1) - patch[:, :, None] * patch[:, None, :]
    exact = kernel.double()
    mean = torch.einsum("mck,mk->mc", exact, patch) + bias.double()
    variance = torch.einsum("mck,mkl,mcl->mc", exact, spread, exact)
    return mean, variance.clamp_min(0)


def _move(running: Tensor, value: Tensor) -> None:
    running.lerp_(value.detach().to(running.dtype), MOMENTUM)


class _ConvolveAndPool(torch.autograd.Function):
    """Max-pool of a zero-padded 3 × 3 convolution of images that need no gradient.

    All positions of a pool are computed side by side from the same (pool + 2)² numbers, one
    matrix product per slice of clips. Where several positions share the maximum, as in
    silence, they share its gradient.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, kernel: Tensor, pool: tuple[int, int]) -> Tensor:
        ctx.save_for_backward(x, kernel)
        ctx.pool = pool
        height, width = x.shape[2] // pool[0], x.shape[3] // pool[1]
        products = _products(kernel, pool)
        pooled = [
            (_windows(part, pool) @ products).unflatten(-1, (-1, kernel.shape[1])).amax(-2)
            for part in _slices(x, kernel.shape[1])
        ]
        return torch.cat(pooled, 1).unflatten(2, (height, width))

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[None, Tensor, None]:
        x, kernel = ctx.saved_tensors
        products = _products(kernel, ctx.pool)
        total = torch.zeros_like(products)
        at = 0
        for part in _slices(x, kernel.shape[1]):
            windows = _windows(part, ctx.pool)
            values = (windows @ products).unflatten(-1, (-1, kernel.shape[1]))
            highest = values.amax(-2, keepdim=True)
            chosen = torch.eq(values, highest, out=values)  # 1 and 0, in the same memory
            share = gradient[:, at : at + part.shape[1]].flatten(2, 3) / chosen.sum(-2)
            chosen.mul_(share.unsqueeze(-2))
            total += (windows.transpose(-1, -2) @ chosen.flatten(-2)).sum(1, keepdim=True)
            at += part.shape[1]
        spread = total[:, 0].unflatten(-1, (-1, kernel.shape[1]))  # [m, window, positions, c]
        taps = _taps(ctx.pool).to(x.device)
        positions = torch.arange(len(taps), device=x.device)[:, None]
        return None, spread[:, taps, positions].sum(1).transpose(1, 2), None


def _taps(pool: tuple[int, int]) -> Tensor:
    """Return which numbers of a window each position's patch takes. [shape=(positions, 9)]"""
    rows, columns = torch.arange(pool[0]), torch.arange(pool[1])
    place = (rows[:, None] + torch.arange(3))[:, None, :, None] * (pool[1] + 2)
    return (place + (columns[:, None] + torch.arange(3))[None, :, None, :]).reshape(-1, TAPS)


def _products(kernel: Tensor, pool: tuple[int, int]) -> Tensor:
    """Return the matrix from a window to all positions' channels. [shape=(m, 1, window, p * c)]"""
    taps = _taps(pool).to(kernel.device)
    models, channels, _ = kernel.shape
    window = (pool[0] + 2) * (pool[1] + 2)
    matrix = kernel.new_zeros(models, window, len(taps), channels)
    positions = torch.arange(len(taps), device=kernel.device)[:, None]
    matrix[:, taps, positions] = kernel.transpose(1, 2)[:, None].expand(-1, len(taps), -1, -1)
    return matrix.flatten(2)[:, None]


def _slices(x: Tensor, channels: int) -> tuple[Tensor, ...]:
    """Return the clips in parts whose unpooled maps stay small. [shapes=(m, part, h, w)]"""
    per_clip = len(x) * x.shape[2] * x.shape[3] * channels
    return x.split(max(1, _SLICE[x.device.type] // per_clip), dim=1)


def _windows(x: Tensor, pool: tuple[int, int]) -> Tensor:
    """Return the padded numbers behind each pooled value.

    Args:
        x: images [shape=(m, b, height, width)].

    Returns:
        A view [shape=(m, b, (height // pool) * (width // pool), window)].
    """
    height, width = x.shape[2] // pool[0], x.shape[3] // pool[1]
    padded = functional.pad(x, (1, 1, 1, 1))
    stacked = torch.stack(
        [
            padded[:, :, i : i + pool[0] * height : pool[0], j : j + pool[1] * width : pool[1]]
            for i in range(pool[0] + 2)
            for j in range(pool[1] + 2)
        ],
        2,
    )
    return stacked.flatten(3).transpose(2, 3)
