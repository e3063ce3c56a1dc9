"""Shapley values of games whose values are known."""

from __future__ import annotations

import numpy as np
import pytest
from affectmix.evaluation.shapley import coalitions, shapley_values

STEMS = ("vocals", "drums", "bass", "other")


def test_four_stems_have_sixteen_coalitions() -> None:
    assert len(set(coalitions(STEMS))) == 16


def test_in_an_additive_game_each_gets_its_own_share() -> None:
    own = {"vocals": 0.3, "drums": -0.2, "bass": 0.0, "other": 0.05}
    worth = {c: np.array([sum(own[s] for s in c), 0.7]) for c in coalitions(STEMS)}
    values = shapley_values(worth, STEMS)
    np.testing.assert_allclose(values, [list(own.values()), [0.0] * 4], atol=1e-12)


def test_in_a_symmetric_game_all_get_the_same() -> None:
    worth = {c: np.array([len(c) ** 2 / 16]) for c in coalitions(STEMS)}
    np.testing.assert_allclose(shapley_values(worth, STEMS), [[0.25] * 4])


def test_the_glove_game() -> None:
    # Left gloves of one, right gloves of two others: the known values are 2/3, 1/6, 1/6.
    players = ("left", "right", "spare")
    worth = {
        c: np.array([float("left" in c and bool(c & {"right", "spare"}))])
        for c in coalitions(players)
    }
    np.testing.assert_allclose(shapley_values(worth, players), [[2 / 3, 1 / 6, 1 / 6]])


def test_values_sum_to_what_all_stems_add_and_a_stem_without_effect_gets_nothing() -> None:
    rng = np.random.default_rng(0)
    drawn = {c: rng.normal(size=50) for c in coalitions(STEMS[:3])}
    worth = {c: drawn[c - {"other"}] for c in coalitions(STEMS)}
    values = shapley_values(worth, STEMS)
    gained = worth[frozenset(STEMS)] - worth[frozenset()]
    np.testing.assert_allclose(values.sum(1), gained)
    np.testing.assert_allclose(values[:, 3], 0.0, atol=1e-12)


def test_the_order_of_players_does_not_matter() -> None:
    rng = np.random.default_rng(1)
    worth = {c: rng.normal(size=5) for c in coalitions(STEMS)}
    turned = shapley_values(worth, STEMS[::-1])
    np.testing.assert_allclose(turned[:, ::-1], shapley_values(worth, STEMS))


def test_a_missing_coalition_is_named() -> None:
    worth = {c: np.zeros(1) for c in coalitions(STEMS) if c != {"bass", "drums"}}
    with pytest.raises(ValueError, match=r"1 of 16 coalitions lack: \[\['bass', 'drums'\]\]"):
        shapley_values(worth, STEMS)
