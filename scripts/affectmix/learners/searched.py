"""Learners whose hyper-parameters are searched in a space of points: elastic net and SVR."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from affectmix.features.disk_rows import Features
from affectmix.learners.base import Choice, TargetModel
from affectmix.search.axes import Axes
from affectmix.search.elasticnet_fit import fit_elasticnet
from affectmix.search.elasticnet_search import search_elasticnet
from affectmix.search.landmarks import LANDMARKS
from affectmix.search.spaces import Point, load_space
from affectmix.search.svr_fit import fit_svr
from affectmix.search.svr_search import search_svr
from affectmix.search.task import EXACT_ROWS, SearchResult, SearchTask


@dataclass(frozen=True)
class Engine:
    """The search and the fit behind one kind of learner."""

    search: Callable[..., SearchResult]
    fit: Callable[..., TargetModel]
    tolerance: float
    landmarks: int | None = None


# Tolerances: the joint-learning paper's 1e-5 for ElasticNetCV, scikit-learn's 1e-3 for SVR.
ENGINES: Mapping[str, Engine] = {
    "elasticnet": Engine(search_elasticnet, fit_elasticnet, 1e-5),
    "svr": Engine(search_svr, fit_svr, 1e-3, LANDMARKS),
}


class SearchedLearner:
    """Chooses a point of a space per target, then fits it.

    Args:
        kind: ``elasticnet`` or ``svr``.
        space: name, file or data of a search space; see :mod:`affectmix.search.spaces`.
        search: ``halving`` (as the joint-learning paper) or ``exhaustive``.
        tolerance: at which a fit counts as converged; None for the kind's default.
        limits: ``exact_rows``: on more training rows than this, sums over blocks stand in for
            the rows of an elastic net, and landmarks for the kernel of an SVR; and of an SVR
            alone ``landmarks``, the rows that stand for all in such a kernel.
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
        limits: Mapping[str, int] | None = None,
        threads: int = 1,
    ) -> None:
        self._engine = ENGINES[kind]
        self._points: list[Point] = load_space(space, learner=kind)
        self._exhaustive = search == "exhaustive"
        self._tolerance = tolerance or self._engine.tolerance
        self._limits = dict(limits or {})
        self._threads = threads

    def search(self, task: SearchTask) -> Choice:
        """Choose the point with the lowest mean RMSE over folds and views, per target."""
        result = self._engine.search(
            task,
            self._points,
            exhaustive=self._exhaustive,
            tol=self._tolerance,
            threads=self._threads,
            **self._limits,
        )
        most = max(len(fold.train) for fold in task.folds)
        return Choice(result.chosen, {**_describe(result), **self._approximation(result, most)})

    def fit(
        self, X: Features, Y: np.ndarray, targets: Sequence[str], choice: Choice
    ) -> dict[str, TargetModel]:
        """Fit the chosen point of each target on all rows. [shapes=(n, d), (n, t)]"""
        settings: dict[str, Any] = {"tol": self._tolerance, **self._limits}
        if len(X) > self._limits.get("exact_rows", EXACT_ROWS):
            with threadpool_limits(self._threads, user_api="blas"):
                settings["axes"] = Axes.fit(X)  # for all targets
        return {
            target: self._engine.fit(X, Y[:, column], choice.points[target], **settings)
            for column, target in enumerate(targets)
        }

    def _approximation(self, result: SearchResult, most: int) -> dict[str, Any]:
        """Return with how many landmarks which rungs were searched; nothing where all were exact.

        Args:
            result: what the search found.
            most: rows of the largest training set.
        """
        exact_rows = self._limits.get("exact_rows", EXACT_ROWS)
        landmarks = self._limits.get("landmarks", self._engine.landmarks)
        shares = result.scores.groupby("rung")["share"].first().to_numpy()
        rungs = [rung for rung, share in enumerate(shares) if round(share * most) > exact_rows]
        if landmarks is None or not rungs:
            return {}
        return {"approximation": {"landmarks": landmarks, "rungs": rungs}}


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
