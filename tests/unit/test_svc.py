"""The support vector classifier: scikit-learn's machines, calibrated on rows they have not seen."""

from __future__ import annotations

import json

import numpy as np
import pytest
from affectmix.learners import load_target_model, make_learner
from affectmix.learners.base import Choice
from affectmix.learners.svc.learner import SvcLearner
from affectmix.search.task import SearchFold, SearchTask
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

SETTINGS = {"kind": "svc", "scaling": "standard", "cs": [0.1, 4.0], "gammas": [0.5, 20.0]}
QUARTERS = ("q1", "q2", "q3", "q4")


def corpus(seed: int = 0, n: int = 160) -> tuple[np.ndarray, np.ndarray]:
    """Return features, the first two of which tell the quadrant, and its indicators."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 5))
    place = np.select([(X[:, 0] > 0) & (X[:, 1] > 0), X[:, 1] > 0, X[:, 0] <= 0], [0, 1, 2], 3)
    return X.astype(np.float32), 2 * np.eye(4)[place] - 1


def task(X: np.ndarray, Y: np.ndarray, targets: tuple[str, ...] = QUARTERS) -> SearchTask:
    fold_of = np.arange(len(X)) % 3
    folds = tuple(
        SearchFold(np.flatnonzero(fold_of != f), {"a": np.flatnonzero(fold_of == f)})
        for f in range(3)
    )
    zeros = np.zeros(len(X))
    return SearchTask(X, Y, targets, zeros.astype(int), zeros, folds, seed=0)


def test_decision_values_are_scikit_learns() -> None:
    X, Y = corpus()
    point = {"C": 4.0, "gamma": 1.0, "slope": 1.0, "offset": 0.0}
    learner = make_learner(SETTINGS)
    model = learner.fit(X, Y, QUARTERS, Choice(dict.fromkeys(QUARTERS, point)))["q2"]
    scaled = StandardScaler().fit(X)
    machine = SVC(C=4.0, gamma="scale").fit(scaled.transform(X), Y[:, 1] > 0)
    new = corpus(seed=1)[0]
    expected = machine.decision_function(scaled.transform(new))
    np.testing.assert_allclose(model.decide(new), expected, atol=5e-3)
    np.testing.assert_allclose((model.predict(new) + 1) / 2, 1 / (1 + np.exp(-model.decide(new))))


@pytest.mark.parametrize("scaling", ["rank", "standard"])
def test_the_point_that_generalises_is_chosen_and_classes_are_found(scaling: str) -> None:
    X, Y = corpus()
    learner = make_learner({**SETTINGS, "scaling": scaling})
    choice = Choice.from_json(json.loads(json.dumps(learner.search(task(X, Y)).to_json())))
    assert {(p["C"], p["gamma"]) for p in choice.points.values()} == {(4.0, 0.5)}
    models = learner.fit(X, Y, QUARTERS, choice)
    new, truth = corpus(seed=1, n=400)
    scores = np.column_stack([model.predict(new) for model in models.values()])
    assert (scores.argmax(axis=1) == truth.argmax(axis=1)).mean() > 0.8
    again = load_target_model("svc", models["q3"].to_arrays())
    np.testing.assert_array_equal(again.predict(new), models["q3"].predict(new))


def test_probabilities_are_calibrated_on_rows_that_were_not_trained_on() -> None:
    rng = np.random.default_rng(3)
    X = rng.normal(size=(600, 2)).astype(np.float32)
    p = 1 / (1 + np.exp(-1.5 * X[:, 0]))
    Y = np.where(rng.uniform(size=600) < p, 1.0, -1.0)[:, None]
    learner = SvcLearner(scaling="standard", cs=[1.0], gammas=[0.2])
    choice = learner.search(task(X, Y, ("valence_high",)))
    model = learner.fit(X, Y, ("valence_high",), choice)["valence_high"]
    asked = np.array([[-1.5, 0.0], [0.0, 0.0], [1.5, 0.0]], dtype=np.float32)
    expected = 1 / (1 + np.exp(-1.5 * asked[:, 0]))
    np.testing.assert_allclose((model.predict(asked) + 1) / 2, expected, atol=0.12)


def test_noise_is_predicted_as_the_frequency_of_its_class() -> None:
    rng = np.random.default_rng(4)
    X = rng.normal(size=(300, 4)).astype(np.float32)
    Y = np.where(np.arange(300) % 4 == 0, 1.0, -1.0)[:, None]
    learner = SvcLearner(scaling="rank", cs=[1.0], gammas=[0.5])
    choice = learner.search(task(X, Y, ("arousal_high",)))
    model = learner.fit(X, Y, ("arousal_high",), choice)["arousal_high"]
    probability = (model.predict(rng.normal(size=(300, 4)).astype(np.float32)) + 1) / 2
    assert abs(probability.mean() - 0.25) < 0.08
    assert probability.std() < 0.1


def test_a_class_that_training_lacks_is_never_predicted() -> None:
    X, Y = corpus()
    kept = Y[:, 2] < 0
    X, Y = X[kept], Y[kept]
    learner = make_learner(SETTINGS)
    models = learner.fit(X, Y, QUARTERS, learner.search(task(X, Y)))
    new = corpus(seed=1)[0]
    scores = np.column_stack([model.predict(new) for model in models.values()])
    assert 2 not in scores.argmax(axis=1)
    assert len(models["q3"].support) == 0
