"""Axes from blocks of rows equal the decomposition of the whole, wherever the rows are."""

from __future__ import annotations

import numpy as np
import pytest
from affectmix.errors import AffectMixError
from affectmix.features import disk_rows as module
from affectmix.features.disk_rows import DiskRows
from affectmix.search import row_blocks
from affectmix.search.axes import Axes, standardizer_of
from affectmix.search.decomposition import Decomposition, Standardizer
from affectmix.search.row_blocks import RunningRmse, blocks
from affectmix.search.task import SearchFold


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_blocks, "BLOCK", 16)


def features(n: int = 90, d: int = 20) -> np.ndarray:
    """Correlated columns far from zero, for which raw sums of squares would cancel."""
    rng = np.random.default_rng([n, d])
    X = rng.normal(size=(n, 5)) @ rng.normal(size=(5, d)) + 0.3 * rng.normal(size=(n, d))
    return (X * 10.0 ** rng.uniform(-3, 3, size=d) * (1 + 1e-2) + 300.0).astype(np.float32)


def on_disk(X: np.ndarray) -> DiskRows:
    rows = DiskRows.empty(*X.shape)
    turned = np.arange(len(X))[::-1]
    rows.write(turned, X[turned])
    return rows


def test_disk_rows_are_read_as_an_array_is() -> None:
    X = features()
    rows = on_disk(X)
    assert (rows.shape, len(rows), rows.dtype) == (X.shape, len(X), X.dtype)
    for wanted in (slice(None), slice(3, 9), np.array([5, 5, 2, 3, 4, 89]), np.array([], int)):
        np.testing.assert_array_equal(rows[wanted], X[wanted])
    counts = np.arange(len(X)) % 3
    np.testing.assert_array_equal(rows.repeat(counts)[:], X.repeat(counts, axis=0))
    for wanted in (None, np.arange(40, 0, -1)):
        parts = [block for _, block in blocks(rows, wanted)]
        assert max(map(len, parts)) == 16
        np.testing.assert_array_equal(np.concatenate(parts), X if wanted is None else X[wanted])


def test_a_full_disk_is_named_before_anything_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.os, "posix_fallocate", full)
    with pytest.raises(
        AffectMixError, match=r"no room for 0\.2 GB of features \(40000 clips.*TMPDIR"
    ):
        DiskRows.empty(40_000, 1000)


@pytest.mark.parametrize("shape", [(90, 20), (30, 50)])
def test_axes_are_those_of_the_whole_matrix(shape: tuple[int, int]) -> None:
    X = features(*shape)
    X[:, 3] = 7.0
    X[4, 5], X[6, 5], X[2, 9] = np.nan, np.inf, -np.inf
    whole, ours = Decomposition.fit(X), Axes.fit(on_disk(X))
    for name in ("fill", "mean", "scale"):
        expected = getattr(whole.standardizer, name)
        np.testing.assert_allclose(getattr(ours.standardizer, name), expected, rtol=1e-12)
    assert (ours.n, ours.rank) == (whole.n, whole.rank)
    np.testing.assert_allclose(ours.variance, whole.variance, rtol=1e-9)
    assert ours.total == pytest.approx(whole.total, rel=1e-12)
    size = ours.size(0.95)
    assert size == whole.size(0.95)
    scores = ours.cut(size).scores(X)
    expected = whole.project(X)[:, :size]
    np.testing.assert_allclose(
        scores @ scores.T, expected @ expected.T, atol=1e-5 * np.abs(expected).max() ** 2
    )


def test_of_some_rows() -> None:
    X, rows = features(), np.arange(1, 90, 2)
    np.testing.assert_allclose(Axes.fit(X, rows).variance, Axes.fit(X[rows]).variance, rtol=1e-12)


def test_medians_of_many_rows_are_those_of_spread_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("affectmix.search.axes.MEDIAN_ROWS", 30)
    X = features()
    ours = standardizer_of(X)
    spread = np.linspace(0, 89, 30).round().astype(int)
    np.testing.assert_array_equal(ours.fill, Standardizer.fit(X[spread]).fill)
    np.testing.assert_allclose(ours.mean, Standardizer.fit(X).mean, rtol=1e-12)


def test_running_errors_end_as_those_of_all_rows() -> None:
    fold = SearchFold(np.array([0]), {"a": np.array([7, 1, 3]), "b": np.array([3, 9, 5, 40])})
    errors = np.random.default_rng(0).normal(size=(len(fold.validation_rows), 4))
    running = RunningRmse(fold, 4)
    for place in (slice(0, 2), slice(2, 5), slice(5, 6)):
        running.add(place, errors[place])
    np.testing.assert_allclose(running.value(), fold.rmse(errors), rtol=1e-12)
