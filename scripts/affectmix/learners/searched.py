"""Learners whose hyper-parameters are searched in a space of points: elastic net and SVR."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from affectmix.learners.base import Choice, TargetModel
from affectmix.search.elasticnet_fit import fit_elasticnet
from affectmix.search.elasticnet_search import search_elasticnet
from affectmix.search.spaces import Point, load_space
from affectmix.search.svr_fit import fit_svr
from affectmix.search.svr_search import search_svr
from affectmix.search.task import SearchResult, SearchTask


@dataclass(frozen=True)
class Engine:
    """The search and the fit behind one kind of learner."""

    search: Callable[..., SearchResult]
    fit: Callable[..., TargetModel]
    tolerance: float


# Tolerances: the joint-learning paper's 1e-5 for ElasticNetCV, scikit-learn's 1e-3 for SVR.
ENGINES: Mapping[str, Engine] = {
    "elasticnet": Engine(search_elasticnet, fit_elasticnet, 1e-5),
    "svr": Engine(search_svr, fit_svr, 1e-3),
}


class SearchedLearner:
    """Chooses a point of a space per target, then fits it.

    Args:
        kind: ``elasticnet`` or ``svr``.
        space: name, file or data of a search space; see :mod:`affectmix.search.spaces`.
        search: ``halving`` (as the joint-learning paper) or ``exhaustive``.
        tolerance: at which a fit counts as converged; None for the kind's default.
        threads: threads that the search may use.
    """

    uses_features = True

    def __init__(
        self,
        kind: str,
        *,
        space: Any,
        search: str = "halving",
        tolerance: float | None = None,
        threads: int = 1,
    ) -> None:
        self._engine = ENGINES[kind]
        self._points: list[Point] = load_space(space, learner=kind)
        self._exhaustive = search == "exhaustive"
        self._tolerance = tolerance or self._engine.tolerance
        self._threads = threads

    def search(self, task: SearchTask) -> Choice:
        """Choose the point with the lowest mean RMSE over folds and views, per target."""
        result = self._engine.search(
            task,
            self._points,
            exhaustive=self._exhaustive,
            tol=self._tolerance,
            threads=self._threads,
        )
        return Choice(result.chosen, _describe(result))

    def fit(
        self, X: np.ndarray, Y: np.ndarray, targets: Sequence[str], choice: Choice
    ) -> dict[str, TargetModel]:
        """Fit the chosen point of each target on all rows. [shapes=(n, d), (n, t)]"""
        return {
            target: self._engine.fit(X, Y[:, column], choice.points[target], tol=self._tolerance)
            for column, target in enumerate(targets)
        }


def _describe(result: SearchResult) -> dict[str, Any]:
    """Return what the report tells of a search: rungs, counts, and the best scores."""
    by_rung = result.scores.groupby("rung")["share"]
    rungs = [
        {
            "rung": rung,
            "share": float(by_rung.get_group(rung).iloc[0]),
            "scored": len(by_rung.get_group(rung)),
            "unconverged": count,
        }
        for rung, count in sorted(result.unconverged.items())
    ]
    last = result.scores[result.scores["rung"] == result.scores["rung"].max()]
    best = last[last["converged"]].groupby("target")["rmse"].min()
    usable = last[last["converged"]].groupby("target").size()
    return {
        "points": len(result.points),
        "rungs": rungs,
        "chosen_converged": {target: bool(usable.get(target, 0)) for target in result.chosen},
        "best_rmse": {str(target): float(value) for target, value in best.items()},
    }
