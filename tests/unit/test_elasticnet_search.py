"""The ElasticNet search against scikit-learn's own pipeline, and its promises."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from affectmix.errors import ConfigError
from affectmix.search import elasticnet_search as module
from affectmix.search.elasticnet_search import (
    ElasticNetModel,
    fit_elasticnet,
    search_elasticnet,
)
from affectmix.search.spaces import expand_space
from affectmix.search.task import SearchFold, SearchTask
from sklearn.decomposition import PCA
from sklearn.linear_model import ElasticNetCV, enet_path
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

TIGHT = 1e-10
SPACE = {
    "pca": [0.8, 0.95],
    "whiten": [False, True],
    "normalize": [False, True],
    "l1_ratio": [0.01, 0.5, 0.99],
}


def _rows(n: int, d: int, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Correlated features of different scales, a constant one, and two targets."""
    rng = np.random.default_rng([seed, n, d])
    causes = rng.standard_normal((n, 6))
    X = causes @ rng.standard_normal((6, d)) + rng.standard_normal((n, d))
    X *= np.exp(rng.standard_normal(d))
    X[:, 0] = 3.0
    signal = causes[:, :2] + 0.5 * causes[:, 2:4]
    return X.astype(np.float32), 0.2 * (signal + rng.standard_normal((n, 2)))


def _task(n: int = 100, d: int = 40) -> SearchTask:
    X, Y = _rows(n, d)
    rng = np.random.default_rng(1)
    corpus = np.arange(n) % 2
    fold = rng.permutation(np.arange(n) % 3)
    folds = tuple(
        SearchFold(
            np.flatnonzero(fold != f),
            {
                view: np.flatnonzero((fold == f) & (corpus == number))
                for number, view in enumerate(("music", "sounds"))
            },
        )
        for f in range(3)
    )
    return SearchTask(X, Y, ("valence", "arousal"), corpus, rng.random(n), folds, seed=0)


def _reference(X: np.ndarray, y: np.ndarray, point: dict[str, Any], *, tol: float = TIGHT) -> Any:
    """scikit-learn's own model of a point that does not normalise."""
    return make_pipeline(
        StandardScaler(),
        PCA(n_components=point["pca"], whiten=point["whiten"], svd_solver="full"),
        ElasticNetCV(
            alphas=100, cv=5, l1_ratio=point["l1_ratio"], tol=tol, max_iter=10**6, precompute=True
        ),
    ).fit(X.astype(np.float64), y)


def _normalised(Z: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, ...]:
    """What scikit-learn < 1.2 did for fit_intercept and normalize: centre, divide by the norm."""
    mean, offset = Z.mean(axis=0), y.mean()
    norm = np.linalg.norm(Z - mean, axis=0)
    norm[norm == 0] = 1.0
    return (Z - mean) / norm, y - offset, mean, norm, np.array(offset)


def _normalised_predictions(
    X: np.ndarray, y: np.ndarray, new: np.ndarray, point: dict[str, Any]
) -> np.ndarray:
    """``ElasticNetCV(normalize=True)`` written out, with scikit-learn's path solver."""
    reduce = make_pipeline(
        StandardScaler(), PCA(point["pca"], whiten=point["whiten"], svd_solver="full")
    )
    Z = reduce.fit_transform(X.astype(np.float64))
    N, target, mean, norm, offset = _normalised(Z, y)
    largest = np.abs(N.T @ target).max() / (len(y) * point["l1_ratio"])
    alphas = np.geomspace(largest, largest * 1e-3, 100)
    settings = {"l1_ratio": point["l1_ratio"], "tol": TIGHT, "max_iter": 10**6}
    errors = []
    for held in np.array_split(np.arange(len(y)), 5):
        kept = np.setdiff1d(np.arange(len(y)), held)
        N_kept, target_kept, mean_kept, norm_kept, offset_kept = _normalised(Z[kept], y[kept])
        _, coefs, _ = enet_path(N_kept, target_kept, alphas=alphas, precompute=True, **settings)
        predicted = (Z[held] - mean_kept) @ (coefs / norm_kept[:, None]) + offset_kept
        errors.append(np.square(predicted - y[held][:, None]).mean(axis=0))
    best = alphas[np.mean(errors, axis=0).argmin()]
    _, coefs, _ = enet_path(N, target, alphas=[best, best / 2], precompute=True, **settings)
    return (reduce.transform(new.astype(np.float64)) - mean) @ (coefs[:, 0] / norm) + offset


@pytest.mark.parametrize(("n", "d"), [(60, 90), (90, 20)])
@pytest.mark.parametrize("tol", [1e-5, TIGHT])
def test_models_predict_as_scikit_learn(n: int, d: int, tol: float) -> None:
    X, Y = _rows(n, d)
    new, _ = _rows(30, d)
    for point in expand_space({**SPACE, "normalize": [False]}, learner="elasticnet"):
        model = fit_elasticnet(X, Y[:, 0], point, tol=tol)
        reference = _reference(X, Y[:, 0], point, tol=tol)
        assert model.alpha == pytest.approx(reference[-1].alpha_, rel=1e-9)
        assert model.components == reference[1].n_components_
        assert model.unconverged == 0
        np.testing.assert_allclose(
            model.predict(new), reference.predict(new.astype(np.float64)), atol=1e-6
        )


@pytest.mark.parametrize("whiten", [False, True])
@pytest.mark.parametrize("l1_ratio", [0.01, 0.5, 0.99])
def test_normalize_is_what_scikit_learn_once_did(l1_ratio: float, whiten: bool) -> None:
    X, Y = _rows(70, 50)
    new, _ = _rows(30, 50)
    point = {"pca": 0.95, "whiten": whiten, "normalize": True, "l1_ratio": l1_ratio}
    model = fit_elasticnet(X, Y[:, 1], point, tol=TIGHT)
    expected = _normalised_predictions(X, Y[:, 1], new, point)
    np.testing.assert_allclose(model.predict(new), expected, atol=1e-6)
    assert expected.std() > 0.01


@pytest.mark.parametrize(("n", "d", "rank"), [(40, 60, 39), (60, 30, 29)])
def test_a_share_of_one_keeps_every_component_of_non_zero_variance(
    n: int, d: int, rank: int
) -> None:
    X, Y = _rows(n, d)
    point = {"pca": 1.0, "whiten": True, "normalize": False, "l1_ratio": 0.5}
    model = fit_elasticnet(X, Y[:, 0], point, tol=TIGHT)
    reference = _reference(X, Y[:, 0], {**point, "pca": rank})
    assert model.components == rank
    np.testing.assert_allclose(model.predict(X), reference.predict(X.astype(np.float64)), atol=1e-6)


def test_exhaustive_scores_are_those_of_the_models() -> None:
    task = _task()
    points = expand_space(SPACE, learner="elasticnet")
    result = search_elasticnet(task, points, exhaustive=True)
    assert result.points == points
    assert len(result.scores) == 2 * len(points)
    assert result.scores["converged"].all() and result.unconverged == {0: 0}
    by_point = result.scores.set_index(["target", "point"])["rmse"]
    for column, target in enumerate(task.targets):
        for number in range(0, len(points), 5):
            rmse = []
            for fold in task.folds:
                model = fit_elasticnet(
                    task.X[fold.train], task.Y[fold.train, column], points[number]
                )
                rmse += [
                    np.sqrt(np.square(model.predict(task.X[v]) - task.Y[v, column]).mean())
                    for v in fold.validate.values()
                ]
            assert by_point[target, number] == pytest.approx(np.mean(rmse), abs=1e-9)
        assert result.chosen[target] == points[by_point[target].idxmin()]


def test_halving_narrows_per_target_and_repeats_itself() -> None:
    task = _task(n=240)
    points = expand_space(SPACE, learner="elasticnet")
    result = search_elasticnet(task, points)
    rungs = result.scores.groupby(["target", "rung"])["point"].nunique().unstack()
    assert rungs.loc["valence"].tolist() == [24, 6, 2]
    assert rungs.loc["arousal"].tolist() == [24, 6, 2]
    assert result.scores.groupby("rung")["share"].first().tolist() == [0.2, 0.4, 0.8]
    threaded = search_elasticnet(task, points, threads=2)
    assert threaded.scores.equals(result.scores) and threaded.chosen == result.chosen


def test_targets_do_not_see_each_other() -> None:
    task = _task()
    points = expand_space(SPACE, learner="elasticnet")
    both = search_elasticnet(task, points).scores
    alone = search_elasticnet(replace(task, Y=task.Y[:, 1:], targets=("arousal",)), points).scores
    expected = both[both["target"] == "arousal"].reset_index(drop=True)
    np.testing.assert_allclose(alone["rmse"], expected["rmse"], rtol=1e-9)


def test_unconverged_points_are_counted_and_not_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    task = _task()
    points = expand_space({"pca": [0.8], "l1_ratio": [0.1, 0.5, 0.9]}, learner="elasticnet")
    best = search_elasticnet(task, points, exhaustive=True).chosen["valence"]
    solve = module.inner_errors

    def fail_for_the_best(components: Any, held: Any, wanted: Any, solver: Any) -> Any:
        errors, converged = solve(components, held, wanted, solver)
        bad = [item.variant.l1_ratio == best["l1_ratio"] for item in wanted]
        return errors, converged & ~np.array(bad)

    monkeypatch.setattr(module, "inner_errors", fail_for_the_best)
    result = search_elasticnet(task, points, exhaustive=True)
    assert result.chosen["valence"] != best
    assert result.unconverged == {0: 2}
    assert (~result.scores["converged"]).sum() == 2
    assert result.scores["rmse"].notna().all()


def test_sweeps_running_out_show_in_result_and_model() -> None:
    task = _task(n=60, d=80)
    points = expand_space({"l1_ratio": [0.9]}, learner="elasticnet")
    result = search_elasticnet(task, points, exhaustive=True, max_sweeps=1)
    assert result.unconverged == {0: 2}
    assert fit_elasticnet(task.X, task.Y[:, 0], points[0], max_sweeps=1).unconverged == 5


def test_missing_values_are_imputed_by_the_training_rows_median() -> None:
    X, Y = _rows(60, 30)
    point = expand_space({}, learner="elasticnet")[0]
    holes = X.copy()
    holes[5, 3], holes[7, 4], holes[:, 9] = np.nan, np.inf, np.nan
    filled = holes.copy()
    filled[5, 3] = np.median(np.delete(X[:, 3], 5))
    filled[7, 4] = np.median(np.delete(X[:, 4], 7))
    filled[:, 9] = 0.0
    model = fit_elasticnet(holes, Y[:, 0], point)
    np.testing.assert_allclose(
        model.predict(holes), fit_elasticnet(filled, Y[:, 0], point).predict(filled), atol=1e-9
    )
    assert np.isfinite(model.predict(np.full((1, 30), np.nan))).all()


def test_model_survives_storage() -> None:
    X, Y = _rows(50, 20)
    model = fit_elasticnet(X, Y[:, 0], expand_space({}, learner="elasticnet")[0], threads=2)
    arrays = model.to_arrays()
    assert all(array.dtype != object for array in arrays.values())
    again = ElasticNetModel.from_arrays(arrays)
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    assert (again.alpha, again.components) == (model.alpha, model.components)
    with pytest.raises(ConfigError, match=r"\(3, 19\).*20"):
        model.predict(X[:3, 1:])


def test_degenerate_training_sets() -> None:
    X, Y = _rows(8, 20)
    point = expand_space({"whiten": [True]}, learner="elasticnet")[0]
    few = fit_elasticnet(X[:3], Y[:3, 0], point)
    assert np.isfinite(few.predict(X)).all()
    flat = fit_elasticnet(np.ones((8, 4)), Y[:, 0], point)
    np.testing.assert_allclose(flat.predict(np.zeros((2, 4))), Y[:, 0].mean())
    constant = fit_elasticnet(X, np.full(8, 0.25), point)
    np.testing.assert_allclose(constant.predict(X), 0.25)
    with pytest.raises(ConfigError, match="1 training row"):
        fit_elasticnet(X[:1], Y[:1, 0], point)
    with pytest.raises(ConfigError, match=r"8 rows.*\(7,\)"):
        fit_elasticnet(X, Y[:7, 0], point)
    with pytest.raises(ConfigError, match=r"1 value.* not finite"):
        fit_elasticnet(X, np.append(Y[:7, 0], np.nan), point)


def test_what_cannot_be_searched_is_named() -> None:
    task = _task()
    points = expand_space({}, learner="elasticnet")
    with pytest.raises(ConfigError, match="no point"):
        search_elasticnet(task, [])
    with pytest.raises(ConfigError, match="not finite"):
        search_elasticnet(replace(task, Y=np.full_like(task.Y, np.nan)), points)
