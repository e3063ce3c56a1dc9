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
KERNELS = (("rbf", 0.5), ("rbf", 1.0), ("matern", 1.0), ("linear", 1.0), ("cubic", 0.3))


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
        _kernels("uniform, relevance 1", 1.0, {"input": "uniform", "relevance": 1.0}),
        _kernels("uniform", 1.0, *_components("uniform")),
        Stage("boosting", 3.0, tuple(_boosting(seed))),
        _kernels("uniform, relevance 2", 1.0, {"input": "uniform", "relevance": 2.0}),
        Stage("extratrees", 6.0, tuple(_extra_trees(seed))),
        _kernels("standard", 1.0, *_components("standard")),
        _kernels("normal, relevance 1", 1.0, {"input": "normal", "relevance": 1.0}),
        Stage("uniform, elastic nets", 0.2, tuple(_elastic_nets("uniform"))),
        Stage("standard, elastic nets", 0.2, tuple(_elastic_nets("standard"))),
        _kernels("normal, relevance 2", 1.0, {"input": "normal", "relevance": 2.0}),
        _kernels("standard, relevance 2", 1.0, {"input": "standard", "relevance": 2.0}),
        _kernels("normal", 1.0, *_components("normal")),
    ]
    allowed = [
        Stage(stage.name, stage.cost, tuple(m for m in stage.members if m["family"] in families))
        for stage in stages
    ]
    return [stage for stage in allowed if stage.members]


def _components(name: str) -> list[Member]:
    """Principal components that kernels are laid over."""
    shares = ((1.0, False), (0.9, False), (0.8, False), (0.8, True))
    return [{"input": name, "pca": share, "whiten": whiten} for share, whiten in shares]


def _kernels(name: str, cost: float, *places: Member) -> Stage:
    members = []
    for place in places:
        for kernel, width in KERNELS:
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
        "columns": 0.01,
        "depth": 4,
        "leaf": 5,
        "rate": 0.05,
        "subsample": 0.6,
        "seed": seed,
    }
    return [{**common, "trees": trees} for trees in (100, 200, 300)]


def _extra_trees(seed: int) -> list[Member]:
    common = {"family": "extratrees", "input": "uniform", "columns": 0.05, "leaf": 3, "seed": seed}
    return [{**common, "trees": 200}]
