"""Standardisation and PCA equal scikit-learn's, by the Gram and by the covariance side."""

from __future__ import annotations

import numpy as np
import pytest
from affectmix.errors import ConfigError
from affectmix.search.decomposition import Decomposition, Standardizer
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler


def correlated(rows: int, columns: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng([seed, rows, columns])
    latent = rng.normal(size=(rows, 6)) @ rng.normal(size=(6, columns))
    scale = 10.0 ** rng.uniform(-4, 4, size=columns)
    return (latent + 0.3 * rng.normal(size=(rows, columns))) * scale + 5.0 * scale


@pytest.mark.parametrize(("rows", "columns"), [(30, 80), (80, 30), (40, 40)])
@pytest.mark.parametrize("share", [0.5, 0.8, 0.95, 1.0])
@pytest.mark.parametrize("whiten", [False, True])
def test_inner_products_equal_scikit_learn(
    rows: int, columns: int, share: float, whiten: bool
) -> None:
    X = correlated(rows + 12, columns)
    train, new = X[:rows], X[rows:]
    ours = Decomposition.fit(train)
    scaler = StandardScaler().fit(train)
    wanted = share if share < 1.0 else min(rows - 1, columns)
    pca = PCA(wanted, whiten=whiten, svd_solver="full").fit(scaler.transform(train))
    q = ours.size(share)
    assert q == pca.n_components_
    weights = ours.weights(q, whiten=whiten)
    a = ours.scores[:, :q] * weights
    b = ours.project(new)[:, :q] * weights
    a_ref = pca.transform(scaler.transform(train))
    b_ref = pca.transform(scaler.transform(new))
    np.testing.assert_allclose(a @ a.T, a_ref @ a_ref.T, rtol=0, atol=1e-9 * np.abs(a).max() ** 2)
    np.testing.assert_allclose(b @ a.T, b_ref @ a_ref.T, rtol=0, atol=1e-8 * np.abs(a).max() ** 2)
    Z = ours.standardizer.apply(new)
    np.testing.assert_allclose(Z @ ours.components(q) * weights, b, atol=1e-8)


def test_constant_columns_are_only_centred() -> None:
    X = correlated(25, 10)
    X[:, 3] = 0.1
    X[:, 7] = 1e8 + 0.1
    scaler = StandardScaler().fit(X)
    ours = Standardizer.fit(X)
    np.testing.assert_array_equal(ours.scale[[3, 7]], 1.0)
    np.testing.assert_allclose(ours.scale, scaler.scale_, rtol=1e-12)
    np.testing.assert_allclose(ours.mean, scaler.mean_, rtol=1e-12)


def test_missing_and_infinite_values_take_the_training_median() -> None:
    X = correlated(21, 5)
    clean = X.copy()
    X[0, 0], X[1, 0], X[2, 4] = np.nan, np.inf, -np.inf
    clean[[0, 1], 0] = np.median(X[2:, 0])
    clean[2, 4] = np.median(np.delete(X[:, 4], 2))
    ours = Standardizer.fit(X)
    np.testing.assert_allclose(ours.apply(X), StandardScaler().fit_transform(clean), atol=1e-12)
    row = np.full((1, 5), np.nan)
    filled = np.median(clean, axis=0)
    filled[0], filled[4] = clean[0, 0], clean[2, 4]
    np.testing.assert_allclose(ours.apply(row)[0], (filled - ours.mean) / ours.scale)


def test_a_column_without_any_value_counts_as_constant_zero() -> None:
    X = correlated(20, 4)
    X[:, 2] = np.nan
    ours = Standardizer.fit(X)
    assert (ours.fill[2], ours.mean[2], ours.scale[2]) == (0.0, 0.0, 1.0)
    assert np.isfinite(ours.apply(X)).all()


def test_rank_leaves_out_components_without_variance() -> None:
    X = correlated(40, 60)
    X[20:] = X[:20]
    assert Decomposition.fit(X).rank == 19
    assert Decomposition.fit(np.ones((10, 3))).rank == 0


def test_both_sides_give_the_same_answer() -> None:
    X = correlated(50, 50)
    wide = np.hstack([X, np.ones((50, 1))])
    a, b = Decomposition.fit(X[:, :49]), Decomposition.fit(wide[:, [*range(49), 50, 50]])
    assert (a.basis is None, b.basis is None) == (False, True)
    np.testing.assert_allclose(a.variance, b.variance[: a.rank], rtol=1e-8)


def test_a_share_outside_its_range_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"1\.2.*\(0, 1\]"):
        Decomposition.fit(correlated(10, 4)).size(1.2)
