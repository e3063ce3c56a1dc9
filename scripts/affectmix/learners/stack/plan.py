"""What an ensemble may be made of, in the order of value per second.

A stage is tried as a whole: its members share an input and what is computed of it. The first
stages alone make a strong ensemble; on 900 clips with 6,373 columns they take seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Member = dict[str, Any]
FAMILIES = ("ridge", "svr", "elasticnet", "boosting", "extratrees")

#: In units of the centred kernel's mean eigenvalue.
PENALTIES = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
BOXES = (0.3, 1.0, 3.0)  # C of a support vector regression
TUBES = (0.05, 0.2)  # its epsilon, for targets in [-1, 1]
#: Parts of the penalty at which an elastic net's coefficients are all zero.
FRACTIONS = (0.5, 0.35, 0.25, 0.18, 0.12, 0.08, 0.05)
#: Kernels and their widths in units of the rows' mean squared length.
KERNEL_WIDTHS = (("rbf", 0.5), ("rbf", 1.0), ("matern", 1.0), ("linear", 1.0), ("cubic", 0.3))


@dataclass(frozen=True)
class Stage:
    """Members that are tried together.

    Attributes:
        name: of the stage, for the report.
        cost: seconds that it takes, where the first stage takes one.
        members: their hyper-parameters, neighbours sharing what is computed.
    """

    name: str
    cost: float
    members: tuple[Member, ...]


def make_plan(families: Sequence[str], *, seed: int) -> list[Stage]:
    """Return the stages of the allowed families, best value per second first.

    Args:
        families: of ``FAMILIES``.
        seed: of the trees.
    """
    stages = [
        _relevant("uniform", 1.0, cost=1.0),
        _components("uniform", cost=0.8),
        Stage("boosting", 1.0, tuple(_boosting(seed))),
        _relevant("normal", 2.0, cost=0.8),
        _components("standard", cost=0.8),
        _relevant("uniform", 2.0, cost=0.6),
        _relevant("normal", 1.0, cost=0.6),
        _relevant("standard", 2.0, cost=0.5),
        Stage("elastic nets, uniform", 0.4, tuple(_elastic_nets("uniform"))),
        Stage("elastic nets, standard", 0.3, tuple(_elastic_nets("standard"))),
        Stage("extratrees", 1.5, tuple(_extra_trees(seed))),
        _components("normal", cost=0.9),
    ]
    allowed = [
        Stage(stage.name, stage.cost, tuple(m for m in stage.members if m["family"] in families))
        for stage in stages
    ]
    return [stage for stage in allowed if stage.members]


def _relevant(name: str, power: float, *, cost: float) -> Stage:
    """Kernels over all columns, weighted by their relation to the target."""
    where = {"input": name, "relevance": power}
    return _kernels(f"kernels, {name}, relevance {power:g}", cost, [where])


def _components(name: str, *, cost: float) -> Stage:
    """Kernels over principal components."""
    shares = ((1.0, False), (0.8, False), (0.8, True))
    places = [{"input": name, "pca": share, "whiten": whiten} for share, whiten in shares]
    return _kernels(f"kernels, {name}", cost, places)


def _kernels(name: str, cost: float, places: Sequence[Member]) -> Stage:
    members = []
    for place in places:
        for kernel, width in KERNEL_WIDTHS:
            common = {**place, "kernel": kernel, "width": width}
            members += [{"family": "ridge", **common, "penalty": p} for p in PENALTIES]
            if kernel != "linear":
                members += [
                    {"family": "svr", **common, "C": C, "epsilon": e} for e in TUBES for C in BOXES
                ]
    return Stage(name, cost, tuple(members))


def _elastic_nets(name: str) -> list[Member]:
    return [
        {
            "family": "elasticnet",
            "input": name,
            "pca": share,
            "whiten": whiten,
            "l1_ratio": ratio,
            "penalty": fraction,
        }
        for share in (0.8, 1.0)
        for whiten in (False, True)
        for ratio in (0.1, 0.5, 0.9)
        for fraction in FRACTIONS
    ]


def _boosting(seed: int) -> list[Member]:
    common = {
        "family": "boosting",
        "input": "uniform",
        "columns": 0.005,
        "depth": 4,
        "leaf": 5,
        "rate": 0.05,
        "subsample": 0.6,
        "seed": seed,
    }
    return [{**common, "trees": trees} for trees in (100, 200)]


def _extra_trees(seed: int) -> list[Member]:
    common = {"family": "extratrees", "input": "uniform", "columns": 0.03, "leaf": 3, "seed": seed}
    return [{**common, "trees": 100}]
