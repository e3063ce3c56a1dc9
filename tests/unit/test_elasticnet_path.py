"""The path solver against scikit-learn's, against known answers, and on degenerate input."""

from __future__ import annotations

import numpy as np
import pytest
from affectmix.search.elasticnet_path import alpha_grid, solve_path
from sklearn.linear_model import ElasticNetCV, enet_path


def _problem(n: int, p: int, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Correlated centred features and a target of which half is explained."""
    rng = np.random.default_rng([seed, n, p])
    Z = rng.standard_normal((n, 8)) @ rng.standard_normal((8, p)) + rng.standard_normal((n, p))
    y = Z[:, :5].sum(axis=1) + 5.0 * rng.standard_normal(n)
    return Z - Z.mean(axis=0), y - y.mean()


@pytest.mark.parametrize("tol", [1e-5, 1e-10])
@pytest.mark.parametrize("l1_ratio", [0.01, 0.5, 0.99])
@pytest.mark.parametrize(("n", "p"), [(60, 20), (40, 70)])
def test_coefficients_are_scikit_learns_at_any_tolerance(
    n: int, p: int, l1_ratio: float, tol: float
) -> None:
    Z, y = _problem(n, p)
    alphas = alpha_grid(Z.T @ y, n=n, l1_ratio=l1_ratio)
    path = solve_path(
        Z.T @ Z, Z.T @ y, target_norm2=y @ y, n=n, alphas=alphas, l1_ratio=l1_ratio, tol=tol
    )
    _, expected, _ = enet_path(
        Z, y, alphas=alphas, l1_ratio=l1_ratio, precompute=True, tol=tol, max_iter=10**6
    )
    assert path.converged
    np.testing.assert_allclose(path.coefficients, expected.T, atol=1e-9)


def test_grid_is_scikit_learns() -> None:
    Z, y = _problem(50, 10)
    model = ElasticNetCV(alphas=100, cv=5, l1_ratio=0.3).fit(Z, y)
    np.testing.assert_allclose(alpha_grid(Z.T @ y, n=50, l1_ratio=0.3), model.alphas_, rtol=1e-12)


def test_first_penalty_leaves_nothing_and_solutions_are_stationary() -> None:
    Z, y = _problem(80, 30)
    l1_ratio, n = 0.7, 80
    alphas = alpha_grid(Z.T @ y, n=n, l1_ratio=l1_ratio)
    path = solve_path(
        Z.T @ Z, Z.T @ y, target_norm2=y @ y, n=n, alphas=alphas, l1_ratio=l1_ratio, tol=1e-13
    )
    np.testing.assert_array_equal(path.coefficients[0], 0.0)
    for alpha, w in zip(alphas[1:], path.coefficients[1:], strict=True):
        slope = Z.T @ (y - Z @ w) / n - alpha * (1 - l1_ratio) * w
        limit = alpha * l1_ratio
        assert np.abs(slope[w == 0]).max(initial=0.0) <= limit * (1 + 1e-4)
        np.testing.assert_allclose(slope[w != 0], limit * np.sign(w[w != 0]), atol=1e-4 * limit)


def test_orthogonal_features_are_soft_thresholded() -> None:
    path = solve_path(
        np.diag([4.0, 1.0]),
        np.array([6.0, -2.0]),
        target_norm2=20.0,
        n=1,
        alphas=np.array([2.0]),
        l1_ratio=0.5,
        tol=1e-12,
    )
    np.testing.assert_allclose(path.coefficients, [[5.0 / 5.0, -1.0 / 2.0]])


def test_a_path_that_is_given_up_says_so() -> None:
    Z, y = _problem(40, 70)
    settings = {"target_norm2": y @ y, "n": 40, "l1_ratio": 0.99}
    alphas = alpha_grid(Z.T @ y, n=40, l1_ratio=0.99)
    path = solve_path(Z.T @ Z, Z.T @ y, alphas=alphas, tol=1e-10, max_sweeps=3, **settings)
    assert not path.converged
    assert path.sweeps.max() == 3
    assert path.gaps.max() > 1e-10
    # A tolerance below rounding ends when sweeps change nothing, not after a million of them.
    stalled = solve_path(Z.T @ Z, Z.T @ y, alphas=alphas[:40], tol=1e-30, **settings)
    assert not stalled.converged
    assert stalled.sweeps.max() < 100_000


def test_constant_target_and_zero_columns_have_no_coefficients() -> None:
    alphas = alpha_grid(np.zeros(3), n=10, l1_ratio=0.5)
    assert len(alphas) == 100 and (alphas > 0).all()
    path = solve_path(np.eye(3), np.zeros(3), target_norm2=0.0, n=10, alphas=alphas, l1_ratio=0.5)
    assert path.converged and not path.coefficients.any()
    half = solve_path(
        np.diag([1.0, 0.0]),
        np.array([1.0, 0.0]),
        target_norm2=1.0,
        n=10,
        alphas=np.array([1e-3]),
        l1_ratio=0.5,
    )
    assert half.converged
    assert half.coefficients[0, 0] > 0.9 and half.coefficients[0, 1] == 0.0
    none = solve_path(
        np.empty((0, 0)), np.empty(0), target_norm2=1.0, n=10, alphas=alphas, l1_ratio=0.5
    )
    assert none.coefficients.shape == (100, 0)
