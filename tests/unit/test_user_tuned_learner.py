"""The learner user_tuned: what it trains on, what stays frozen, and what comes back from disk."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from affectmix.cells.final import FinalModel
from affectmix.cells.store import load_model, save_model
from affectmix.errors import ConfigError, TableError
from affectmix.learners import make_learner
from affectmix.learners.base import Choice, MeasuringLearner
from affectmix.learners.user_tuned.backbones import digest, make_backbone
from affectmix.learners.user_tuned.learner import UserTunedLearner
from affectmix.learners.user_tuned.model import GeneralModel
from affectmix.learners.user_tuned.target import UserTunedModel
from affectmix.learners.user_tuned.training import seeded
from affectmix.search.task import SearchFold, SearchTask

TARGETS = ("q1", "q2", "q3", "q4")
BANDS, COLUMNS = 16, 100  # 10 s, five frames of 2 s
SETTINGS: dict[str, Any] = {
    "kind": "user_tuned",
    "task": "quadrant",
    "backbone": "small",
    "weights": "random",
    "picture": "plain",
    "pooling": "mean",
    "training": "finetune",
    "excerpt_s": 10.0,
    "frame_s": 2.0,
    "window": 4,
    "l2": 1e-4,
    "learning_rate": 3e-3,
    "batch": 16,
    "epochs": 5,
    "lstm_epochs": 8,
    "device": "cpu",
}
SHORT, TOO_SHORT = 0, 1  # clips that end early: after two frames, and before the first ends


def clips(seed: int = 0, count: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Return log-mels whose loud bands tell the quadrant, and the indicators."""
    rng = np.random.default_rng(seed)
    quadrant = np.arange(count) % 4
    X = rng.normal(-50, 4, (count, 1, BANDS, COLUMNS)).astype(np.float16)
    for clip in range(count):
        X[clip, 0, quadrant[clip] * 4 : quadrant[clip] * 4 + 4] += 25
    X[SHORT, :, :, 45:] = np.nan
    X[TOO_SHORT, :, :, 15:] = np.nan
    return X, 2.0 * np.eye(4)[quadrant] - 1


def learn(
    X: np.ndarray, Y: np.ndarray, targets: tuple[str, ...] = TARGETS, **settings: Any
) -> tuple[dict[str, UserTunedModel], Choice]:
    learner = UserTunedLearner({**SETTINGS, **settings})
    fold = SearchFold(np.arange(24), {"a": np.arange(24, 32)})
    count = len(X)
    task = SearchTask(X, Y, targets, np.zeros(count), np.zeros(count), (fold,), seed=7)
    choice = Choice.from_json(learner.search(task).to_json())
    return learner.fit(X, Y, targets, choice), choice


def predict(models: Any, X: np.ndarray) -> np.ndarray:
    return np.column_stack([model.predict(X) for model in models.values()])


@pytest.fixture(scope="module")
def trained() -> tuple[dict[str, UserTunedModel], Choice]:
    return learn(*clips())


def test_it_learns_what_the_bands_tell(trained: Any) -> None:
    X, Y = clips(seed=1)
    predicted = predict(trained[0], X)
    assert np.mean(predicted[2:].argmax(1) == Y[2:].argmax(1)) > 0.9
    np.testing.assert_allclose(((predicted + 1) / 2).sum(axis=1), 1, atol=1e-6)


def test_a_clip_shorter_than_a_frame_gets_the_prior(trained: Any) -> None:
    X, Y = clips(seed=1)
    prior = (Y[:24].mean(axis=0) + 1) / 2
    np.testing.assert_allclose(predict(trained[0], X)[TOO_SHORT], 2 * prior - 1)


def test_every_result_says_where_the_weights_are_from(trained: Any) -> None:
    report = trained[1].report
    assert report["weights"] == {"origin": "random"}
    assert report["backbone"] == "small"
    assert (len(report["train_rows"]), report["validation_rows"]) == (24, list(range(24, 32)))
    assert trained[0]["q1"].core.plan.weights == {"origin": "random"}


def test_rows_that_neither_train_nor_validate_change_nothing(trained: Any) -> None:
    X, Y = clips()
    X[32:], Y[32:] = -80, Y[32:][::-1]
    again = predict(learn(X, Y)[0], clips(seed=1)[0])
    np.testing.assert_array_equal(again, predict(trained[0], clips(seed=1)[0]))


def test_validation_chooses_epochs_and_trains_nothing() -> None:
    X, Y = clips()
    one, _ = learn(X, Y, epochs=1, lstm_epochs=1)
    Y[24:32] = Y[24:32][::-1]
    other, _ = learn(X, Y, epochs=1, lstm_epochs=1)
    np.testing.assert_array_equal(predict(one, X), predict(other, X))


@pytest.mark.parametrize("pooling", ["mean", "flatten"])
def test_a_frozen_backbone_stays_as_it_began(pooling: str) -> None:
    X, Y = clips()
    models, _ = learn(X, Y, training="frozen", pooling=pooling, epochs=2, lstm_epochs=2)
    with seeded([7]):
        expected = digest(make_backbone("small"))
    core = models["q1"].core
    assert digest(core.backbone) == expected
    assert not core.backbone.training
    assert (core.memory is None) == (pooling == "flatten")


def test_a_backbone_that_learns_does_not() -> None:
    with seeded([7]):
        expected = digest(make_backbone("small"))
    models, _ = learn(*clips(), epochs=1, lstm_epochs=1)
    assert digest(models["q1"].core.backbone) != expected


@pytest.mark.parametrize("targets", [("arousal_high",), ("valence", "arousal")])
def test_other_tasks_are_learned_too(targets: tuple[str, ...]) -> None:
    X, Y = clips()
    high = np.where(Y.argmax(1) < 2, 1.0, -1.0)
    own = np.column_stack([high * (0.5 if len(targets) == 2 else 1)] * len(targets))
    models, _ = learn(X, own, targets, epochs=12, lstm_epochs=20)
    predicted = predict(models, clips(seed=1)[0])
    assert predicted.shape == (40, len(targets))
    assert np.mean((predicted[2:] > 0) == (high[2:, None] > 0)) > 0.9


def test_stored_models_say_the_same(trained: Any, tmp_path: Path) -> None:
    models, choice = trained
    settings = {
        "learner": SETTINGS,
        "features": {"set": "frames", "stem": "mix"},
        "fields": {"learner": "general", "mixture": "a-100", "scheme": "holdout_70_15_15"},
        "seed": 7,
    }
    description = {"settings": settings, "chosen": choice.points, "rows": {"a": 32}}
    save_model(FinalModel(models, [], description), tmp_path / "m")
    loaded = load_model(tmp_path / "m").models
    X = clips(seed=1)[0]
    np.testing.assert_array_equal(predict(loaded, X), predict(models, X))
    cores = {id(model.core) for model in loaded.values()}  # type: ignore[attr-defined]
    assert len(cores) == 1
    small = sum(values.nbytes for values in models["q1"].to_arrays().values())
    assert (tmp_path / "m" / "model.safetensors").stat().st_size < 1.05 * small + 10_000


def test_an_altered_backbone_is_told(trained: Any) -> None:
    arrays = {name: np.array(a) for name, a in trained[0]["q1"].core.to_arrays().items()}
    arrays["backbone.0.weight"] = arrays["backbone.0.weight"] + 1
    with pytest.raises(TableError, match="SHA-256"):
        GeneralModel.from_arrays(arrays)


def test_the_network_hears_each_clip_once(trained: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    models, _ = trained
    heard: list[int] = []
    encode = GeneralModel.frame_features

    def counted(self: GeneralModel, frames: np.ndarray) -> np.ndarray:
        heard.append(len(frames))
        return encode(self, frames)

    monkeypatch.setattr(GeneralModel, "frame_features", counted)
    X, Y = clips(seed=3, count=8)
    predict(models, X)
    found = UserTunedLearner(SETTINGS).measure(models, X, Y)
    assert sum(heard) == 6 * 5 + 2
    assert found["frames"]["n"] == 32
    assert found["windows"]["n"] == 6 * 2 + 1
    assert found["clips"]["n"] == 8
    assert found["without_frames"] == 1


def test_what_the_model_remembers_and_says_of_songs(trained: Any) -> None:
    core = trained[0]["q1"].core
    assert core.memory.trained.sum() == 24
    assert len(core.memory.Y) == len(core.memory.encoded.counts) == 32
    song = np.concatenate([clips()[0][4, 0], clips()[0][5, 0]], axis=1)  # 20 s, ten frames
    encoded = core.encode([song, song[:, :15]])
    assert encoded.counts.tolist() == [10, 0]
    windows = core.windows(encoded, hop=4)
    assert len(windows) == 2
    hidden = core.hidden(encoded, windows)
    weights, biases = core.last_layer()
    raw = torch.from_numpy(hidden @ weights.T + biases)
    expected = torch.softmax(raw, 1).numpy()
    np.testing.assert_allclose(core.window_scores(encoded, windows), expected, atol=1e-5)
    shares = core.clip_shares(encoded)
    assert set(shares[0]) <= {0, 0.5, 1}
    np.testing.assert_allclose(shares[1], core.prior)


def test_it_is_a_learner_that_measures() -> None:
    assert isinstance(make_learner(SETTINGS, stems=("mix",)), MeasuringLearner)
    with pytest.raises(ConfigError, match="one stem"):
        make_learner(SETTINGS, stems=("vocals", "drums"))


def test_training_that_never_had_a_finite_loss_is_told() -> None:
    X, Y = clips()
    fine, _ = learn(X, Y, epochs=1, lstm_epochs=1)
    assert fine["q1"].converged
    assert fine["q1"].core.plan.epochs == (1, 1)
    models, _ = learn(X, Y, learning_rate=1e30, epochs=2, lstm_epochs=1)
    assert not models["q1"].converged


def test_no_clip_that_is_long_enough() -> None:
    X, Y = clips()
    X[24:32, :, :, 10:] = np.nan
    with pytest.raises(TableError, match="none of the 8 clips to validate on"):
        learn(X, Y)


def test_log_mels_of_other_sizes_are_told(trained: Any) -> None:
    with pytest.raises(TableError, match="16 bands"):
        trained[0]["q1"].predict(np.zeros((1, 1, 8, 100), dtype=np.float32))
    with pytest.raises(TableError, match="one stem"):
        trained[0]["q1"].predict(np.zeros((1, 2, 16, 100), dtype=np.float32))


def test_a_bare_machine_can_train_it() -> None:
    lacking = ["numba", "pyarrow", "yaml", "librosa", "snakemake", "safetensors", "soundfile"]
    program = (
        "import sys\n"
        f"sys.modules.update(dict.fromkeys({lacking!r}))\n"  # None: importing it is an error
        "import affectmix.learners.user_tuned.learner\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
