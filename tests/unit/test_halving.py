"""Successive halving: sizes, nesting, stratification, ties, and unconverged points."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from affectmix.errors import ConfigError
from affectmix.search.halving import (
    nested_order,
    rank_points,
    rung_rows,
    rung_shares,
    search,
)
from affectmix.search.task import SearchFold, SearchTask


def make_task(n: int = 300, folds: int = 3, seed: int = 0) -> SearchTask:
    rng = np.random.default_rng([seed, n])
    part = np.arange(n) % folds
    return SearchTask(
        X=np.zeros((n, 1), dtype=np.float32),
        Y=rng.uniform(-1, 1, size=(n, 2)),
        targets=("valence", "arousal"),
        strata=rng.choice(4, size=n, p=[0.1, 0.2, 0.3, 0.4]),
        priority=rng.uniform(size=n),
        folds=tuple(
            SearchFold(np.flatnonzero(part != k), {"a": np.flatnonzero(part == k)})
            for k in range(folds)
        ),
        seed=seed,
    )


def test_beginnings_of_the_nested_order_are_stratified() -> None:
    task = make_task(1000)
    order = nested_order(task.strata, task.priority)
    assert sorted(order) == list(range(1000))
    sizes = np.bincount(task.strata)
    for share in (0.1, 0.2, 0.4, 0.8):
        counts = np.bincount(task.strata[order[: int(share * 1000)]], minlength=4)
        assert np.abs(counts - share * sizes).max() <= 1.0
    for stratum in range(4):
        taken = [i for i in order if task.strata[i] == stratum]
        assert np.all(np.diff(task.priority[taken]) > 0)


def test_rungs_are_nested_and_do_not_depend_on_the_order_of_rows() -> None:
    task = make_task()
    small, large = rung_rows(task, 0.2), rung_rows(task, 0.4)
    for a, b, fold in zip(small, large, task.folds, strict=True):
        assert (len(a), len(b)) == (40, 80)
        assert set(a) < set(b) < set(fold.train)
    rng = np.random.default_rng(1)
    shuffled = rng.permutation(task.folds[0].train)
    moved = SearchTask(
        task.X,
        task.Y,
        task.targets,
        task.strata,
        task.priority,
        (SearchFold(shuffled, task.folds[0].validate),),
        0,
    )
    np.testing.assert_array_equal(rung_rows(moved, 0.2)[0], small[0])


def test_shares_double_and_small_rungs_are_left_out() -> None:
    assert rung_shares(1226) == pytest.approx([0.1, 0.2, 0.4, 0.8])
    assert rung_shares(60) == pytest.approx([0.4, 0.8])
    assert rung_shares(12) == [1.0]
    with pytest.raises(ConfigError, match="growth 1"):
        rung_shares(100, growth=1.0)


def test_ranking_puts_unconverged_and_missing_scores_last_and_ties_in_order() -> None:
    rmse = np.array([0.3, 0.1, 0.2, 0.2, np.nan])
    converged = np.array([True, False, True, True, True])
    np.testing.assert_array_equal(
        rank_points(rmse, converged, np.array([4, 3, 2, 1, 0])), [2, 3, 0, 4, 1]
    )


class Judge:
    """Scores points by a known value per target, and remembers what it was asked."""

    def __init__(self, values: np.ndarray, converged: np.ndarray | None = None) -> None:
        self.values = values
        self.converged = np.ones_like(values, dtype=bool) if converged is None else converged
        self.asked: list[tuple[int, np.ndarray]] = []

    def __call__(
        self, rows: Sequence[np.ndarray], wanted: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        self.asked.append((len(rows[0]), wanted.sum(axis=0)))
        return np.where(wanted, self.values, np.nan), wanted & self.converged


def test_a_quarter_rounded_up_goes_on_per_target() -> None:
    task = make_task()
    values = np.random.default_rng(3).uniform(size=(102, 2))
    judge = Judge(values)
    result = search(task, [{"p": k} for k in range(102)], judge)
    assert [rows for rows, _ in judge.asked] == [20, 40, 80, 160]
    assert [count.tolist() for _, count in judge.asked] == [[102] * 2, [26] * 2, [7] * 2, [2] * 2]
    best = values.argmin(axis=0)
    assert result.chosen == {"valence": {"p": best[0]}, "arousal": {"p": best[1]}}
    assert len(result.scores) == 2 * (102 + 26 + 7 + 2)
    last = result.scores.query("rung == 3 and target == 'arousal'")
    np.testing.assert_array_equal(np.sort(values[:, 1])[:2], np.sort(last["rmse"]))


def test_unconverged_points_are_counted_and_never_chosen_unless_all_are() -> None:
    task = make_task()
    values = np.column_stack([np.arange(8.0), np.arange(8.0)])
    converged = np.ones((8, 2), dtype=bool)
    converged[0] = False
    result = search(task, [{"p": k} for k in range(8)], Judge(values, converged), exhaustive=True)
    assert result.chosen["valence"] == {"p": 1}
    assert result.unconverged == {0: 2}
    flagged = result.scores.query("point == 0")
    assert (flagged["rmse"] == 0.0).all() and not flagged["converged"].any()
    none = search(task, [{"p": k} for k in range(8)], Judge(values, converged & False))
    assert none.chosen["arousal"] == {"p": 0}


def test_exhaustive_search_is_one_rung_of_all_rows() -> None:
    task = make_task()
    judge = Judge(np.random.default_rng(0).uniform(size=(5, 2)))
    result = search(task, [{"p": k} for k in range(5)], judge, exhaustive=True)
    assert [rows for rows, _ in judge.asked] == [200]
    assert result.scores["share"].unique().tolist() == [1.0]


def test_the_objective_is_the_mean_of_the_views() -> None:
    fold = SearchFold(np.array([0]), {"a": np.array([5, 3]), "b": np.array([9])})
    np.testing.assert_array_equal(fold.validation_rows, [3, 5, 9])
    errors = np.array([[0.3, 1.0], [0.4, 1.0], [-0.5, 1.0]])
    expected = [(np.sqrt((0.09 + 0.16) / 2) + 0.5) / 2, 1.0]
    np.testing.assert_allclose(fold.rmse(errors), expected)


def test_the_same_search_gives_the_same_tables() -> None:
    values = np.random.default_rng(5).uniform(size=(40, 2))
    points = [{"p": k} for k in range(40)]
    first, second = (search(make_task(), points, Judge(values)) for _ in range(2))
    pd.testing.assert_frame_equal(first.scores, second.scores)
