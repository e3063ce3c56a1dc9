"""Convolutional networks for photographs, cut after their last convolution."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import torch
from torch import Tensor, nn

from affectmix.errors import ConfigError


class Pooling(StrEnum):
    """``flatten``: all positions of the last maps side by side, as in the paper; ``mean``."""

    MEAN = "mean"
    FLATTEN = "flatten"


BACKBONES: Final = ("mobilenetv3_large", "efficientnet_b3", "small")


class SmallBackbone(nn.Sequential):
    """Five convolutions of stride 2, for tests and for machines without a GPU: 98,000 weights."""

    def __init__(self) -> None:
        channels = (3, 8, 16, 32, 64, 128)
        layers: list[nn.Module] = []
        for entering, leaving in itertools.pairwise(channels):
            layers += [
                nn.Conv2d(entering, leaving, 3, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(leaving),
                nn.ReLU(inplace=True),
            ]
        super().__init__(*layers)


def make_backbone(name: str) -> nn.Module:
    """Return a network with random weights, from pictures to its last maps.

    Args:
        name: one of :data:`BACKBONES`. MobileNetV3-Large gives 960 maps of 10 × 10 of a
            picture of 300 × 300, EfficientNet-B3 1,536 of 10 × 10.
    """
    made = SmallBackbone() if name == "small" else _convolutions(_classifier(name))
    # As the pictures lie in memory, so that results are the same before and after storing.
    return made.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def load_published(backbone: nn.Module, name: str, state: Mapping[str, Tensor]) -> None:
    """Give a network pytorchcv's published weights; those of its classifier are left out.

    Args:
        backbone: of :func:`make_backbone`.
        name: its name.
        state: the weights as published, with the names of pytorchcv's model.

    Raises:
        ConfigError: they are those of another network.
    """
    if name == "small":
        raise ConfigError("backbone 'small' has no published weights; take weights: random")
    whole = _classifier(name)
    try:
        whole.load_state_dict(dict(state))
    except RuntimeError as error:
        first = str(error).splitlines()[0]
        raise ConfigError(
            f"the weights are not those of pytorchcv's {name} ({first}); name the file of this "
            "network, or take weights: random"
        ) from error
    backbone.load_state_dict(_convolutions(whole).state_dict())


def _classifier(name: str) -> nn.Module:
    """Return the whole network, from its own module: pytorchcv's list of all needs torchvision."""
    if name == "mobilenetv3_large":
        from pytorchcv.models.mobilenetv3 import mobilenetv3_large_w1 as make
    elif name == "efficientnet_b3":
        from pytorchcv.models.efficientnet import efficientnet_b3 as make
    else:
        raise ConfigError(f"backbone {name!r} is unknown; allowed are {list(BACKBONES)}")
    network: nn.Module = make()
    return network


def _convolutions(network: nn.Module) -> nn.Module:
    """Return a network without its pooling and classifier."""
    features = network.get_submodule("features")
    return nn.Sequential(*(part for key, part in features.named_children() if key != "final_pool"))


def pool(maps: Tensor, pooling: Pooling) -> Tensor:
    """Return the last maps as features. [shape=(b, c, h, w)] → [shape=(b, d)]"""
    return maps.mean((2, 3)) if pooling is Pooling.MEAN else maps.contiguous().flatten(1)


def digest(module: nn.Module) -> str:
    """Return the SHA-256 of a network's weights and statistics, by name, in hexadecimal."""
    found = hashlib.sha256()
    for name, values in sorted(module.state_dict().items()):
        found.update(name.encode() + values.detach().cpu().contiguous().numpy().tobytes())
    return found.hexdigest()


def count_features(backbone: nn.Module, picture: Tensor, pooling: Pooling) -> int:
    """Return how many features a picture gives; batch norm's statistics stay as they are.

    Args:
        backbone: of :func:`make_backbone`.
        picture: one [shape=(1, 3, h, w)].
        pooling: of the last maps.
    """
    training = backbone.training
    with torch.no_grad():
        features = pool(backbone.eval()(picture), pooling)
    backbone.train(training)
    return features.shape[1]
