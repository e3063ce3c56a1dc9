"""The anytime search: out-of-fold predictions of stage after stage, until the time is up."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from threadpoolctl import threadpool_limits

from affectmix.errors import ConfigError
from affectmix.learners.stack.library import predict_members
from affectmix.learners.stack.plan import Member, Stage
from affectmix.learners.stack.training import Rows, TrainingSet
from affectmix.search.task import SearchTask

Clock = Callable[[], float]


@dataclass
class OutOfFold:
    """What every finished member predicts for the rows that its folds did not train on.

    Attributes:
        members: their hyper-parameters.
        predictions: per fold, of its ``validation_rows`` [shape=(m, members, t) each].
        converged: whether each solver reached its tolerance in every fold
            [shape=(members, t)].
        seconds: stage → how long it took.
        stage_of: number of each member's stage [shape=(members,)].
        cost: what these stages cost by the plan.
        left_out: stage for which there was no time → seconds that it seemed to need, None if
            nothing could tell.
    """

    members: list[Member] = field(default_factory=list)
    predictions: list[np.ndarray] = field(default_factory=list)
    converged: np.ndarray = field(default_factory=lambda: np.empty((0, 0), dtype=bool))
    seconds: dict[str, float] = field(default_factory=dict)
    stage_of: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=int))
    cost: float = 0.0
    left_out: dict[str, float | None] = field(default_factory=dict)

    def add(
        self, stage: Stage, results: Sequence[tuple[np.ndarray, np.ndarray]], seconds: float
    ) -> None:
        """Keep a stage of which every fold is done."""
        number = np.full(len(stage.members), len(self.seconds))
        self.stage_of = np.concatenate([self.stage_of, number])
        self.seconds[stage.name] = seconds
        self.cost += stage.cost
        converged = np.all([ok for _, ok in results], axis=0)
        new = [predicted for predicted, _ in results]
        if self.members:
            new = [np.concatenate(pair, axis=1) for pair in zip(self.predictions, new, strict=True)]
            converged = np.concatenate([self.converged, converged])
        self.members += stage.members
        self.predictions, self.converged = new, converged


class FoldSets:
    """The training sets of a search's folds, each decomposed once for all stages."""

    def __init__(self, task: SearchTask) -> None:
        self._task = task
        self._sets = [TrainingSet(task.X[fold.train]) for fold in task.folds]
        self._rows = [
            Rows(training, task.X[fold.validation_rows])
            for training, fold in zip(self._sets, task.folds, strict=True)
        ]

    def predict(self, fold: int, stage: Stage) -> tuple[np.ndarray, np.ndarray]:
        """Fit a stage's members on one fold's training rows and predict its other rows."""
        Y = self._task.Y[self._task.folds[fold].train]
        return predict_members(self._sets[fold], Y, stage.members, self._rows[fold])


def search_stages(
    task: SearchTask,
    plan: Sequence[Stage],
    *,
    budget_s: float | None,
    threads: int = 1,
    clock: Clock = time.monotonic,
) -> OutOfFold:
    """Fit stage after stage in every fold.

    A stage that would not end in time, judged by the stages before it and then by its own
    first folds, is left out, and those that come after it are still tried.

    Args:
        task: rows, targets and folds.
        plan: the stages, in order.
        budget_s: seconds for the whole search; None for the whole plan.
        threads: folds that are worked on at once; changes nothing but the time.
        clock: seconds that only grow.

    Raises:
        ConfigError: targets are not finite, or a training set has fewer than two rows.
    """
    _check(task)
    deadline = np.inf if budget_s is None else clock() + budget_s
    found, sets, pace = OutOfFold(), FoldSets(task), 0.0
    folds = range(len(task.folds))
    with ThreadPoolExecutor(threads) as pool, threadpool_limits(1):
        for stage in plan:
            begun = clock()
            results: list[tuple[np.ndarray, np.ndarray]] = []
            needed = pace * stage.cost
            while len(results) < len(folds):
                untried = stage is plan[0] and not results  # else nothing tells what it takes
                if begun + needed > deadline and not untried:
                    break
                batch = folds[len(results) : len(results) + threads]
                results += pool.map(partial(sets.predict, stage=stage), batch)
                needed = (clock() - begun) * len(folds) / len(results)
            if len(results) == len(folds):
                found.add(stage, results, clock() - begun)
                pace = sum(found.seconds.values()) / found.cost
            else:
                found.left_out[stage.name] = needed or None
    return found


def _check(task: SearchTask) -> None:
    if not np.isfinite(task.Y).all():
        raise ConfigError("targets: some value is not finite; leave out clips without a label")
    if min(len(fold.train) for fold in task.folds) < 2:
        raise ConfigError(
            "folds: one has fewer than 2 training rows; use fewer folds or more clips"
        )
