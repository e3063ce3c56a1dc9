"""Searches on many rows find what searches on all rows at once find."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from affectmix.errors import ConfigError
from affectmix.features.disk_rows import DiskRows
from affectmix.learners.searched import SearchedLearner
from affectmix.search import row_blocks
from affectmix.search.elasticnet_fit import fit_elasticnet
from affectmix.search.elasticnet_search import search_elasticnet
from affectmix.search.kernels import Kernel
from affectmix.search.landmarks import Landmarks, content_order, draw
from affectmix.search.spaces import expand_space
from affectmix.search.svr_fit import fit_svr
from affectmix.search.svr_model import SvrModel
from affectmix.search.svr_primal import solve_primal
from affectmix.search.svr_search import search_svr
from affectmix.search.task import SearchFold, SearchTask
from sklearn.svm import SVR

NETS = {
    "pca": [0.8, 1.0],
    "whiten": [False, True],
    "normalize": [False, True],
    "l1_ratio": [0.01, 0.9],
}
MACHINES = {
    "kernel": ["rbf"],
    "pca": [0.8, 1.0],
    "whiten": [False, True],
    "C": [0.1, 10.0],
    "epsilon": [0.0, 0.1],
}


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_blocks, "BLOCK", 64)


def make_task(n: int = 240, d: int = 30) -> SearchTask:
    rng = np.random.default_rng([n, d])
    causes = rng.standard_normal((n, 6))
    X = causes @ rng.standard_normal((6, d)) + 0.5 * rng.standard_normal((n, d))
    X *= np.exp(rng.standard_normal(d))
    X[:, 0] = 3.0
    X[5, 3] = np.nan
    Y = 0.2 * (np.tanh(causes[:, :2]) + 0.5 * causes[:, 2:4] + 0.5 * rng.standard_normal((n, 2)))
    fold, corpus = rng.permutation(np.arange(n) % 3), np.arange(n) % 2
    folds = tuple(
        SearchFold(
            np.flatnonzero(fold != f),
            {view: np.flatnonzero((fold == f) & (corpus == c)) for c, view in enumerate("ab")},
        )
        for f in range(3)
    )
    X = X.astype(np.float32)
    return SearchTask(X, Y, ("valence", "arousal"), corpus, rng.random(n), folds, seed=0)


def on_disk(task: SearchTask) -> SearchTask:
    rows = DiskRows.empty(*task.X.shape)
    rows.write(np.arange(len(task.X)), task.X[:])
    return replace(task, X=rows)


def test_elastic_nets_from_sums_score_as_those_from_rows() -> None:
    task, points = make_task(), expand_space(NETS, learner="elasticnet")
    rows = search_elasticnet(task, points, exhaustive=True)
    sums = search_elasticnet(on_disk(task), points, exhaustive=True, exact_rows=100)
    np.testing.assert_allclose(sums.scores["rmse"], rows.scores["rmse"], rtol=1e-9)
    assert sums.scores["converged"].all()
    assert sums.chosen == rows.chosen


def test_an_elastic_net_from_sums_is_the_one_from_rows() -> None:
    task = make_task()
    for point in expand_space(NETS, learner="elasticnet"):
        rows = fit_elasticnet(task.X[:], task.Y[:, 0], point)
        sums = fit_elasticnet(on_disk(task).X, task.Y[:, 0], point, exact_rows=100, threads=2)
        assert sums.alpha == pytest.approx(rows.alpha, rel=1e-9)
        assert (sums.components, sums.converged) == (rows.components, True)
        np.testing.assert_allclose(sums.predict(task.X[:]), rows.predict(task.X[:]), atol=1e-9)


@pytest.mark.parametrize("kernel", ["rbf", "poly", "linear"])
def test_landmarks_at_every_row_are_the_kernel(kernel: str) -> None:
    rows = np.random.default_rng(0).normal(size=(60, 8))
    function = Kernel(kernel, 0.1, 2, 1.0)
    squares = np.square(rows).sum(axis=1)
    exact = function.of_products(rows @ rows.T, squares, squares, 0.1)
    features = Landmarks.fit(function, rows).features(rows).astype(np.float64)
    np.testing.assert_allclose(features @ features.T, exact, atol=1e-4 * np.abs(exact).max())


def test_a_linear_kernel_needs_no_more_landmarks_than_columns() -> None:
    rows = np.random.default_rng(0).normal(size=(200, 8))
    features = Landmarks.fit(Kernel("linear", 1.0), rows[:20]).features(rows).astype(np.float64)
    assert features.shape == (200, 8)
    np.testing.assert_allclose(features @ features.T, rows @ rows.T, atol=1e-4)


def test_landmarks_hang_on_the_rows_content_alone() -> None:
    X = make_task().X[:]
    order = content_order(X)
    turned = np.random.default_rng(3).permutation(len(X))
    np.testing.assert_array_equal(content_order(X[turned]), order[turned])
    chosen = draw(order, 40)
    others = turned[draw(order[turned], 40)]
    assert set(chosen) == set(others) and len(chosen) == 40
    assert len(draw(np.concatenate([order, order]), 1000)) == len(X)  # no row twice


def test_the_primal_solver_finds_what_libsvm_finds() -> None:
    rng = np.random.default_rng(1)
    features = rng.normal(size=(300, 20)).astype(np.float32) + np.float32(2.0)
    Y = np.column_stack([np.tanh(features[:, 0] - 2), 0.3 * rng.standard_normal(300)])
    C, epsilon = np.array([0.01, 1.0, 10.0, 0.1]), np.array([0.1, 0.0, 0.2, 0.05])
    column = np.array([0, 0, 0, 1])
    found = solve_primal(features, Y, column=column, C=C, epsilon=epsilon, tolerance=1e-4)
    assert found.converged.all()
    for k in range(4):
        exact = SVR(kernel="linear", C=C[k], epsilon=epsilon[k], tol=1e-6)
        expected = exact.fit(features, Y[:, column[k]]).predict(features)
        predicted = features @ found.weights[:, k] + found.bias[k]
        np.testing.assert_allclose(predicted, expected, atol=5e-3)
    few = solve_primal(features, Y, column=column, C=C, epsilon=epsilon, tolerance=1e-9, limit=20)
    assert not few.converged.any()


def test_machines_with_a_landmark_at_every_row_score_as_exact_ones() -> None:
    task, points = make_task(), expand_space(MACHINES, learner="svr")
    exact = search_svr(task, points, exhaustive=True)
    settings: dict[str, Any] = {"exhaustive": True, "exact_rows": 100, "landmarks": 240}
    near = search_svr(on_disk(task), points, tol=1e-4, **settings)
    assert near.scores["converged"].all()
    np.testing.assert_allclose(near.scores["rmse"], exact.scores["rmse"], atol=2e-3)
    again = search_svr(task, points, tol=1e-4, **settings)  # wherever the rows are
    assert again.scores.equals(near.scores)


def test_few_rungs_stay_exact_and_the_report_says_which_do_not() -> None:
    task = make_task()
    learner = SearchedLearner(
        "svr", space=MACHINES, limits={"exact_rows": 100, "landmarks": 60}
    ).search(on_disk(task))
    assert [rung["share"] for rung in learner.report["rungs"]] == [0.2, 0.4, 0.8]
    assert learner.report["approximation"] == {"landmarks": 60, "rungs": [2]}
    exact = SearchedLearner("svr", space=MACHINES).search(task)
    assert "approximation" not in exact.report
    first = [learner.report["rungs"][0], exact.report["rungs"][0]]
    assert first[0] == first[1]


def test_a_machine_of_landmarks_is_stored_as_any_other() -> None:
    task = make_task()
    (point,) = expand_space({"pca": [0.9], "whiten": [True]}, learner="svr")
    X, y = task.X[:], task.Y[:, 1]
    near = fit_svr(on_disk(task).X, y, point, exact_rows=100, landmarks=240, tol=1e-5)
    exact = fit_svr(X, y, point, tol=1e-5)
    np.testing.assert_allclose(near.predict(X), exact.predict(X), atol=5e-3)
    again = SvrModel.from_arrays(near.to_arrays())
    np.testing.assert_array_equal(again.predict(X), near.predict(X))
    few = fit_svr(X, y, point, exact_rows=100, landmarks=50)
    assert few.support.shape[0] == 50 and few.converged


def test_a_kernel_that_cannot_be_approximated_is_refused() -> None:
    points = expand_space({"kernel": ["sigmoid"]}, learner="svr")
    with pytest.raises(ConfigError, match=r"sigmoid.*160 rows.*exact_rows \(100\)"):
        search_svr(make_task(), points, exact_rows=100)
