"""What a search solves: points grouped by PCA, kernel and problem."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from affectmix.search.kernels import Kernel


@dataclass(frozen=True)
class Problem:
    """What is solved for one (C, epsilon): the points that share it.

    ``shrinking`` is False for convex kernels, where it makes no difference.
    """

    C: float
    epsilon: float
    shrinking: bool
    points: np.ndarray


#: (share of variance, whiten) → kernel → problems.
Plan: TypeAlias = Mapping[tuple[float, bool], Mapping[Kernel, Sequence[Problem]]]


def make_plan(points: Sequence[Mapping[str, Any]], wanted: np.ndarray) -> Plan:
    """Group the points that any target wants by PCA, kernel and problem."""
    groups: dict[tuple[float, bool], dict[Kernel, dict[tuple[float, float, bool], list[int]]]]
    groups = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for index in np.flatnonzero(wanted.any(axis=1)).tolist():
        point = points[index]
        group = (float(point.get("pca", 1.0)), bool(point.get("whiten", False)))
        kernel = Kernel.of(point)
        shrinking = bool(point.get("shrinking", True)) and not kernel.convex
        problem = (float(point.get("C", 1.0)), float(point.get("epsilon", 0.1)), shrinking)
        groups[group][kernel][problem].append(index)
    return {
        group: {
            kernel: [Problem(*key, np.array(indices)) for key, indices in problems.items()]
            for kernel, problems in kernels.items()
        }
        for group, kernels in groups.items()
    }
