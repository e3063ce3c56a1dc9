"""The source models C1D and C2D, as stacks of ``m`` models of one design.

de Berardinis, Cangelosi and Coutinho, "The multiple voices of musical emotions", ISMIR 2020,
section 3.2. On 96 bands × 938 frames (20 s at 12 kHz) C1D has 86,354 parameters and C2D
37,698, as their Table 1 says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from affectmix.errors import ConfigError
from affectmix.learners.emomucs.first_block import first_block
from affectmix.learners.emomucs.layers import (
    Tensors,
    apart,
    batch_norm,
    connect,
    convolve,
    drop,
    side_by_side,
)
from affectmix.learners.emomucs.parameters import (
    Layout,
    Slot,
    convolution_slots,
    linear_slots,
    norm_slots,
    statistics_slots,
)

TARGET_COUNT = 2  # valence and arousal, from one network; class tasks have others


@dataclass(frozen=True)
class Batch:
    """What ``m`` models are given in one step, each its own clips.

    Attributes:
        x: log-mels [shape=(m, b, stems, bands, frames)], or features of frozen source models
            [shape=(m, b, features)].
        moments: means and outer products of their patches, for C2D in training
            [shapes=(m, b, stems, 9), (m, b, stems, 9, 9)].
        masks: dropout's masks by name [shape=(m, b, features)]; None outside training.
    """

    x: Tensor
    moments: tuple[Tensor, Tensor] | None = None
    masks: Tensors | None = None

    @property
    def train(self) -> bool:
        """Whether batch norm uses the batch's own statistics, and dropout drops."""
        return self.masks is not None


class Network(Protocol):
    """A stack of models of one design.

    Attributes:
        weights: where each trained number lies.
        running: where each batch-norm statistic lies.
        dropouts: name of each dropout → how many activations it masks.
        needs_moments: whether training needs the moments of patches.
        activations: about how many numbers training keeps per clip and model.
    """

    weights: Layout
    running: Layout
    dropouts: dict[str, int]
    needs_moments: bool
    activations: int

    def forward(self, batch: Batch, weights: Tensors, running: Tensors) -> Tensor:
        """Return the targets. [shape=(m, b, t)]"""
        ...


class SourceNetwork(Network, Protocol):
    """A stack of source models, which can be tapped where fusion takes their features.

    Attributes:
        levels: fusion → how many features a source model gives it.
    """

    levels: dict[str, int]

    def tap(self, batch: Batch, weights: Tensors, running: Tensors, level: str) -> Tensor:
        """Return the features that a fusion takes, of one stem. [shape=(m, b, features)]"""
        ...


class C1D:
    """Two 1-D convolutions along time, each with max-pool and batch norm, and two dense layers.

    Args:
        bands: mel bands, which are the first convolution's channels.
        frames: frames in time.
        targets: how many numbers are predicted.

    Raises:
        ConfigError: too few frames for two kernels of 8 and two pools of 4.
    """

    KERNEL, POOL, CHANNELS, UNITS = 8, 4, (32, 16), 64

    def __init__(self, bands: int, frames: int, *, targets: int = TARGET_COUNT) -> None:
        length = frames
        for _ in self.CHANNELS:
            length = (length - self.KERNEL + 1) // self.POOL
        if length < 1:
            raise ConfigError(
                f"architecture 'c1d' needs log-mels of 51 frames or more; these have {frames}; "
                "take longer clips or architecture 'c2d'"
            )
        first, second = self.CHANNELS
        flat = second * length
        self.weights = Layout(
            convolution_slots("conv1", first, bands, self.KERNEL)
            | norm_slots("norm1", first)
            | convolution_slots("conv2", second, first, self.KERNEL)
            | norm_slots("norm2", second)
            | linear_slots("dense", self.UNITS, flat)
            | linear_slots("output", targets, self.UNITS)
        )
        self.running = Layout(statistics_slots("norm1", first) | statistics_slots("norm2", second))
        self.dropouts = {"maps": flat, "dense": self.UNITS}
        self.levels = {"early": flat, "mid": self.UNITS, "late": targets}
        self.needs_moments = False
        self.activations = (bands + first) * frames

    def forward(self, batch: Batch, weights: Tensors, running: Tensors) -> Tensor:
        """Return the targets by one stem. [shape=(m, b, t)]"""
        return self.tap(batch, weights, running, "late")

    def tap(self, batch: Batch, weights: Tensors, running: Tensors, level: str) -> Tensor:
        """Return the flat maps, the dense layer's units, or the output."""
        x = side_by_side(batch.x[:, :, 0])
        for layer in ("1", "2"):
            x = functional.max_pool1d(convolve(x, weights, f"conv{layer}"), self.POOL)
            x = batch_norm(x, weights, running, f"norm{layer}", train=batch.train)
        maps = apart(x, len(batch.x)).flatten(2)
        if level == "early":
            return maps
        units = torch.relu(connect(drop(maps, batch.masks, "maps"), weights, "dense"))
        if level == "mid":
            return units
        return connect(drop(units, batch.masks, "dense"), weights, "output")


class C2D:
    """Five blocks of 3 × 3 convolution, batch norm, ELU and max-pool, and one dense layer.

    A pool that is larger than the map it meets takes the whole map, so that shorter clips
    than the paper's work as well.

    Args:
        bands: mel bands.
        frames: frames in time.
        targets: how many numbers are predicted.
    """

    CHANNELS = 32
    POOLS = ((2, 3), (3, 3), (2, 3), (2, 3), (4, 3))

    def __init__(self, bands: int, frames: int, *, targets: int = TARGET_COUNT) -> None:
        weights: dict[str, Slot] = {}
        running: dict[str, Slot] = {}
        height, width = bands, frames
        self._pools = []
        for number, (high, wide) in enumerate(self.POOLS, start=1):
            into = 1 if number == 1 else self.CHANNELS
            weights |= convolution_slots(f"conv{number}", self.CHANNELS, into, 3, 3)
            weights |= norm_slots(f"norm{number}", self.CHANNELS)
            running |= statistics_slots(f"norm{number}", self.CHANNELS)
            pool = min(high, height), min(wide, width)
            self._pools.append(pool)
            height, width = height // pool[0], width // pool[1]
        self.weights = Layout(weights | linear_slots("output", targets, self.CHANNELS))
        self.running = Layout(running)
        self.dropouts: dict[str, int] = {}
        self.levels = {"early": self.CHANNELS, "late": targets}
        self.needs_moments = True
        self.activations = self.CHANNELS * bands * frames

    def forward(self, batch: Batch, weights: Tensors, running: Tensors) -> Tensor:
        """Return the targets by one stem. [shape=(m, b, t)]"""
        return self.tap(batch, weights, running, "late")

    def tap(self, batch: Batch, weights: Tensors, running: Tensors, level: str) -> Tensor:
        """Return the averaged maps, or the output."""
        moments = batch.moments and (batch.moments[0][:, :, 0], batch.moments[1][:, :, 0])
        x = first_block(
            batch.x[:, :, 0], moments, weights, running, pool=self._pools[0], train=batch.train
        )
        x = side_by_side(x)
        for number, pool in enumerate(self._pools[1:], start=2):
            x = convolve(x, weights, f"conv{number}", padding=1)
            x = batch_norm(x, weights, running, f"norm{number}", train=batch.train)
            x = functional.max_pool2d(functional.elu(x), pool)
        maps = apart(x.mean((-2, -1)), len(batch.x))
        return maps if level == "early" else connect(maps, weights, "output")


def source_network(
    architecture: str, bands: int, frames: int, *, targets: int = TARGET_COUNT
) -> C1D | C2D:
    """Return the source models' design for log-mels of one size and a number of targets."""
    kind = C1D if architecture == "c1d" else C2D
    return kind(bands, frames, targets=targets)
