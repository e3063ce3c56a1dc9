"""The learner ``stack``: search everything within a budget, then average what fits together."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from affectmix.errors import ConfigError
from affectmix.learners.base import Choice
from affectmix.learners.stack.library import fit_members
from affectmix.learners.stack.model import StackModel, weighted_part
from affectmix.learners.stack.plan import FAMILIES, make_plan
from affectmix.learners.stack.search import OutOfFold, search_stages
from affectmix.learners.stack.selection import ErrorProducts, bagged_selection
from affectmix.learners.stack.training import INPUTS, TrainingSet
from affectmix.search.task import SearchTask

#: Members of a stage that go into the selection: its best.
BEST_OF_STAGE = 5
#: Random subsets of these, and how large they are.
BAGS, BAG_SHARE = 40, 0.1
#: Weights below this are not worth a fit; the others are raised to sum to one.
SMALLEST_WEIGHT = 0.01


class StackLearner:
    """Selects a weighted average of kernel machines, linear models and trees per target.

    Args:
        budget_s: seconds of search per target; None for the whole plan, whose choice is the
            same every time. The final fit comes on top: about what one fold of the chosen
            members took.
        members: families that may be members.
        ensemble_size: members taken, with replacement, in each greedy selection.
        threads: threads that the search may use.
    """

    uses_features = True

    def __init__(
        self,
        *,
        budget_s: float | None = None,
        members: Sequence[str] = FAMILIES,
        ensemble_size: int = 20,
        threads: int = 1,
    ) -> None:
        self._budget_s = budget_s
        self._families = tuple(members)
        self._size = ensemble_size
        self._threads = threads

    def search(self, task: SearchTask) -> Choice:
        """Select members by the mean RMSE over folds and views, per target.

        Raises:
            ConfigError: the budget is too short for any stage of the plan.
        """
        started = time.monotonic()
        plan = make_plan(self._families, seed=task.seed)
        budget_s = None if self._budget_s is None else self._budget_s * len(task.targets)
        found = search_stages(task, plan, budget_s=budget_s, threads=self._threads)
        if not found.members:
            self._refuse_budget(found, len(task.targets))
        points = {
            target: self._select(task, found, column) for column, target in enumerate(task.targets)
        }
        report = {
            "points": len(found.members),
            "planned": sum(len(stage.members) for stage in plan),
            "stages": found.seconds,
            "left_out": list(found.left_out),
            "budget_s": self._budget_s,
            "seconds": time.monotonic() - started,
            "best_rmse": {target: point["rmse"] for target, point in points.items()},
            "chosen_converged": {target: point["converged"] for target, point in points.items()},
        }
        return Choice(points, report)

    def fit(
        self, X: np.ndarray, Y: np.ndarray, targets: Sequence[str], choice: Choice
    ) -> dict[str, StackModel]:
        """Fit each target's members on all rows. [shapes=(n, d), (n, t)]"""
        training = TrainingSet(np.ascontiguousarray(X, dtype=np.float32))
        return {
            target: _fit_members(training, Y[:, column], choice.points[target]["members"])
            for column, target in enumerate(targets)
        }

    def _select(self, task: SearchTask, found: OutOfFold, column: int) -> dict[str, Any]:
        errors = [
            predicted[:, :, column] - task.Y[fold.validation_rows, column][:, None]
            for fold, predicted in zip(task.folds, found.predictions, strict=True)
        ]
        finite = np.all([np.isfinite(missed).all(axis=0) for missed in errors], axis=0)
        solved = finite & found.converged[:, column]
        usable = np.flatnonzero(solved if solved.any() else finite)
        every = ErrorProducts.of(task.folds, [missed[:, usable] for missed in errors])
        scores = every.of_members()
        kept = best_of_stages(scores, found.stage_of[usable])
        products = every.subset(kept)
        weights = bagged_selection(
            products,
            steps=self._size,
            bags=BAGS,
            share=BAG_SHARE,
            seed=[task.seed, column],
        )
        weights = np.where(weights < SMALLEST_WEIGHT, 0.0, weights)
        weights /= weights.sum()
        members = [
            {**found.members[usable[place]], "weight": float(weight), "rmse": float(scores[place])}
            for place, weight in zip(kept, weights, strict=True)
            if weight > 0.0
        ]
        members.sort(key=lambda member: INPUTS.index(member["input"]))  # each is computed once
        return {
            "rmse": products.of_weights(weights),
            "converged": bool(solved.any()),
            "members": members,
        }

    def _refuse_budget(self, found: OutOfFold, targets: int) -> None:
        shortest = min(needed for needed in found.left_out.values() if needed) / targets
        raise ConfigError(
            f"budget_s: {self._budget_s:g} found; the shortest stage of the search would take "
            f"about {shortest:.2g} s per target. Set budget_s to at least "
            f"{1.5 * shortest:.2g}, or to null for the whole plan"
        )


def _fit_members(
    training: TrainingSet, y: np.ndarray, chosen: Sequence[dict[str, Any]]
) -> StackModel:
    """Return the weighted average of the chosen members of one target. [shape=(n,)]"""
    weights = np.array([member["weight"] for member in chosen])
    y = np.asarray(y, dtype=np.float64)
    parts, bias, converged = [], 0.0, True
    with threadpool_limits(1):
        for fitted in fit_members(training, y[:, None], chosen):
            part, offset = weighted_part(fitted, weights)
            parts.append(part)
            bias += offset
            converged &= bool(fitted.converged.all())
    return StackModel(training, parts, bias, np.array([y.min(), y.max()]), converged)


def best_of_stages(scores: np.ndarray, stages: np.ndarray) -> np.ndarray:
    """Return the places of each stage's best members, in order [shape=(k,)].

    Args:
        scores: lower is better [shape=(c,)].
        stages: number of each member's stage [shape=(c,)].
    """
    own = [np.flatnonzero(stages == stage) for stage in np.unique(stages)]
    best = [places[np.argsort(scores[places], kind="stable")[:BEST_OF_STAGE]] for places in own]
    return np.sort(np.concatenate(best))
