"""Cells: the unit of every experiment, and how a configuration expands into them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from affectmix.splits.mixtures import mixture_name


@dataclass(frozen=True)
class Cell:
    """One learner, feature choice, mixture, scheme, protocol, arithmetic and control.

    Attributes:
        shares: view → share of its training rows in [0, 1]; a view with share 0 is
            tested and not trained on.
    """

    learner: str
    features: str
    shares: tuple[tuple[str, float], ...]
    scheme: str
    protocol: str
    arithmetic: str
    control: str

    @property
    def mixture(self) -> str:
        """The mixture's name, such as ``iads_e-100_pmemo-025``."""
        return mixture_name(dict(self.shares))

    @property
    def name(self) -> str:
        """The cell's name in paths; two experiments with the same cell share its files."""
        return "__".join(self.fields().values())

    @property
    def views(self) -> tuple[str, ...]:
        """The views that are tested, in order."""
        return tuple(view for view, _ in self.shares)

    def fields(self) -> dict[str, str]:
        """Return the fields that stand as columns in predictions and metrics."""
        return {
            "learner": self.learner,
            "features": self.features,
            "mixture": self.mixture,
            "scheme": self.scheme,
            "protocol": self.protocol,
            "arithmetic": self.arithmetic,
            "control": self.control,
        }


def expand_cells(experiment: Mapping[str, Any]) -> list[Cell]:
    """Return the cells of one validated experiment, without repetition, in written order."""
    cells: dict[str, Cell] = {}
    for block in experiment["cells"]:
        product = itertools.product(
            block["learners"],
            block["features"],
            block["mixtures"],
            block["schemes"],
            block["protocols"],
            block["arithmetics"],
            block["controls"],
        )
        for learner, features, mixture, scheme, protocol, arithmetic, control in product:
            shares = tuple(sorted((view, float(share)) for view, share in mixture.items()))
            cell = Cell(learner, features, shares, scheme, protocol, arithmetic, control)
            cells.setdefault(cell.name, cell)
    return list(cells.values())
