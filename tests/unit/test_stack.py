"""The stack: its parts have known answers, and the whole searches, fits and comes back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from affectmix.cells.final import FinalModel
from affectmix.cells.store import load_model, save_model
from affectmix.errors import AffectMixError
from affectmix.learners import load_target_model
from affectmix.learners.stack.learner import StackLearner
from affectmix.learners.stack.library import fit_members, predict_members
from affectmix.learners.stack.plan import FAMILIES, Stage, make_plan
from affectmix.learners.stack.search import search_stages
from affectmix.learners.stack.training import INPUTS, Rows, TrainingSet
from affectmix.search.task import SearchFold, SearchTask
from sklearn.ensemble import ExtraTreesRegressor, GradientBoostingRegressor
from sklearn.kernel_ridge import KernelRidge
from sklearn.svm import SVR

SMALL = {"pca": 0.9, "whiten": False, "input": "standard"}


def features(n: int = 60, d: int = 40, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng([seed, n, d])
    causes = rng.normal(size=(n, 4))
    X = causes @ rng.normal(size=(4, d)) + 0.5 * rng.normal(size=(n, d))
    X *= np.exp(rng.normal(size=d))
    X[:, -1] = 3.0
    X[rng.uniform(size=X.shape) < 0.01] = np.nan
    return X.astype(np.float32), np.tanh(causes[:, :2] * 0.5)


def make_task(n: int = 60, d: int = 40, seed: int = 0) -> SearchTask:
    X, Y = features(n, d, seed)
    part = np.arange(n) % 3
    music = np.arange(n) < n // 3
    folds = tuple(
        SearchFold(
            np.flatnonzero(part != k),
            {
                "music": np.flatnonzero((part == k) & music),
                "sounds": np.flatnonzero((part == k) & ~music),
            },
        )
        for k in range(3)
    )
    priority = np.random.default_rng([seed, 1]).uniform(size=n)
    return SearchTask(X, Y, ("valence", "arousal"), music.astype(int), priority, folds, seed)


def quick(**settings: Any) -> StackLearner:
    return StackLearner(**{"members": ("ridge", "elasticnet"), **settings})


def clock_of(step: float) -> Callable[[], float]:
    """A clock that is later by ``step`` each time that it is read."""
    now = iter(range(10**6))
    return lambda: step * next(now)


def test_ridge_equals_scikit_learn() -> None:
    X, Y = features(50, 12)
    X = np.nan_to_num(X)
    training = TrainingSet(X[:40])
    member = {**SMALL, "pca": 1.0, "family": "ridge", "kernel": "rbf", "width": 0.5, "penalty": 0.3}
    predicted, _ = predict_members(training, Y[:40], [member], Rows(training, X[40:]))

    train = training.rows("standard").astype(np.float64)
    test = training.apply("standard", X[40:]).astype(np.float64)
    gamma = 0.5 / np.square(train).sum(axis=1).mean()
    K = np.exp(-gamma * np.square(train[:, None] - train).sum(axis=2))
    centre = np.eye(40) - 1 / 40
    strength = 0.3 * np.trace(centre @ K @ centre) / 40
    # A constant in the kernel is an intercept that is hardly penalised.
    expected = KernelRidge(alpha=strength, kernel="precomputed").fit(K + 1e6, Y[:40])
    between = np.exp(-gamma * np.square(test[:, None] - train).sum(axis=2)) + 1e6
    np.testing.assert_allclose(predicted[:, 0], expected.predict(between), atol=1e-4)


def test_support_vectors_equal_scikit_learn() -> None:
    X, Y = features(50, 12)
    training = TrainingSet(X[:40])
    common = {**SMALL, "pca": 1.0, "family": "svr", "kernel": "rbf", "width": 0.5}
    members = [{**common, "C": 1.0, "epsilon": e} for e in (0.2, 0.05)]
    predicted, converged = predict_members(training, Y[:40], members, Rows(training, X[40:]))
    assert converged.all()
    train, test = training.rows("standard"), training.apply("standard", X[40:])
    gamma = 0.5 / np.square(train).sum(axis=1).mean()
    for place, epsilon in enumerate((0.2, 0.05)):
        for target in range(2):
            model = SVR(gamma=gamma, C=1.0, epsilon=epsilon, tol=1e-6)
            expected = model.fit(train, Y[:40, target]).predict(test)
            np.testing.assert_allclose(predicted[:, place, target], expected, atol=5e-3)


def test_an_elastic_net_without_penalty_is_least_squares() -> None:
    X, Y = features(50, 8)
    training = TrainingSet(X[:40])
    member = {
        **SMALL,
        "pca": 1.0,
        "family": "elasticnet",
        "l1_ratio": 0.5,
        "penalty": 1e-12,
    }
    predicted, _ = predict_members(training, Y[:40], [member], Rows(training, X[40:]))
    design = np.column_stack([training.rows("standard"), np.ones(40)])
    expected = np.linalg.lstsq(design, Y[:40], rcond=None)[0]
    test = np.column_stack([training.apply("standard", X[40:]), np.ones(10)])
    np.testing.assert_allclose(predicted[:, 0], test @ expected, atol=1e-3)


def test_trees_equal_scikit_learn() -> None:
    X, Y = features(50, 12)
    training = TrainingSet(X[:40])
    stages = {stage.name: stage for stage in make_plan(FAMILIES, seed=3)}
    boosting = [{**member, "columns": 1.0} for member in stages["boosting"].members]
    extra = [{**member, "columns": 1.0} for member in stages["extratrees"].members]
    predicted, _ = predict_members(training, Y[:40], boosting + extra, Rows(training, X[40:]))
    train, test = training.rows("uniform"), training.apply("uniform", X[40:])
    grown = ExtraTreesRegressor(
        extra[0]["trees"], max_features=12, min_samples_leaf=3, random_state=3
    ).fit(train, Y[:40, 1])
    np.testing.assert_allclose(predicted[:, -1, 1], grown.predict(test), atol=1e-12)
    for place, member in enumerate(boosting):
        boosted = GradientBoostingRegressor(
            n_estimators=member["trees"],
            learning_rate=member["rate"],
            subsample=member["subsample"],
            max_depth=member["depth"],
            max_features=12,
            min_samples_leaf=member["leaf"],
            random_state=3,
        ).fit(train, Y[:40, 0])
        np.testing.assert_allclose(predicted[:, place, 0], boosted.predict(test), atol=1e-12)


def test_members_that_share_work_predict_as_they_do_alone() -> None:
    X, Y = features()
    training = TrainingSet(X[:45])
    plan = make_plan(FAMILIES, seed=0)
    members = [member for stage in plan for member in stage.members[::17]]
    together, _ = predict_members(training, Y[:45], members, Rows(training, X[45:]))
    for place in range(0, len(members), 5):
        alone, _ = predict_members(
            TrainingSet(X[:45]), Y[:45, 1:], [members[place]], Rows(training, X[45:])
        )
        np.testing.assert_allclose(alone[:, 0, 0], together[:, place, 1], atol=1e-5)


@pytest.mark.parametrize("name", INPUTS)
def test_inputs_learn_from_training_rows_alone(name: str) -> None:
    X, _ = features()
    training = TrainingSet(X[:40])
    rows = training.rows(name)
    assert np.isfinite(rows).all() and not rows[:, -1].any()
    np.testing.assert_allclose(rows.mean(axis=0), 0.0, atol=1e-5)
    np.testing.assert_allclose(rows[:, :-1].std(axis=0), 1.0, atol=1e-4)
    other = X[40:].copy()
    other[:, -1] = 99.0  # constant in training: what it is elsewhere counts for nothing
    assert not training.apply(name, other)[:, -1].any()
    alone = training.apply(name, X[40:41])
    np.testing.assert_array_equal(alone, training.apply(name, X[40:])[:1])


def test_a_choice_can_be_stored_fitted_and_loaded() -> None:
    task = make_task()
    learner = StackLearner()
    choice = learner.search(task)
    again = type(choice).from_json(choice.to_json())
    assert len(choice.report["stages"]) == len(make_plan(FAMILIES, seed=0))
    models = learner.fit(task.X, task.Y, task.targets, again)
    for column, target in enumerate(task.targets):
        model = models[target]
        weights = [member["weight"] for member in choice.points[target]["members"]]
        assert sum(weights) == pytest.approx(1.0)
        arrays = {name: np.array(array) for name, array in model.to_arrays().items()}
        loaded = load_target_model("stack", arrays)
        fresh, _ = features(30, 40, seed=5)
        np.testing.assert_array_equal(loaded.predict(fresh), model.predict(fresh))
        low, high = task.Y[:, column].min(), task.Y[:, column].max()
        assert low <= model.predict(fresh).min() and model.predict(fresh).max() <= high
        assert np.corrcoef(model.predict(task.X), task.Y[:, column])[0, 1] > 0.9


def test_a_final_model_is_stored_and_loaded(tmp_path: Path) -> None:
    task = make_task()
    learner = StackLearner(members=("ridge", "boosting"))
    models = learner.fit(task.X, task.Y, task.targets, learner.search(task))
    fields = {"learner": "stack", "mixture": "music-100", "scheme": "cv5"}
    description = {
        "settings": {
            "learner": {"kind": "stack"},
            "features": {"set": "IS13", "stem": "mix"},
            "fields": fields,
        },
        "chosen": {},
        "rows": {"music": 60},
    }
    final = FinalModel(models, [f"f{k}" for k in range(40)], description)
    save_model(final, tmp_path)
    np.testing.assert_array_equal(load_model(tmp_path).predict(task.X), final.predict(task.X))


def test_the_model_is_the_weighted_average_of_its_members() -> None:
    task = make_task()
    learner = StackLearner(members=("ridge", "boosting", "extratrees", "svr"))
    choice = learner.search(task)
    fresh, _ = features(30, 40, seed=5)
    members = choice.points["valence"]["members"]
    training = TrainingSet(task.X)
    total = np.zeros(30)
    for fitted in fit_members(training, task.Y[:, :1], members):
        weights = np.array([members[place]["weight"] for place in fitted.members])
        total += fitted.predict(Rows(training, fresh))[:, :, 0] @ weights
    y = task.Y[:, 0]
    model = learner.fit(task.X, task.Y, task.targets, choice)["valence"]
    np.testing.assert_allclose(model.predict(fresh), np.clip(total, y.min(), y.max()), atol=1e-6)


def test_the_same_search_chooses_the_same_with_any_threads() -> None:
    task = make_task()
    first, second = quick(threads=1).search(task), quick(threads=2).search(task)
    assert first.points == second.points


def test_an_ensemble_is_no_worse_than_its_best_member() -> None:
    choice = quick().search(make_task())
    for point in choice.points.values():
        assert point["rmse"] <= min(member["rmse"] for member in point["members"]) + 1e-3


@pytest.mark.parametrize(("n", "d"), [(24, 88), (30, 5)])
def test_tiny_data(n: int, d: int) -> None:
    task = make_task(n, d)
    learner = quick()
    choice = learner.search(task)
    for model in learner.fit(task.X, task.Y, task.targets, choice).values():
        assert np.isfinite(model.predict(task.X)).all()


def test_constant_targets_and_columns() -> None:
    task = make_task(30, 10)
    flat = replace(task, X=np.ones_like(task.X), Y=np.full_like(task.Y, 0.25))
    learner = StackLearner()
    for model in learner.fit(flat.X, flat.Y, flat.targets, learner.search(flat)).values():
        np.testing.assert_allclose(model.predict(flat.X), 0.25)


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_of_rows_that_are_all_alike_kernels_learn_the_mean() -> None:
    Y = features(20, 3)[1]
    members = make_plan(("ridge",), seed=0)[0].members
    training = TrainingSet(np.ones((20, 3)))
    predicted, _ = predict_members(training, Y, members, Rows(training, np.ones((4, 3))))
    np.testing.assert_allclose(predicted, np.broadcast_to(Y.mean(axis=0), predicted.shape))


def test_a_stage_without_time_is_left_out_and_later_ones_are_tried() -> None:
    task = make_task()
    member = make_plan(("ridge",), seed=0)[0].members[:1]
    plan = [Stage("short", 1.0, member), Stage("long", 50.0, member), Stage("last", 1.0, member)]
    found = search_stages(task, plan, budget_s=40.0, clock=clock_of(1.0))
    assert list(found.seconds) == ["short", "last"]
    assert list(found.left_out) == ["long"]
    assert len(found.members) == 2
    assert [p.shape[1] for p in found.predictions] == [2, 2, 2]


def test_a_budget_too_short_for_one_stage_is_an_error() -> None:
    with pytest.raises(AffectMixError, match=r"budget_s: 1e-06 found.*at least [0-9.e-]*[1-9]"):
        quick(budget_s=1e-6).search(make_task())


def test_labels_that_are_not_finite_are_an_error() -> None:
    task = make_task()
    with pytest.raises(AffectMixError, match="not finite"):
        quick().search(replace(task, Y=np.full_like(task.Y, np.nan)))
