"""Networks for segments: features without chance, then layers with dropout.

Dropout lies behind the features alone, in VGG as it was published too, so that two dropout
passes of R-Drop share one pass of the features, which is where the time goes.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from affectmix.errors import ConfigError

_DROPOUT = 0.5
_WIDTHS = 16, 32, 64  # channels of the small network's blocks
_DENSE = 256, 128  # units of the dense network's layers
_POOLED = 32  # bands that the dense network has statistics of, at most


class SegmentNetwork(nn.Module):
    """A network in two parts.

    Attributes:
        features: pictures [shape=(b, stems, width, bands)] → numbers [shape=(b, f)].
        head: numbers → outputs before softmax [shape=(b, outputs)].
    """

    def __init__(self, features: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.features = features
        self.head = head

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs for pictures. [shape=(b, outputs)]"""
        outputs: Tensor = self.head(self.features(x))
        return outputs


class _MeanAndMax(nn.Module):
    """The mean and the maximum over time of each channel and frequency."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x.mean(2), x.amax(2)], 1).flatten(1)


class _Statistics(nn.Module):
    """Mean, maximum, deviation and mean change over time of each channel and frequency."""

    def forward(self, x: Tensor) -> Tensor:
        change = (x[:, :, 1:] - x[:, :, :-1]).abs().mean(2)
        deviation = x.var(2, correction=0).clamp_min(1e-8).sqrt()
        return torch.cat([x.mean(2), x.amax(2), deviation, change], 1).flatten(1)


def make_network(name: str, *, stems: int, outputs: int, width: int, bands: int) -> SegmentNetwork:
    """Return a network with random weights, drawn from torch's own generator.

    Args:
        name: ``vgg16``, as the paper's; ``vgg16_bn``, with batch norm; ``small``, of fifty
            thousand parameters, for machines without a GPU; or ``dense``, on statistics of
            each segment, a tenth of the time of ``small``.
        stems: input channels.
        outputs: how many.
        width: frames of a segment.
        bands: of the log-mels.

    Raises:
        ConfigError: segments are too short, or have too few bands, for the network.
    """
    least = 32 if name.startswith("vgg") else 8
    if width < least or bands < least:
        raise ConfigError(
            f"backbone: {name} halves its input again and again and needs {least} frames and "
            f"bands; a segment here has {width} frames and {bands} bands. Take a longer "
            "segment_s, a recipe with a shorter hop, or backbone: small"
        )
    if name == "small":
        return _small(stems, outputs, bands)
    if name == "dense":
        return _dense(stems, outputs, bands)
    return _vgg16(stems, outputs, batch_norm=name == "vgg16_bn")


def _small(stems: int, outputs: int, bands: int) -> SegmentNetwork:
    """Three blocks of convolution, batch norm and pooling."""
    layers: list[nn.Module] = [nn.AvgPool2d((2, 1))]
    channels = stems
    for width in _WIDTHS:
        convolution = nn.Conv2d(channels, width, 3, padding=1, bias=False)
        layers += [convolution, nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True)]
        channels = width
    high = bands
    for _ in _WIDTHS:
        high = -(-high // 2)
    layers.append(nn.AvgPool2d((1, min(high, 4)), ceil_mode=True))
    layers.append(_MeanAndMax())
    flat = 2 * channels * -(-high // min(high, 4))
    head = nn.Sequential(
        *(nn.Dropout(_DROPOUT), nn.Linear(flat, 64), nn.ReLU()),
        *(nn.Dropout(_DROPOUT), nn.Linear(64, outputs)),
    )
    return SegmentNetwork(nn.Sequential(*layers), head)


def _dense(stems: int, outputs: int, bands: int) -> SegmentNetwork:
    """Two dense layers on statistics of the bands: it soon knows its training labels by heart."""
    pooled = -(-bands // _POOLED)
    count = 4 * stems * -(-bands // pooled)
    features = nn.Sequential(
        *(nn.AvgPool2d((1, pooled), ceil_mode=True), _Statistics(), nn.BatchNorm1d(count)),
    )
    first, second = _DENSE
    head = nn.Sequential(
        *(nn.Linear(count, first), nn.ReLU(), nn.Dropout(_DROPOUT)),
        *(nn.Linear(first, second), nn.ReLU(), nn.Dropout(_DROPOUT)),
        nn.Linear(second, outputs),
    )
    return SegmentNetwork(features, head)


def _vgg16(stems: int, outputs: int, *, batch_norm: bool) -> SegmentNetwork:
    """VGG16 of which only the input channels and the number of classes differ (section 3.1).

    Its dense layers want 7 × 7 maps: the last ones are averaged, or repeated, to that size.
    """
    # The family's module alone: the package's list of models imports torchvision.
    from pytorchcv.models.vgg import bn_vgg16, vgg16

    network = (bn_vgg16 if batch_norm else vgg16)(in_channels=stems, num_classes=outputs)
    features = nn.Sequential(network.features, nn.AdaptiveAvgPool2d(7), nn.Flatten())
    return SegmentNetwork(features, network.output)
