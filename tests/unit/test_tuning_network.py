"""Tuning a network: the paper's recipe and the others, on windows of cached features."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from affectmix.cells.final import FinalModel
from affectmix.errors import AffectMixError
from affectmix.learners.user_tuned.learner import UserTunedLearner
from affectmix.learners.user_tuned.model import GeneralModel
from affectmix.learners.user_tuned.target import UserTunedModel
from affectmix.tasks import Task
from affectmix.tuning.correction import Correction, Ears
from affectmix.tuning.hear_songs import songs_of, space_of
from affectmix.tuning.methods import METHODS
from affectmix.tuning.paper import fit_paper
from affectmix.tuning.songs import Songs, targets_of_ratings
from affectmix.tuning.tune import open_ears, tune

BANDS, COLUMNS = 8, 90  # 9 s of 10 columns per second: nine frames, and three windows
TARGETS = ("q1", "q2", "q3", "q4")
SETTINGS: dict[str, Any] = {
    "backbone": "small",
    "weights": "random",
    "picture": "plain",
    "pooling": "mean",
    "training": "frozen",
    "excerpt_s": 9.0,
    "frame_s": 1.0,
    "window": 4,
    "l2": 1e-4,
    "learning_rate": 3e-3,
    "batch": 16,
    "epochs": 2,
    "lstm_epochs": 6,
    "device": "cpu",
}


def songs(count: int = 24, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return log-mels whose loud bands tell the quadrant, and its place."""
    random = np.random.default_rng(seed)
    quadrant = np.arange(count) % 4
    levels = random.normal(-50, 3, (count, BANDS, COLUMNS)).astype(np.float32)
    for song in range(count):
        levels[song, quadrant[song] * 2 : quadrant[song] * 2 + 2] += 25
    return levels, quadrant


@pytest.fixture(scope="module")
def model() -> GeneralModel:
    levels, quadrant = songs()
    learner = UserTunedLearner(SETTINGS)
    rows = (np.arange(16), np.arange(16, 24))
    Y = 2.0 * np.eye(4)[quadrant] - 1
    return learner.train(levels, Y, TARGETS, rows=rows, seed=1).model


@pytest.fixture(scope="module")
def heard(model: GeneralModel) -> Songs:
    levels, _ = songs(8, seed=3)
    return songs_of(model, model.encode(levels), space_of(model))


def test_a_song_has_a_row_for_every_window_side_by_side(heard: Songs) -> None:
    assert heard.rows_of_song.tolist() == [2] * 8  # nine frames: two windows of four
    assert heard.components.shape == (16, 8)
    np.testing.assert_allclose(heard.predicted.sum(axis=1), 1)


def test_the_papers_tuning_moves_the_lstm_alone_and_hardly(
    model: GeneralModel, heard: Songs
) -> None:
    before = {n: v.clone() for n, v in model.sequence.state_dict().items()}
    targets = np.eye(4)[(np.arange(8) + 1) % 4]  # each quadrant is felt as the next
    tuned = fit_paper(heard, targets, model=model, seed=1, epochs=3)
    for name, values in model.sequence.state_dict().items():
        torch.testing.assert_close(values, before[name], rtol=0, atol=0)
    moved = max(
        float((values - before[name]).abs().max())
        for name, values in tuned.model.sequence.state_dict().items()
    )
    assert 0 < moved < 1e-4
    assert tuned.model.backbone is model.backbone
    assert tuned.model.dense is model.dense
    again = fit_paper(heard, targets, model=model, seed=1, epochs=3)
    np.testing.assert_array_equal(tuned.predict(heard), again.predict(heard))


def test_a_rate_that_is_not_the_papers_follows_the_listener(
    model: GeneralModel, heard: Songs
) -> None:
    targets = np.eye(4)[(np.arange(8) + 1) % 4]
    tuned = fit_paper(heard, targets, model=model, seed=1, rate=5e-3, epochs=30)

    def right(predicted: np.ndarray) -> float:
        return float((heard.means(predicted).argmax(1) == targets.argmax(1)).mean())

    assert right(tuned.predict(heard)) > right(heard.predicted)


def test_the_papers_tuning_needs_what_the_model_was_trained_on(
    model: GeneralModel, heard: Songs
) -> None:
    with pytest.raises(AffectMixError, match="pooling: mean"):
        fit_paper(heard, np.eye(4)[[0] * 8], model=replace(model, memory=None))


@pytest.mark.parametrize("method", ["paper", "bayesian_head", "residual_neighbours"])
def test_a_tuned_network_says_the_same_from_its_arrays(model: GeneralModel, method: str) -> None:
    levels, quadrant = songs(6, seed=5)
    models = UserTunedModel.of_all_targets(model)
    values = [one[None, None] for one in levels]
    description = {"settings": {"learner": {"kind": "user_tuned", "task": "quadrant"}}}
    ears = open_ears(FinalModel(dict(models), [], description, None))
    tuned = tune(ears, values, (quadrant + 1) % 4, method=method, seed=0)
    assert tuned.count == 6
    assert bool(tuned.after) == (method != "paper")
    correction = tuned.correction
    X = np.stack([one[None] for one in levels])
    X[0, :, :, 5:] = np.nan  # shorter than a frame: it keeps the general model's prior
    scores = correction.predict(X)
    np.testing.assert_allclose(((scores + 1) / 2).sum(axis=1), 1, atol=1e-6)
    general = np.column_stack([one.predict(X) for one in models.values()])
    np.testing.assert_allclose(scores[0], general[0])
    described = {"method": method, "general_task": "quadrant", "rated": "quadrant"}
    again = Correction.from_arrays(correction.to_arrays(), models, described)
    np.testing.assert_allclose(again.predict(X), scores, atol=1e-9)


def test_songs_too_short_for_the_network_are_refused(model: GeneralModel) -> None:
    models = UserTunedModel.of_all_targets(model)
    ears = Ears(models, Task.QUADRANT, space_of(model))
    short = [np.full((1, 1, BANDS, 5), -20.0)] * 2
    with pytest.raises(AffectMixError, match="shorter than a frame"):
        tune(ears, short, np.array([0, 1]), seed=0)


def test_methods_fit_on_windows_as_on_songs(heard: Songs) -> None:
    targets = targets_of_ratings((np.arange(8) + 1) % 4, "quadrant")
    for name in ("bayesian_head", "residual_neighbours"):
        fitted = METHODS[name].fit(heard, targets)
        assert fitted.predict(heard).shape == heard.predicted.shape
