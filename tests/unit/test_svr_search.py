"""The shared search equals scikit-learn's pipeline point by point, whatever is shared."""

from __future__ import annotations

import itertools
import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from affectmix.errors import ConfigError
from affectmix.search.halving import rung_rows
from affectmix.search.kernels import Kernel
from affectmix.search.svr_fit import fit_svr
from affectmix.search.svr_model import SvrModel
from affectmix.search.svr_search import score_svr, search_svr
from affectmix.search.task import SearchFold, SearchTask
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

TIGHT = 1e-7


def features(n: int, d: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng([seed, n, d])
    causes = rng.normal(size=(n, 10))
    X = causes @ rng.normal(size=(10, d)) + rng.normal(size=(n, d))
    X *= np.exp(rng.normal(size=d))
    X[:, -1] = 3.0
    Y = np.tanh(causes[:, :2] * 0.5 + 0.2 * np.sin(3 * causes[:, 2:4]))
    return X.astype(np.float32), Y


def make_task(n: int = 90, d: int = 120, seed: int = 0) -> SearchTask:
    X, Y = features(n, d, seed)
    part = np.arange(n) % 3
    view = np.where(np.arange(n) < n // 3, "music", "sounds")
    folds = tuple(
        SearchFold(
            np.flatnonzero(part != k),
            {v: np.flatnonzero((part == k) & (view == v)) for v in ("music", "sounds")},
        )
        for k in range(3)
    )
    rng = np.random.default_rng([seed, 1])
    return SearchTask(
        X,
        Y,
        ("valence", "arousal"),
        (view == "music").astype(int),
        rng.uniform(size=n),
        folds,
        seed,
    )


def space() -> list[dict[str, Any]]:
    common = {
        "pca": [0.8, 0.95, 1.0],
        "whiten": [True, False],
        "gamma": ["scale", "auto"],
        "shrinking": [True, False],
        "C": [0.1, 10.0],
        "epsilon": [0.0, 0.25],
    }
    kernels: list[dict[str, list[Any]]] = [
        {"kernel": ["rbf"]},
        {"kernel": ["sigmoid"], "coef0": [0.0, 25.0]},
        {"kernel": ["poly"], "degree": [3, 5], "coef0": [0.0, 25.0]},
    ]
    return [
        dict(zip(grid, values, strict=True))
        for grid in (common | kernel for kernel in kernels)
        for values in itertools.product(*grid.values())
    ]


def pipeline(point: dict[str, Any], n: int, d: int, tol: float = TIGHT) -> Any:
    settings = {k: v for k, v in point.items() if k not in ("pca", "whiten")}
    # The last column is constant: it has no component.
    size = point["pca"] if point["pca"] < 1.0 else min(n - 1, d - 1)
    return make_pipeline(
        StandardScaler(),
        PCA(size, whiten=point["whiten"], svd_solver="full"),
        SVR(**settings, tol=tol, max_iter=100_000),
    )


def reference(task: SearchTask, point: dict[str, Any], rows: list, target: int) -> float | None:
    scores = []
    X = task.X.astype(np.float64)
    for fold, train in zip(task.folds, rows, strict=True):
        model = pipeline(point, len(train), X.shape[1]).fit(X[train], task.Y[train, target])
        if model[-1].fit_status_ != 0:
            return None
        errors = [
            np.sqrt(np.mean((model.predict(X[v]) - task.Y[v, target]) ** 2))
            for v in fold.validate.values()
        ]
        scores.append(np.mean(errors))
    return float(np.mean(scores))


@pytest.mark.parametrize(("n", "d"), [(90, 120), (90, 12)])
def test_scores_equal_scikit_learn_on_a_random_sample(n: int, d: int) -> None:
    task, points = make_task(n, d), space()
    rng = np.random.default_rng([5, d])
    sample = np.sort(rng.choice(len(points), 25, replace=False))
    wanted = np.zeros((len(points), 2), dtype=bool)
    wanted[sample] = True
    rows = rung_rows(task, 0.8)
    rmse, converged = score_svr(task, points, rows, wanted, tol=TIGHT)
    assert np.isnan(rmse[~wanted]).all()
    compared = 0
    for point, target in itertools.product(sample, (0, 1)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = reference(task, points[point], rows, target)
        if expected is not None and converged[point, target]:
            compared += 1
            assert rmse[point, target] == pytest.approx(expected, abs=1e-6), points[point]
    assert compared >= 40


def test_convex_points_that_differ_in_shrinking_alone_have_the_same_score() -> None:
    task = make_task()
    points = [point for point in space() if point["kernel"] != "sigmoid"]
    result = search_svr(task, points, exhaustive=True)
    table = pd.DataFrame(points).assign(point=np.arange(len(points))).fillna(-1)
    merged = result.scores.merge(table, on="point")
    keys = [k for k in table.columns if k not in ("shrinking", "point")]
    pairs = merged.groupby([*keys, "target"])["rmse"]
    assert (pairs.size() == 2).all()
    assert (pairs.nunique() == 1).all()


def test_halving_chooses_by_the_last_rung_and_threads_change_nothing() -> None:
    task, points = make_task(150, 60), space()
    one, two = (search_svr(task, points, threads=threads) for threads in (1, 2))
    pd.testing.assert_frame_equal(one.scores, two.scores)
    assert one.chosen == two.chosen
    last = one.scores[one.scores["rung"] == one.scores["rung"].max()]
    for target in task.targets:
        best = last[(last["target"] == target) & last["converged"]].sort_values(["rmse", "point"])
        assert one.chosen[target] == points[best["point"].iloc[0]]


def test_scores_do_not_depend_on_which_points_are_scored_together() -> None:
    task, points = make_task(), space()
    rows = rung_rows(task, 1.0)
    together = np.ones((len(points), 2), dtype=bool)
    alone = np.zeros_like(together)
    alone[::7, 1] = True
    full, _ = score_svr(task, points, rows, together, tol=TIGHT)
    part, _ = score_svr(task, points, rows, alone, tol=TIGHT)
    np.testing.assert_allclose(part[alone], full[alone], atol=1e-6)


def test_unconverged_points_are_counted() -> None:
    task, points = make_task(), space()
    result = search_svr(task, points, exhaustive=True, limit=3)
    assert result.unconverged[0] == int((~result.scores["converged"]).sum()) > 0


def test_missing_values_are_imputed_inside_the_fold() -> None:
    task, points = make_task(), space()[:8]
    X = task.X.copy()
    X[::11, 3] = np.nan
    X[5, 4] = np.inf
    holes = SearchTask(
        X, task.Y, task.targets, task.strata, task.priority, (task.folds[0],), task.seed
    )
    train = task.folds[0].train
    filled = X.copy()
    for column in (3, 4):
        good = X[train, column][np.isfinite(X[train, column])].astype(np.float64)
        filled[~np.isfinite(X[:, column]), column] = np.median(good)
    whole = SearchTask(
        filled, task.Y, task.targets, task.strata, task.priority, (task.folds[0],), task.seed
    )
    a, b = (search_svr(t, points, exhaustive=True).scores["rmse"] for t in (holes, whole))
    np.testing.assert_allclose(a, b, atol=1e-6)


@pytest.mark.parametrize("point", space()[::23], ids=str)
def test_a_fitted_model_predicts_as_scikit_learn(point: dict[str, Any]) -> None:
    X, Y = features(70, 40)
    train, new = X[:55].astype(np.float64), X[55:].astype(np.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = pipeline(point, 55, 40).fit(train, Y[:55, 0])
    model = fit_svr(train, Y[:55, 0], point, tol=TIGHT)
    assert model.converged and model.predict(new).shape == (15,)
    if expected[-1].fit_status_ == 0:
        np.testing.assert_allclose(model.predict(new), expected.predict(new), atol=2e-6)
    copy = SvrModel.from_arrays(model.to_arrays())
    np.testing.assert_array_equal(copy.predict(new), model.predict(new))
    assert all(values.dtype.kind in "fib" for values in model.to_arrays().values())


def test_a_model_without_support_vectors_predicts_its_bias() -> None:
    X, Y = features(40, 30)
    model = fit_svr(X, Y[:, 0], {"pca": 0.9, "epsilon": 3.0})
    assert model.support.shape[0] == 0
    np.testing.assert_array_equal(model.predict(X), model.bias)


def test_features_without_variance_predict_the_bias() -> None:
    _, Y = features(40, 30)
    model = fit_svr(np.ones((40, 6)), Y[:, 0], {"pca": 1.0, "epsilon": 0.1})
    np.testing.assert_allclose(model.predict(np.ones((3, 6))), model.bias)


def test_the_polynomial_kernel_is_scikit_learns_less_a_constant() -> None:
    u = np.linspace(-3, 3, 12).reshape(3, 4)
    kernel = Kernel("poly", 0.5, 5, 100.0)
    values = kernel.of_products(u, u[:, 0], u[0], 0.5)
    np.testing.assert_allclose(values, (0.5 * u + 100.0) ** 5 - 100.0**5, rtol=1e-8)


def test_unknown_kernels_and_negative_constants_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"kernel: 'rbg' found; allowed: linear, poly"):
        Kernel.of({"kernel": "rbg"})
    with pytest.raises(ConfigError, match=r"coef0: -1\.0 found"):
        Kernel.of({"kernel": "poly", "coef0": -1})


def test_what_cannot_be_searched_is_refused() -> None:
    task, points = make_task(), space()[:2]
    with pytest.raises(ConfigError, match="search space: it holds no point"):
        search_svr(task, [])
    Y = task.Y.copy()
    Y[3, 1] = np.nan
    with pytest.raises(ConfigError, match="targets: NaN"):
        search_svr(replace(task, Y=Y), points)
    fold = SearchFold(np.array([4]), task.folds[0].validate)
    with pytest.raises(ConfigError, match="fewer than 2 training rows"):
        search_svr(replace(task, folds=(fold,)), points)
