"""Search a model with auto-sklearn, refit it on each set of rows, and predict."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import autosklearn.metrics
import numpy as np
from automl_task import Failure, Task, run
from autosklearn.pipeline.components.feature_preprocessing import add_preprocessor
from autosklearn.regression import AutoSklearnRegressor
from autosklearn_components import RandomizedPca
from autosklearn_outcome import count_runs, nothing_found

# Registered on import, which auto-sklearn's own processes do too.
add_preprocessor(RandomizedPca)

# paper: auto-sklearn as it comes, which is what "Joint learning of music and generalized
# sounds" (2024) used. wide: for thousands of columns, where most candidates of the whole
# space run out of memory or time: a projection comes first, the learners are those whose fit
# takes seconds on its output, there is no warm start (its candidates are of the whole space),
# and a candidate gets a larger share of the budget.
PRESETS: dict[str, dict[str, Any]] = {
    "paper": {},
    "wide": {
        "include": {
            "regressor": ["libsvm_svr", "extra_trees", "gradient_boosting", "liblinear_svr"],
            "feature_preprocessor": ["RandomizedPca"],
        },
        "initial_configurations_via_metalearning": 0,
    },
}
RUN_SHARE = {"paper": 0.1, "wide": 0.25}  # of the budget, at most, for one candidate


def search(
    task: Task, settings: dict[str, Any], threads: int, scratch: Path
) -> tuple[Callable[..., Any], dict[str, Any]]:
    """Search, and return how the found ensemble is refitted and what it consists of."""
    per_run = max(int(settings["budget_s"] * RUN_SHARE[settings["space"]]), 1)
    model = AutoSklearnRegressor(
        time_left_for_this_task=settings["budget_s"],
        per_run_time_limit=per_run,
        memory_limit=settings["memory_mb"],
        ensemble_nbest=settings["ensemble"],
        metric=autosklearn.metrics.mean_squared_error,
        resampling_strategy=task.folds,
        dataset_compression=False,  # it may drop rows, by whose numbers the folds are given
        seed=settings["seed"],
        n_jobs=threads,
        tmp_folder=str(scratch / "autosklearn"),
        **PRESETS[settings["space"]],
    )
    started = time.monotonic()
    try:
        model.fit(task.X, task.y, dataset_name="affectmix")
    except ValueError as error:
        if "Dummy prediction failed" not in str(error):
            raise
        raise Failure(
            f"auto-sklearn could not even fit a constant within memory_mb {settings['memory_mb']} "
            f"and budget_s {settings['budget_s']}; raise memory_mb ({error})"
        ) from error
    except UnboundLocalError as error:  # 0.15.0 stumbles where its ensemble was never begun
        raise Failure(nothing_found(_runs(model), settings, per_run)) from error
    seconds = time.monotonic() - started
    runs = _runs(model)
    members = _members(model)
    if not members:
        raise Failure(nothing_found(runs, settings, per_run))

    def refit(X: np.ndarray, y: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        model.refit(X.copy(), y.copy())
        return lambda rows: _predict(model, rows)

    return refit, {
        "ensemble": members,
        "runs": count_runs(runs),
        "seconds": seconds,
        "best_mse": min(
            (float(run.cost) for run in runs if run.status.name in ("SUCCESS", "DONOTADVANCE")),
            default=None,
        ),
    }


def _predict(model: AutoSklearnRegressor, X: np.ndarray) -> np.ndarray:
    """Return the weighted mean of the ensemble's models, of those that can predict the rows.

    auto-sklearn's own loses all of them where one cannot: its whitened PCA divides by the
    variance of components, which is zero where a selection before it left constants.
    """
    total, weights = np.zeros(len(X)), 0.0
    for weight, member in model.get_models_with_weights():
        try:
            values = np.asarray(member.predict(X.copy()), dtype=float).ravel()
            if not np.isfinite(values).all():
                raise ValueError("what it predicts is not finite")
        except ValueError as error:
            print(f"a model of weight {weight:.2f} cannot predict and is left out: {error}")
            continue
        total, weights = total + weight * values, weights + weight
    if not weights:
        raise Failure("no model of auto-sklearn's ensemble can predict; raise budget_s")
    return total / weights


def _runs(model: AutoSklearnRegressor) -> list[Any]:
    """Return SMAC's history of candidates."""
    return list(model.automl_.runhistory_.data.values())


def _members(model: AutoSklearnRegressor) -> list[dict[str, Any]]:
    """Return weight and hyper-parameters of every model of the ensemble that is no dummy."""
    return [
        {"weight": float(weight), "configuration": _plain(member.config.get_dictionary())}
        for weight, member in model.get_models_with_weights()
        if type(member).__name__ != "MyDummyRegressor"
    ]


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value.item() if hasattr(value, "item") else value for key, value in values.items()}


if __name__ == "__main__":
    run(search, ("auto-sklearn", "scikit-learn", "numpy", "smac"))
