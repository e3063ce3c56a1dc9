"""Which networks there are: architecture, fusion and way of training. No torch here."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from affectmix.errors import ConfigError

ARCHITECTURES = ("c1d", "c2d")
FUSIONS = ("early", "mid", "late")
TRAININGS = ("full", "freeze", "finetune")


@dataclass(frozen=True)
class Variant:
    """One network and how it is trained.

    Attributes:
        architecture: of the source models: ``c1d`` or ``c2d``.
        fusion: where the source models are joined; None for a single stem.
        training: ``full`` (from scratch), ``freeze`` (source models trained before, and
            fixed with their batch-norm statistics) or ``finetune`` (trained before, and
            trained on at a small rate); None for a single stem.
    """

    architecture: str
    fusion: str | None
    training: str | None

    @property
    def pretrained(self) -> bool:
        """Whether source models are trained on their own before they are joined."""
        return self.training in ("freeze", "finetune")

    def to_json(self) -> dict[str, Any]:
        """Return the variant as plain data."""
        return {
            "architecture": self.architecture,
            "fusion": self.fusion,
            "training": self.training,
        }


def variants(settings: Mapping[str, Any], stems: int) -> list[Variant]:
    """Return the variants that a learner's settings name, for a number of stems.

    C2D has no mid-level fusion: it has one fully connected layer alone.

    Args:
        settings: ``architectures``, ``fusions`` and ``trainings``.
        stems: how many stems the features have; one needs no fusion.

    Raises:
        ConfigError: nothing is left to train.
    """
    if stems == 1:
        return [Variant(architecture, None, None) for architecture in settings["architectures"]]
    product = itertools.product(
        settings["architectures"], settings["fusions"], settings["trainings"]
    )
    found = [Variant(*each) for each in product if each[:2] != ("c2d", "mid")]
    if not found:
        raise ConfigError(
            "fusions: [mid] is not possible with architectures: [c2d], which has no layer "
            "between its convolutions and its output; add c1d, or use early or late"
        )
    return found
