"""Tasks: labels become indicators, scores become probabilities and decisions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from affectmix.errors import ConfigError, TableError
from affectmix.tasks import (
    Task,
    classes_from_scores,
    indicators,
    probabilities_from_scores,
    quadrants_of,
    scores_from_probabilities,
    targets_from,
    targets_of,
    task_of,
)


def labels(rows: list[tuple[float, float, str | None]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["valence", "arousal", "quadrant"])


CORNERS = labels([(0.5, 0.5, None), (-0.5, 0.5, None), (-0.5, -0.5, None), (0.5, -0.5, None)])


def test_quadrants_are_numbered_as_russell_and_4q_number_them() -> None:
    assert list(quadrants_of(CORNERS)) == ["Q1", "Q2", "Q3", "Q4"]
    np.testing.assert_array_equal(indicators(CORNERS, Task.QUADRANT), 2 * np.eye(4) - 1)
    assert indicators(CORNERS, Task.VALENCE_CLASS)[:, 0].tolist() == [1, -1, -1, 1]
    assert indicators(CORNERS, Task.AROUSAL_CLASS)[:, 0].tolist() == [1, 1, -1, -1]


def test_a_rating_of_exactly_zero_is_low() -> None:
    edge = labels([(0.0, 0.5, None), (0.5, 0.0, None), (0.0, 0.0, None)])
    assert list(quadrants_of(edge)) == ["Q2", "Q4", "Q3"]


def test_a_given_quadrant_goes_before_ratings_and_stands_in_for_them() -> None:
    given = labels([(0.5, 0.5, "Q3"), (np.nan, np.nan, "Q2")])
    assert list(quadrants_of(given)) == ["Q3", "Q2"]
    assert indicators(given, Task.VALENCE_CLASS)[:, 0].tolist() == [-1, -1]


def test_a_clip_with_neither_is_named_as_a_fault() -> None:
    with pytest.raises(TableError, match="1 clips have neither a quadrant nor both ratings"):
        indicators(labels([(0.5, np.nan, None)]), Task.QUADRANT)


def test_regression_is_taught_the_ratings_themselves() -> None:
    np.testing.assert_array_equal(
        targets_from(CORNERS, Task.REGRESSION), CORNERS[["valence", "arousal"]].to_numpy()
    )
    assert targets_of(Task.REGRESSION) == ("valence", "arousal")
    assert targets_of(Task.VALENCE_CLASS) == ("valence_high",)


def test_probabilities_are_cut_and_add_up_to_one() -> None:
    scores = np.array([[1.0, 0.0, -1.0, -3.0], [-2.0, -2.0, -1.0, -5.0]])
    p = probabilities_from_scores(scores, Task.QUADRANT)
    np.testing.assert_allclose(p, [[2 / 3, 1 / 3, 0, 0], [0.25] * 4])
    two = probabilities_from_scores(np.array([[0.5], [3.0], [-1.5]]), Task.AROUSAL_CLASS)
    np.testing.assert_allclose(two, [[0.25, 0.75], [0, 1], [1, 0]])


@pytest.mark.parametrize("task", [Task.QUADRANT, Task.VALENCE_CLASS])
def test_scores_of_probabilities_give_these_back(task: Task) -> None:
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(len(task.classes)), size=7)
    np.testing.assert_allclose(
        probabilities_from_scores(scores_from_probabilities(p, task), task), p
    )


def test_decisions_are_the_highest_score_and_the_sign() -> None:
    assert classes_from_scores(np.array([[-3.0, -2.0, -2.5, -9.0]]), Task.QUADRANT).tolist() == [1]
    two = classes_from_scores(np.array([[0.1], [0.0], [-0.1]]), Task.VALENCE_CLASS)
    assert [Task.VALENCE_CLASS.classes[place] for place in two] == ["high", "low", "low"]


def test_an_unknown_task_is_named_with_those_allowed() -> None:
    assert task_of({}) is Task.REGRESSION
    with pytest.raises(ConfigError, match=r"'quadrants' found; allowed are regression, valence_"):
        task_of({"task": "quadrants"})
