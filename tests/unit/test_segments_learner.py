"""The segment learner as a whole: what it chooses, predicts, stores, and does without."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from affectmix.learners import make_learner
from affectmix.learners.base import Choice
from affectmix.learners.segments.learner import SegmentsLearner
from affectmix.learners.segments.model import SegmentsModel
from affectmix.search.task import SearchFold, SearchTask

QUADRANTS = ("q1", "q2", "q3", "q4")
SETTINGS: dict[str, Any] = {
    "kind": "segments",
    "task": "quadrant",
    "backbone": "small",
    "clip_s": 6,
    "segment_s": 1,
    "overlap_s": None,
    "method": "full",
    "erase": True,
    "mixup": True,
    "rdrop": True,
    "threshold": 0.5,
    "temperature": 0.5,
    "mixup_alpha": 0.5,
    "rdrop_weight": 1.0,
    "warmup": 3,
    "epochs": 8,
    "batch": 32,
    "learning_rate": 0.005,
    "weight_decay": 0.01,
    "augment": "none",
    "song_level": "mean",
    "share_above": 0.5,
    "inner_folds": 1,
    "device": "cpu",
    "precision": "auto",
    "compile": "never",
}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def songs(classes: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return log-mels in which four bands belong to each class. [shape=(n, 1, 16, 61)]"""
    rng = np.random.default_rng(seed)
    X = rng.normal(-40, 6, (len(classes), 1, 16, 61))
    for row, own in enumerate(classes):
        X[row, 0, 4 * own : 4 * own + 4] += 9
    return X.astype(np.float16)


CLASSES = np.random.default_rng(1).permutation(48) % 4
X, Y = songs(CLASSES), np.where(np.eye(4)[CLASSES] > 0, 1.0, -1.0)
NEW = np.random.default_rng(2).permutation(20) % 4
NEW_X = songs(NEW, seed=9)


def task(Y: np.ndarray = Y, targets: tuple[str, ...] = QUADRANTS, X: np.ndarray = X) -> SearchTask:
    fold = np.arange(len(Y)) % 3
    folds = tuple(
        SearchFold(np.flatnonzero(fold != own), {"a": np.flatnonzero(fold == own)})
        for own in range(3)
    )
    return SearchTask(X, Y, targets, np.zeros(len(Y), int), np.zeros(len(Y)), folds, seed=4)


def fitted(
    *, given: SearchTask | None = None, **changes: Any
) -> tuple[Choice, dict[str, SegmentsModel]]:
    given = task() if given is None else given
    learner = make_learner(SETTINGS | changes)
    assert isinstance(learner, SegmentsLearner)
    choice = Choice.from_json(learner.search(given).to_json())
    return choice, learner.fit(given.X, given.Y, given.targets, choice)


def scores(models: dict[str, SegmentsModel], X: np.ndarray = NEW_X) -> np.ndarray:
    return np.column_stack([model.predict(X) for model in models.values()])


@pytest.mark.parametrize("level", ["out_of_fold", "in_sample", "mean", "majority"])
def test_every_song_level_tells_the_classes_apart(level: str) -> None:
    choice, models = fitted(song_level=level, inner_folds=2)
    found = scores(models)
    assert (found.argmax(1) == NEW).mean() >= 0.9
    assert np.abs(found).max() <= 1
    assert models["q1"].report["song_level"] == level
    assert ("songs" in choice.points["q1"]) == (level == "out_of_fold")
    if level in ("mean", "majority"):
        np.testing.assert_allclose(((found + 1) / 2).sum(1), 1, rtol=1e-5)


def test_length_and_epoch_come_from_the_inner_folds() -> None:
    choice, models = fitted(segment_s=[1, 2], inner_folds=1, epochs=5)
    tried = choice.report["lengths"]
    assert [each["segment_s"] for each in tried] == [1.0, 2.0]
    assert all(len(each["folds"]) == 1 and len(each["rmse_by_epoch"]) == 5 for each in tried)
    best = min(tried, key=lambda each: min(each["rmse_by_epoch"]))
    chosen = choice.points["q2"]
    assert chosen["segment_s"] == best["segment_s"]
    assert chosen["epoch"] == 1 + int(np.argmin(best["rmse_by_epoch"]))
    assert len(models["q1"].report["epochs"]) == chosen["epoch"]
    again, _ = fitted(segment_s=[1, 2], inner_folds=1, epochs=5)
    assert again.points == choice.points


def test_a_stored_model_predicts_the_same() -> None:
    _, models = fitted(song_level="in_sample", inner_folds=0, epochs=4)
    back = SegmentsModel.from_arrays({t: model.to_arrays() for t, model in models.items()})
    np.testing.assert_allclose(scores(back), scores(models), atol=1e-6)
    assert sum(a.nbytes for a in models["q2"].to_arrays().values()) < 100  # stored once
    assert back["q3"].converged


def test_a_class_that_training_lacks_has_probability_zero_and_is_reported() -> None:
    kept = np.flatnonzero(CLASSES != 2)
    for level in ("mean", "in_sample"):
        choice, models = fitted(
            given=task(Y[kept], X=X[kept]), song_level=level, inner_folds=0, epochs=5
        )
        assert choice.report["missing_classes"] == ["q3"]
        found = scores(models)
        assert (found[:, 2] == -1).all()
        others = NEW != 2
        assert (found.argmax(1)[others] == NEW[others]).mean() >= 0.9


def test_one_class_alone_is_learned_without_a_network() -> None:
    choice, models = fitted(given=task(np.ones((48, 1)), ("valence_high",)))
    assert choice.report["missing_classes"] == ["not valence_high"]
    np.testing.assert_array_equal(scores(models), np.ones((20, 1)))
    back = SegmentsModel.from_arrays({"valence_high": models["valence_high"].to_arrays()})
    np.testing.assert_array_equal(scores(back), np.ones((20, 1)))
    assert models["valence_high"].segments(NEW_X)[1].shape == (120, 1)


def test_clips_shorter_than_a_segment_get_the_prior_and_are_counted() -> None:
    short = X.copy()
    short[:5, :, :, 9:] = np.nan  # a segment has ten frames
    choice, models = fitted(given=task(X=short), epochs=4)
    assert choice.report["without_segment"] == 5
    assert models["q1"].report["without_segment"] == 5
    new = NEW_X.copy()
    new[0, :, :, 9:] = np.nan
    found = scores(models, new)
    np.testing.assert_allclose(found[0], Y.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(found[1:], scores(models)[1:], atol=1e-6)
    segments, shares = models["q1"].segments(new)
    assert 0 not in segments.clip
    assert len(shares) == len(segments) == 19 * 6


@pytest.mark.parametrize("level", ["out_of_fold", "mean", "majority"])
def test_values_are_regressed_too(level: str) -> None:
    rng = np.random.default_rng(5)
    values = rng.uniform(-0.8, 0.8, (48, 2))
    loud = rng.normal(-40, 4, (48, 1, 16, 61))
    loud[:, 0, :8] += 12 * values[:, :1, None]
    loud[:, 0, 8:] += 12 * values[:, 1:, None]
    given = task(values, ("valence", "arousal"), loud.astype(np.float16))
    _, models = fitted(given=given, song_level=level, inner_folds=2, epochs=12, warmup=8)
    found = scores(models, given.X)
    assert np.square(found - values).mean() < 0.25 * values.var()
    assert models["arousal"].report["missing_classes"] == []


def test_labels_that_mean_nothing_are_not_learned() -> None:
    shuffled = Y[np.random.default_rng(7).permutation(48)]
    _, models = fitted(given=task(shuffled), song_level="out_of_fold", inner_folds=2)
    assert (scores(models).argmax(1) == NEW).mean() < 0.6
