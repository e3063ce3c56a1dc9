"""Where each weight of a network lies in a flat vector, so that models are rows of a matrix.

Many small networks of one design train together when their weights are stacked: layer by
layer the stack is a view of the matrix, and the optimiser sees one matrix.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Slot:
    """One weight tensor of a network.

    Attributes:
        shape: its shape in one model.
        start: what it starts as: a constant, or None for numbers drawn evenly from
            ±1 / sqrt(fan_in), which is how torch starts convolutions and linear layers.
        fan_in: how many inputs one output of the layer has.
    """

    shape: tuple[int, ...]
    start: float | None = None
    fan_in: int = 1

    @property
    def size(self) -> int:
        """How many numbers the tensor has."""
        return math.prod(self.shape)


class Layout:
    """Named slots one after the other.

    Args:
        slots: name → slot, in order.
    """

    def __init__(self, slots: Mapping[str, Slot]) -> None:
        self.slots = dict(slots)

    @property
    def size(self) -> int:
        """How many numbers one model has."""
        return sum(slot.size for slot in self.slots.values())

    def views(self, flat: Tensor) -> dict[str, Tensor]:
        """Return each slot of every model as a view. [shape=(m, size)] → [shape=(m, ...)]"""
        views, at = {}, 0
        for name, slot in self.slots.items():
            views[name] = flat[:, at : at + slot.size].unflatten(1, slot.shape)
            at += slot.size
        return views

    def start(self, generators: Iterable[torch.Generator]) -> Tensor:
        """Return new weights, one row per generator. [shape=(m, size)]"""
        return torch.stack([self._row(generator) for generator in generators])

    def _row(self, generator: torch.Generator) -> Tensor:
        parts = []
        for slot in self.slots.values():
            if slot.start is None:
                drawn = torch.rand(slot.size, generator=generator)
                parts.append((2 * drawn - 1) / math.sqrt(slot.fan_in))
            else:
                parts.append(torch.full((slot.size,), slot.start))
        return torch.cat(parts) if parts else torch.empty(0)


def convolution_slots(name: str, out: int, into: int, *kernel: int) -> dict[str, Slot]:
    """Return weight and bias of a convolution of ``into`` channels to ``out``."""
    fan_in = into * math.prod(kernel)
    return {
        f"{name}.weight": Slot((out, into, *kernel), fan_in=fan_in),
        f"{name}.bias": Slot((out,), fan_in=fan_in),
    }


def linear_slots(name: str, out: int, into: int) -> dict[str, Slot]:
    """Return weight and bias of a fully connected layer."""
    return convolution_slots(name, out, into)


def norm_slots(name: str, channels: int) -> dict[str, Slot]:
    """Return scale and shift of a batch norm."""
    return {
        f"{name}.scale": Slot((channels,), start=1.0),
        f"{name}.shift": Slot((channels,), start=0.0),
    }


def statistics_slots(name: str, channels: int) -> dict[str, Slot]:
    """Return the running mean and variance of a batch norm."""
    return {
        f"{name}.mean": Slot((channels,), start=0.0),
        f"{name}.variance": Slot((channels,), start=1.0),
    }


def under(prefix: str, slots: Mapping[str, Slot]) -> dict[str, Slot]:
    """Return the slots of a part with the part's name before theirs."""
    return {f"{prefix}.{name}": slot for name, slot in slots.items()}


def part(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors of a part without the part's name."""
    start = f"{prefix}."
    return {
        name.removeprefix(start): tensor
        for name, tensor in tensors.items()
        if name.startswith(start)
    }
