"""What a general model looks like, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from affectmix.learners.user_tuned.backbones import Pooling
from affectmix.learners.user_tuned.cuts import FrameCut
from affectmix.learners.user_tuned.outputs import Output, output_of
from affectmix.learners.user_tuned.pictures import Picture


@dataclass(frozen=True)
class Plan:
    """What a model looks like, as plain values.

    Attributes:
        targets: names of the outputs, in order.
        backbone: one of ``backbones.BACKBONES``.
        picture: how a frame becomes a picture.
        pooling: how the last maps become features.
        features: of a frame.
        bands: mel bands.
        rate: columns of the log-mels per second.
        frame_s: length of a frame in seconds.
        window: frames of a window.
        weights: where the backbone's first weights are from: ``origin`` (``random``,
            ``imagenet`` or ``file``), and the file's name and ``sha256`` where there is one.
        frozen: whether the backbone stayed as it began.
        epochs: of each stage, the epoch from 1 whose weights were kept; 0 where no epoch ended
            with a finite loss.
    """

    targets: tuple[str, ...]
    backbone: str
    picture: Picture
    pooling: Pooling
    features: int
    bands: int
    rate: float
    frame_s: float
    window: int
    weights: Mapping[str, str]
    frozen: bool
    epochs: tuple[int, int] = (1, 1)

    @property
    def output(self) -> Output:
        """How the targets are learned."""
        return output_of(self.targets)

    @property
    def cut(self) -> FrameCut:
        """Where frames lie."""
        return FrameCut(self.rate, self.frame_s)

    def to_json(self) -> dict[str, Any]:
        """Return the plan as plain data."""
        return {
            **self.__dict__,
            "targets": list(self.targets),
            "epochs": list(self.epochs),
            "picture": self.picture.value,
            "pooling": self.pooling.value,
            "weights": dict(self.weights),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Plan:
        """Return the plan that :meth:`to_json` wrote."""
        return cls(
            **{
                **data,
                "targets": tuple(data["targets"]),
                "epochs": tuple(data["epochs"]),
                "picture": Picture(data["picture"]),
                "pooling": Pooling(data["pooling"]),
            }
        )
