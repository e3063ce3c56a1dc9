"""The learner emomucs: what it chooses, what it trains, and what comes back from its arrays."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from affectmix.errors import ConfigError, TableError
from affectmix.learners.devices import choose_device
from affectmix.learners.emomucs.fusion import FusedNetwork
from affectmix.learners.emomucs.learner import EmomucsLearner
from affectmix.learners.emomucs.model import EmomucsModel
from affectmix.learners.emomucs.parameters import part
from affectmix.learners.emomucs.systems import TrainingSet, Workshop
from affectmix.learners.emomucs.training import Schedule
from affectmix.learners.emomucs.variants import Variant, variants
from affectmix.search.task import SearchFold, SearchTask

CLIPS, STEMS, BANDS, FRAMES = 24, ("vocals", "drums"), 8, 56
TARGETS = ("valence", "arousal")
SETTINGS = {
    "kind": "emomucs",
    "architectures": ["c2d"],
    "fusions": ["late"],
    "trainings": ["freeze"],
    "selection": "refit",
    "learning_rate": 0.005,
    "finetune_learning_rate": 0.0005,
    "batch": 6,
    "patience": 3,
    "epochs": 8,
    "device": "cpu",
}


def clips() -> tuple[np.ndarray, np.ndarray]:
    """Valence follows from the first stem's level, arousal from the second's."""
    rng = np.random.default_rng(1)
    levels = rng.normal(size=(CLIPS, 2))
    noise = rng.normal(size=(CLIPS, 2, BANDS, FRAMES))
    return (levels[..., None, None] + 0.3 * noise).astype(np.float16), np.tanh(levels)


def task(X: np.ndarray, Y: np.ndarray) -> SearchTask:
    order = np.arange(CLIPS)
    folds = tuple(
        SearchFold(order[order % 3 != fold], {"view": order[order % 3 == fold]})
        for fold in range(3)
    )
    return SearchTask(X, Y, TARGETS, np.zeros(CLIPS, int), np.zeros(CLIPS), folds, seed=4)


def learner(stems: tuple[str, ...] = STEMS, **changes: Any) -> EmomucsLearner:
    return EmomucsLearner({**SETTINGS, **changes}, stems=stems)


def workshop(X: np.ndarray, Y: np.ndarray) -> Workshop:
    schedule = Schedule(batch=6, patience=3, epochs=4)
    return Workshop(X, Y, stems=STEMS, seed=4, schedule=schedule, finetune_rate=1e-4)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.mark.parametrize("architecture", ["c1d", "c2d"])
def test_freezing_fixes_source_models_with_their_batch_norm_statistics(architecture: str) -> None:
    X, Y = clips()
    shop = workshop(X, Y)
    variant = Variant(architecture, "early", "freeze")
    (system,) = shop.train(variant, [TrainingSet(np.arange(18), 0, np.arange(18, CLIPS))])
    network = shop.network(variant)
    assert isinstance(network, FusedNetwork)
    for name, kept in (("weights", network.weights), ("running", network.running)):
        whole = kept.views(getattr(system.whole, name)[None])
        for stem, source in zip(network.parts, system.sources, strict=True):
            own = getattr(network.source, name).views(getattr(source, name)[None])
            for key, tensor in part(stem, whole).items():
                assert torch.equal(tensor, own[key]), f"{stem}.{key} has moved"


def test_finetuning_starts_from_source_models_and_moves_them_a_little() -> None:
    X, Y = clips()
    shop = workshop(X, Y)
    rows = [TrainingSet(np.arange(18), 0, np.arange(18, CLIPS))]
    (tuned,) = shop.train(Variant("c2d", "late", "finetune"), rows)
    (full,) = shop.train(Variant("c2d", "late", "full"), rows)
    size = len(tuned.sources[0].weights)
    moved = (tuned.whole.weights[:size] - tuned.sources[0].weights).abs().max()
    assert 0 < moved < 4 * 3 * 1e-4 * 1.5  # epochs, steps, rate
    assert (full.whole.weights[:size] - tuned.sources[0].weights).abs().max() > 0.01


def test_a_stems_source_model_is_the_same_whatever_stands_beside_it() -> None:
    X, Y = clips()
    rate, rows = 0.005, [TrainingSet(np.arange(18), 0, np.arange(18, CLIPS))]
    one_step = Schedule(rate=rate, batch=18, epochs=1)
    made: dict[str, Any] = {"seed": 4, "schedule": one_step, "finetune_rate": rate}
    (both,) = Workshop(X, Y, stems=STEMS, **made).train(Variant("c2d", "late", "freeze"), rows)
    for stems, alike in ((("drums",), True), (("bass",), False)):
        (alone,) = Workshop(X[:, 1:], Y, stems=stems, **made).train(
            Variant("c2d", None, None), rows
        )
        apart = (alone.whole.weights - both.sources[1].weights).abs().max()
        # Adam's first step is the rate times a sign, which rounding decides where it can.
        assert (apart < 2.01 * rate) == alike


def test_the_best_variant_is_chosen_by_the_inner_folds_errors() -> None:
    X, Y = clips()
    both = learner(architectures=["c1d", "c2d"], fusions=["mid", "late"])
    choice = both.search(task(X, Y))
    told = choice.report["variants"]
    assert [(each["architecture"], each["fusion"]) for each in told] == [
        ("c1d", "mid"),
        ("c1d", "late"),
        ("c2d", "late"),
    ]
    best = min(told, key=lambda each: each["rmse"])
    point = choice.points["valence"]
    assert point == choice.points["arousal"]
    assert (point["architecture"], point["fusion"]) == (best["architecture"], best["fusion"])
    assert point["epochs"]["fused"] == np.median([each["fused"] for each in best["epochs"]])
    mean = np.mean(list(choice.report["best_rmse"].values()))
    assert mean == pytest.approx(best["rmse"])


def test_the_papers_form_uses_the_inner_model_with_the_lowest_validation_loss() -> None:
    X, Y = clips()
    wanted = task(X, Y)
    # Few epochs: a network that is trained alone rounds otherwise than beside others, and each
    # further epoch tears the two further apart, on some processors beyond any tolerance.
    paper = learner(selection="best_inner", epochs=2)
    choice = paper.search(wanted)
    point = choice.points["valence"]
    (told,) = choice.report["variants"]
    assert point["fold"] == int(np.argmin(told["losses"]))
    assert point["rows"] == wanted.folds[point["fold"]].train.tolist()
    models = paper.fit(X, Y, TARGETS, choice)
    held = wanted.folds[point["fold"]].validation_rows
    errors = np.column_stack([models[target].predict(X[held]) for target in TARGETS]) - Y[held]
    assert np.square(errors).sum(1).mean() == pytest.approx(min(told["losses"]), rel=1e-3)


def test_a_refit_takes_all_rows() -> None:
    X, Y = clips()
    choice = learner().search(task(X, Y))
    models = learner().fit(X, Y, TARGETS, choice)
    altered = Y.copy()
    altered[-1] = -altered[-1]
    others = learner().fit(X, altered, TARGETS, choice)
    assert not np.allclose(models["valence"].predict(X), others["valence"].predict(X))


def test_a_learnable_task_is_learned_by_both_targets_at_once() -> None:
    X, Y = clips()
    eager = learner(epochs=16, patience=16)
    models = eager.fit(X, Y, TARGETS, eager.search(task(X, Y)))
    for column, target in enumerate(TARGETS):
        assert np.corrcoef(models[target].predict(X), Y[:, column])[0, 1] > 0.8


def test_a_single_stem_needs_no_fusion() -> None:
    X, Y = clips()
    alone = learner(("vocals",), architectures=["c1d"])
    wanted = task(X[:, :1], Y)
    models = alone.fit(X[:, :1], Y, TARGETS, alone.search(wanted))
    assert models["arousal"].predict(X[:, :1]).shape == (CLIPS,)
    assert models["arousal"].description["variant"]["fusion"] is None


def test_a_model_predicts_the_same_from_its_arrays() -> None:
    X, Y = clips()
    models = learner().fit(X, Y, TARGETS, learner().search(task(X, Y)))
    for model in models.values():
        again = EmomucsModel.from_arrays(model.to_arrays())
        assert again.converged
        np.testing.assert_array_equal(again.predict(X), model.predict(X))


def test_log_mels_of_another_size_are_refused() -> None:
    X, Y = clips()
    models = learner().fit(X, Y, TARGETS, learner().search(task(X, Y)))
    with pytest.raises(TableError, match=r"\(2, 8, 40\).*trained on \(2, 8, 56\)"):
        models["valence"].predict(X[..., :40])


def test_a_gpu_is_taken_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for there, wanted, taken in ((True, "auto", "cuda"), (False, "auto", "cpu")):
        monkeypatch.setattr(torch.cuda, "is_available", lambda there=there: there)
        assert choose_device(wanted) == taken
        assert choose_device("cpu") == "cpu"
    with pytest.raises(ConfigError, match="torch finds no GPU here; take auto or cpu"):
        choose_device("cuda")


def test_mid_level_fusion_of_c2d_alone_is_refused() -> None:
    with pytest.raises(ConfigError, match="add c1d, or use early or late"):
        variants({**SETTINGS, "fusions": ["mid"]}, 4)


@pytest.mark.parametrize(("architecture", "fusion"), [("c1d", "mid"), ("c2d", "late")])
def test_indicators_of_classes_are_regressed_by_as_many_outputs(
    architecture: str, fusion: str
) -> None:
    X, Y = clips()
    place = np.select([(Y > 0).all(1), Y[:, 1] > 0, Y[:, 0] <= 0], [0, 1, 2], 3)
    indicators, targets = 2 * np.eye(4)[place] - 1, ("q1", "q2", "q3", "q4")
    posed = replace(task(X, indicators), targets=targets)
    own = learner(architectures=[architecture], fusions=[fusion])
    models = own.fit(X, indicators, targets, own.search(posed))
    stored = {name: EmomucsModel.from_arrays(model.to_arrays()) for name, model in models.items()}
    scores = np.column_stack([stored[name].predict(X) for name in targets])
    assert scores.shape == (CLIPS, 4)
    assert len(np.unique(scores, axis=1).T) == 4


def test_one_indicator_alone_has_one_output() -> None:
    X, Y = clips()
    indicator = np.where(Y[:, :1] > 0, 1.0, -1.0)
    own = learner(trainings=["full"])
    choice = own.search(replace(task(X, indicator), targets=("valence_high",)))
    (model,) = own.fit(X, indicator, ("valence_high",), choice).values()
    assert model.predict(X).shape == (CLIPS,)
