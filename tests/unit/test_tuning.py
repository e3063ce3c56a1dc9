"""Tuning to a listener: what each method finds, which songs it asks for, and what it keeps."""

from __future__ import annotations

import numpy as np
import pytest
from affectmix.schemas import QUADRANTS
from affectmix.tuning.bayesian_head import HeadCorrection, fit_head
from affectmix.tuning.components import ComponentSpace
from affectmix.tuning.listeners import KINDS, simulated_listeners
from affectmix.tuning.methods import METHODS
from affectmix.tuning.residual_neighbours import fit_neighbours
from affectmix.tuning.ridge_correction import fit_ridge
from affectmix.tuning.songs import (
    Songs,
    quadrant_probabilities,
    quadrants_of,
    targets_of_ratings,
)
from affectmix.tuning.suggest import choose, suggest

SPREAD = 0.35
CHEAP = [name for name, method in METHODS.items() if not method.of_network]


def affect(count: int = 60, *, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.7, 0.7, (count, 2))


def as_output(predicted: np.ndarray, output: str, components: np.ndarray | None = None) -> Songs:
    if output == "quadrant":
        predicted = quadrant_probabilities(predicted, spread=SPREAD)
    return Songs.of_clips(predicted, components)


def rmse(found: np.ndarray, wanted: np.ndarray) -> float:
    return float(np.sqrt(np.square(found - wanted).mean()))


def test_songs_of_several_rows_are_averaged_counted_and_taken() -> None:
    rows = np.array([[0.6, 0.2, 0.1, 0.1], [0.1, 0.7, 0.1, 0.1], [0.2, 0.6, 0.1, 0.1]])
    single = np.array([[0.4, 0.3, 0.2, 0.1]])
    songs = Songs(np.vstack([rows, single]), np.zeros((4, 0)), np.array([0, 0, 0, 1]))
    assert len(songs) == 2
    np.testing.assert_allclose(songs.means(songs.predicted)[0], rows.mean(axis=0))
    np.testing.assert_allclose(songs.shares(songs.predicted), [[1 / 3, 2 / 3, 0, 0], single[0]])
    swapped = songs.take(np.array([1, 0]))
    assert swapped.song.tolist() == [0, 1, 1, 1]
    np.testing.assert_array_equal(swapped.predicted, np.vstack([single, rows]))


def test_zero_is_low_and_probabilities_follow_the_quadrant() -> None:
    values = np.array([[0.5, 0.5], [-0.5, 0.5], [-0.5, -0.5], [0.5, -0.5], [0.0, 0.5], [0.0, 0.0]])
    assert quadrants_of(values).tolist() == [0, 1, 2, 3, 1, 2]
    likely = quadrant_probabilities(values[:4], spread=SPREAD)
    assert likely.argmax(axis=1).tolist() == [0, 1, 2, 3]
    np.testing.assert_allclose(likely.sum(axis=1), 1)


@pytest.mark.parametrize("name", CHEAP)
def test_a_listener_like_all_others_is_left_nearly_alone(name: str) -> None:
    method = METHODS[name]
    predicted = affect()
    songs = as_output(predicted, method.outputs[0])
    few = songs.take(np.arange(10))
    if method.outputs[0] == "affect":
        wanted = predicted[:10]
        tuned = method.fit(few, wanted).predict(songs)
        np.testing.assert_allclose(tuned, songs.predicted, atol=0.02)
    else:
        targets = targets_of_ratings(predicted[:10], "quadrant")
        tuned = method.fit(few, targets).predict(songs)
        assert (tuned.argmax(axis=1) == songs.predicted.argmax(axis=1)).mean() > 0.9


@pytest.mark.parametrize("name", CHEAP)
@pytest.mark.parametrize("output", ["affect", "quadrant"])
def test_every_method_follows_a_shifted_listener_and_comes_back_from_its_arrays(
    name: str, output: str
) -> None:
    method = METHODS[name]
    if output not in method.outputs:
        return
    predicted = affect()
    components = np.random.default_rng(1).standard_normal((60, 3))
    felt = np.clip(predicted + np.array([0.5, -0.3]), -1, 1)
    songs = as_output(predicted, output, components)
    targets = targets_of_ratings(felt[:20], songs.output)
    model = method.fit(songs.take(np.arange(20)), targets)
    tuned = model.predict(songs)
    if output == "affect":
        assert rmse(tuned[20:], felt[20:]) < 0.6 * rmse(predicted[20:], felt[20:])
    else:
        right = tuned[20:].argmax(axis=1) == quadrants_of(felt[20:])
        before = songs.predicted[20:].argmax(axis=1) == quadrants_of(felt[20:])
        assert right.mean() > before.mean() + 0.05
    np.testing.assert_array_equal(method.load(model.to_arrays()).predict(songs), tuned)


def test_ridge_finds_a_rotation_that_it_has_seen_little_of() -> None:
    predicted = affect(seed=3)
    turned = predicted @ np.array([[0.0, 1], [-1, 0]])
    songs = Songs.of_clips(predicted)
    model = fit_ridge(songs.take(np.arange(6)), turned[:6])
    assert rmse(model.predict(songs), turned) < 0.25 * rmse(predicted, turned)


def test_one_song_moves_the_map_by_less_than_its_residual() -> None:
    songs = Songs.of_clips(np.array([[0.2, -0.1], [0.0, 0.0]]))
    model = fit_ridge(songs.take(np.array([0])), np.array([[0.8, -0.1]]))
    moved = model.predict(songs)[0, 0] - 0.2
    assert 0.05 < moved < 0.6


def test_the_head_is_at_the_mode_of_its_posterior() -> None:
    """With one prior the gradient of log likelihood and prior is zero: checked by differences."""
    from affectmix.tuning import bayesian_head as head

    predicted = affect(12, seed=5)
    songs = as_output(predicted, "quadrant")
    targets = targets_of_ratings(-predicted, "quadrant")
    logits = head._logits(songs.predicted)
    inputs = head._inputs(logits, songs.components)
    design = np.kron(0.5 * head.SIDES.T, inputs)
    variances = np.array([4.0, 0.5, 0.25] * 2)
    mapped = design * variances
    dual, _ = head._mode(mapped @ design.T, logits.T.ravel(), targets.T.ravel(), len(inputs))
    mode = mapped.T @ dual

    def objective(weights: np.ndarray) -> float:
        added = inputs @ weights.reshape(2, -1).T
        shares = head._softmax(logits + 0.5 * added @ head.SIDES)
        return float((targets * np.log(shares)).sum() - 0.5 * (weights**2 / variances).sum())

    for place in range(6):
        step = np.zeros(6)
        step[place] = 1e-3
        slope = (objective(mode + step) - objective(mode - step)) / 2e-3
        assert abs(slope) < 1e-3


def test_picked_songs_do_not_pass_for_the_listeners_taste() -> None:
    """A listener like all others who names Q1 songs alone must not get Q1 everywhere."""
    predicted = affect(200, seed=6)
    songs = as_output(predicted, "quadrant")
    first = np.flatnonzero(quadrants_of(predicted) == 0)[:12]
    targets = targets_of_ratings(predicted[first], "quadrant")
    library = songs.predicted.mean(axis=0)
    plain = fit_head(songs.take(first), targets).predict(songs)[:, 0].mean()
    corrected = fit_head(songs.take(first), targets, library=library).predict(songs)[:, 0].mean()
    general = library[0]
    assert abs(corrected - general) < abs(plain - general)


def test_neighbours_correct_where_songs_were_rated_and_not_far_away() -> None:
    predicted = np.zeros((40, 2))
    components = np.repeat([[-4.0], [4.0]], 20, axis=0)
    felt = np.where(components < 0, 0.6, 0.0) * np.array([[1.0, 0.0]])
    songs = Songs.of_clips(predicted, components)
    chosen = np.array([0, 1, 2, 3, 20, 21, 22, 23])
    tuned = fit_neighbours(songs.take(chosen), felt[chosen]).predict(songs)
    assert tuned[10, 0] > 0.35
    assert abs(tuned[30, 0]) < 0.15


def test_suggested_songs_tell_more_than_random_ones() -> None:
    predicted = affect(100, seed=8) * np.array([1.0, 0.3])
    songs = Songs.of_clips(predicted)
    spread = {
        chooser: np.linalg.det(
            np.cov(predicted[choose(chooser, songs, np.zeros(100), 6, seed=2)].T)
        )
        for chooser in ("suggested", "random")
    }
    assert spread["suggested"] > 2 * spread["random"]


def test_suggestions_do_not_depend_on_how_many_are_asked_for_and_come_out_the_same_again() -> None:
    songs = Songs.of_clips(affect(50))
    many = suggest(songs, 20, seed=4)
    assert suggest(songs, 7, seed=4).tolist() == many[:7].tolist()
    assert len(set(many.tolist())) == 20
    assert len(suggest(songs, 500, seed=4)) == 50


def test_suggestions_go_on_from_the_songs_that_are_rated() -> None:
    songs = Songs.of_clips(affect(50, seed=6))
    many = suggest(songs, 20, seed=4).tolist()
    assert suggest(songs, 15, seed=4, rated=many[:5]).tolist() == many[5:]
    rest = suggest(songs, 500, seed=4, rated=many)
    assert sorted([*rest.tolist(), *many]) == list(range(50))


def test_listeners_who_pick_name_a_song_of_each_quadrant_in_turn() -> None:
    quadrants = np.repeat([0, 1, 2, 3], [80, 10, 5, 5])
    songs = Songs.of_clips(affect(100))
    picked = choose("picked", songs, quadrants, 8, seed=0)
    assert np.bincount(quadrants[picked], minlength=4).tolist() == [2, 2, 2, 2]


def test_components_are_white_on_the_rows_they_were_fitted_on_and_nowhere_else() -> None:
    rows = np.random.default_rng(0).standard_normal((50, 20)) * np.arange(1, 21)
    space = ComponentSpace.fit(rows)
    np.testing.assert_allclose(np.cov(space.apply(rows).T), np.eye(8), atol=1e-8)
    again = ComponentSpace.from_arrays(space.to_arrays())
    np.testing.assert_array_equal(again.apply(rows), space.apply(rows))
    assert ComponentSpace.fit(np.empty((0, 5))).apply(np.ones((3, 5))).shape == (3, 0)


def test_simulated_listeners_differ_as_their_kind_says() -> None:
    listeners = simulated_listeners(9, seed=1)
    assert [one.kind for one in listeners] == list(KINDS) * 3
    assert simulated_listeners(4, seed=1)[3].zero.tolist() == listeners[3].zero.tolist()
    values = affect(30) * 0.5
    for one in listeners:
        felt = one.feels(values)
        if one.kind == "shift":
            apart = felt - values
            np.testing.assert_allclose(apart, np.broadcast_to(apart[0], apart.shape), atol=1e-12)
            assert 0.25 <= np.hypot(*apart[0]) <= 0.5
        elif one.kind == "rotation":
            np.testing.assert_allclose((felt**2).sum(axis=1), (values**2).sum(axis=1))
        else:
            np.testing.assert_allclose(felt, values * np.diag(one.matrix))
        noisy = one.rates(felt, noise=0.2, seed=1)
        assert 0.1 < rmse(noisy, felt) < 0.3
        np.testing.assert_array_equal(noisy, one.rates(felt, noise=0.2, seed=1))


def test_the_upper_bound_of_quadrants_is_how_each_is_felt() -> None:
    (listener, *_) = simulated_listeners(1, seed=1)
    values = affect(400) * 0.9
    places = quadrants_of(values)
    shares = listener.upper_bound(places, values)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    felt = quadrants_of(listener.feels(values))
    assert shares[0, 0] == (felt[places == 0] == 0).mean()
    nothing = listener.upper_bound(np.array([], int), np.empty((0, 2)))
    np.testing.assert_array_equal(nothing, np.eye(len(QUADRANTS)))


def test_a_head_without_a_difference_changes_nothing() -> None:
    songs = as_output(affect(), "quadrant")
    tuned = HeadCorrection(np.zeros((3, 2))).predict(songs)
    np.testing.assert_allclose(tuned, songs.predicted, atol=1e-9)
