"""Search a model with FLAML, refit it on each set of rows, and predict."""

from __future__ import annotations

import math
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from automl_task import Failure, Task, run
from flaml import AutoML, tune
from flaml.automl.model import SKLearnEstimator
from flaml_estimators import ESTIMATORS, SPACES
from sklearn.base import clone


def learner_of(name: str) -> type:
    """Return the class by which FLAML searches one of our own estimators."""

    class Learner(SKLearnEstimator):
        def __init__(self, task: str = "regression", n_jobs: Any = None, **config: Any) -> None:
            super().__init__(task, **config)
            self.estimator_class = ESTIMATORS[name]

        @classmethod
        def search_space(cls, data_size: tuple[int, int], task: Any = None) -> dict[str, Any]:
            return {key: _domain(values) for key, values in SPACES[name].items()}

    return Learner


def _domain(values: Any) -> dict[str, Any]:
    if isinstance(values, list):
        return {"domain": tune.choice(values), "init_value": values[0]}
    low, high, first = values
    kind = tune.lograndint if isinstance(low, int) else tune.loguniform
    return {"domain": kind(lower=low, upper=high), "init_value": first}


def search(
    task: Task, settings: dict[str, Any], threads: int, scratch: Path
) -> tuple[Callable[..., Any], dict[str, Any]]:
    """Search, and return how the found model is refitted and what it is."""
    limit = settings["memory_mb"] * 2**20
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    automl = AutoML()
    for name in ESTIMATORS:
        automl.add_learner(name, learner_of(name))
    # A number of trials makes a search that comes out the same; one of seconds does not.
    extent = (
        {"max_iter": settings["max_iter"], "time_budget": -1}
        if "max_iter" in settings
        else {"time_budget": settings["budget_s"]}
    )
    started = time.monotonic()
    automl.fit(
        task.X,
        task.y,
        task="regression",
        metric="mse",
        estimator_list=settings["estimators"],
        eval_method="cv",
        split_type=task.folds,
        n_splits=task.folds.get_n_splits(),
        skip_transform=True,
        sample=False,
        ensemble=False,
        seed=settings["seed"],
        n_jobs=threads,
        log_file_name="",
        verbose=3,
        **extent,
    )
    if automl.model is None or not math.isfinite(automl.best_loss):
        raise Failure(
            f"FLAML found no model within {_told(extent)}; raise it: the first candidate of each "
            "learner is fitted on every fold"
        )
    # FLAML ends its first trial whatever the budget, so that any budget would seem to do.
    first_s = min(seconds for _, _, seconds in automl.config_history.values())
    if first_s > settings.get("budget_s", math.inf):
        raise Failure(
            f"FLAML's first trial alone took {first_s:.2g} s, and budget_s is "
            f"{settings['budget_s']:g}; set budget_s to at least {math.ceil(2 * first_s)}, or "
            "max_iter in place of it"
        )
    found = automl.model.estimator

    def refit(X: np.ndarray, y: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        return clone(found).fit(X, y).predict

    return refit, {
        "ensemble": [
            {"weight": 1.0, "estimator": automl.best_estimator, "configuration": automl.best_config}
        ],
        "best_mse": float(automl.best_loss),
        "best_mse_by_estimator": {
            name: float(loss)
            for name, loss in automl.best_loss_per_estimator.items()
            if math.isfinite(loss)
        },
        "runs": dict(automl._iter_per_learner),
        "seconds": time.monotonic() - started,
    }


def _told(extent: dict[str, Any]) -> str:
    return (
        f"max_iter {extent['max_iter']}"
        if "max_iter" in extent
        else f"budget_s {extent['time_budget']}"
    )


if __name__ == "__main__":
    run(search, ("flaml", "scikit-learn", "numpy", "lightgbm", "xgboost-cpu"))
