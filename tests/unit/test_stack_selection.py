"""Greedy selection finds the average of least error; ranks are those of the training rows."""

from __future__ import annotations

import numpy as np
import pytest
from affectmix.learners.stack.learner import best_of_stages
from affectmix.learners.stack.ranks import Ranks
from affectmix.learners.stack.selection import ErrorProducts, bagged_selection, select
from affectmix.search.task import SearchFold
from sklearn.preprocessing import QuantileTransformer


def folds_and_errors(
    members: int, seed: int = 0
) -> tuple[tuple[SearchFold, ...], list[np.ndarray], np.ndarray]:
    rng = np.random.default_rng([seed, members])
    folds = tuple(
        SearchFold(
            np.arange(3),
            {"a": np.arange(k * 30, k * 30 + 12), "b": np.arange(k * 30 + 8, k * 30 + 30)},
        )
        for k in range(3)
    )
    errors = [rng.normal(size=(30, members)) for _ in folds]
    return folds, errors, rng.dirichlet(np.ones(members))


def test_products_give_the_objective_of_the_search() -> None:
    folds, errors, weights = folds_and_errors(5)
    products = ErrorProducts.of(folds, errors)
    own = np.mean([fold.rmse(missed) for fold, missed in zip(folds, errors, strict=True)], axis=0)
    np.testing.assert_allclose(products.of_members(), own)
    joint = np.mean([fold.rmse(e @ weights) for fold, e in zip(folds, errors, strict=True)])
    assert products.of_weights(weights) == pytest.approx(joint)


def test_each_step_takes_what_lowers_the_error_most() -> None:
    folds, errors, _ = folds_and_errors(6)
    products = ErrorProducts.of(folds, errors)
    counts = np.zeros(6, dtype=int)
    best, lowest = counts, np.inf
    for step in range(12):
        trials = [(counts + unit) / (step + 1) for unit in np.eye(6)]
        scores = [products.of_weights(trial) for trial in trials]
        counts = counts + np.eye(6, dtype=int)[int(np.argmin(scores))]
        if min(scores) < lowest:
            best, lowest = counts, min(scores)
    np.testing.assert_array_equal(select(products, steps=12), best)


def test_a_perfect_member_is_taken_alone_and_a_pair_that_cancels_together() -> None:
    folds, errors, _ = folds_and_errors(4)
    perfect = [np.where(np.arange(4) == 2, 0.0, e) for e in errors]
    counts = select(ErrorProducts.of(folds, perfect), steps=10)
    assert (counts > 0).tolist() == [False, False, True, False]
    cancelling = [e.copy() for e in errors]
    for e in cancelling:
        e[:, 3] = -e[:, 1]
    counts = select(ErrorProducts.of(folds, cancelling), steps=10)
    assert counts[1] == counts[3] > 0 and counts.sum() == 2 * counts[1]


def test_bagged_weights_sum_to_one_and_follow_the_seed() -> None:
    folds, errors, _ = folds_and_errors(9)
    products = ErrorProducts.of(folds, errors)

    def weights(seed: int) -> np.ndarray:
        return bagged_selection(products, steps=8, bags=5, share=0.5, seed=[seed])

    assert weights(0).sum() == pytest.approx(1.0)
    np.testing.assert_array_equal(weights(0), weights(0))
    assert (weights(0) != weights(1)).any()
    assert products.of_weights(weights(0)) < products.of_members().min()


def test_ranks_equal_scikit_learn_where_no_value_occurs_twice() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, 6)).astype(np.float32)
    other = np.concatenate([rng.normal(size=(20, 6)), [[9.0] * 6, [-9.0] * 6]]).astype(np.float32)
    expected = QuantileTransformer(n_quantiles=50).fit(X)
    ranks = Ranks.fit(X)
    np.testing.assert_allclose(ranks.apply(X), expected.transform(X), atol=1e-6)
    np.testing.assert_allclose(ranks.apply(other), expected.transform(other), atol=1e-6)


def test_equal_values_share_the_middle_of_their_places() -> None:
    X = np.array([[0.0, 1.0], [0.0, 1.0], [0.0, 1.0], [5.0, 1.0], [9.0, 1.0]], dtype=np.float32)
    ranks = Ranks.fit(X)
    assert ranks.apply(X)[:, 0].tolist() == [0.25, 0.25, 0.25, 0.75, 1.0]
    assert ranks.apply(X)[:, 1].tolist() == [0.5] * 5
    halfway = ranks.apply(np.array([[2.5, np.nan]], dtype=np.float32))
    assert halfway[0, 0] == pytest.approx(0.625)
    assert ranks.apply(X[:1, :])[0, 1] == 0.5


def test_best_of_stages_keeps_the_best_of_each() -> None:
    scores = np.concatenate([np.arange(20.0), np.arange(20.0)[::-1]])
    kept = best_of_stages(scores, np.repeat([0, 1], 20))
    assert kept.tolist() == [*range(5), *range(35, 40)]
