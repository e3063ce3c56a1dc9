"""Learners by the name of their kind: a new one is a module, an entry here, and a test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from affectmix.learners.base import Learner
from affectmix.learners.mean import MeanLearner
from affectmix.learners.searched import SearchedLearner

BASELINES = ("mean",)  # kinds that look at labels alone


def make_learner(settings: Mapping[str, Any], *, threads: int = 1) -> Learner:
    """Return the learner of validated settings (``learners.<name>`` of the configuration)."""
    kind = settings["kind"]
    if kind in BASELINES:
        return MeanLearner()
    return SearchedLearner(
        kind,
        space=settings["space"],
        search=settings["search"],
        tolerance=settings.get("tolerance"),
        threads=threads,
    )
