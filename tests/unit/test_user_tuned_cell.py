"""A cell of learner user_tuned: holdout, two corpora merged, clips that end early, measures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from affectmix.cells.evaluate import evaluate_fold, fit_final, search_over_all_folds
from affectmix.cells.rows import CellRows
from affectmix.cells.store import load_model, save_model
from affectmix.cells.tables import CellTables
from affectmix.config.validate import validate_config
from affectmix.features.logmel_recipes import LogmelRecipe
from affectmix.features.logmel_table import Logmel, write_logmels
from affectmix.splits.classes import assign_classes
from affectmix.splits.folds import make_splits
from affectmix.splits.schemes import Scheme
from affectmix.tasks import classes_from_scores, task_of

RECIPE = LogmelRecipe(1000, 16, 64, 50)
SCHEME = "holdout_70_15_15"
SIZES = {"a": 60, "b": 28}
SHORT_S, LONG_S = 2.5, 8.0
CORNERS = np.array([(0.5, 0.5), (-0.5, 0.5), (-0.5, -0.5), (0.5, -0.5)])


def corpus(name: str, size: int, folder: Path) -> tuple[pd.DataFrame, dict[str, list[Any]]]:
    """Return labels and shards of clips whose loud bands tell the quadrant; some are short."""
    rng = np.random.default_rng(len(name) + size)
    quadrant = np.arange(size) % 4
    ids = [f"{name}{i:02d}" for i in range(size)]
    labels = pd.DataFrame({"clip_id": ids, "category": None, "quadrant": None})
    labels[["valence", "arousal"]] = CORNERS[quadrant] + rng.normal(0, 0.05, (size, 2))
    clips = {}
    for i, clip in enumerate(ids):
        length = SHORT_S if i % 7 == 0 else LONG_S
        levels = rng.normal(-50, 4, (RECIPE.frames(length), RECIPE.bands)).astype(np.float32)
        levels[:, quadrant[i] * 4 : quadrant[i] * 4 + 4] += 25
        clips[clip] = Logmel(levels, length)
    file = folder / f"{name}.parquet"
    write_logmels(clips, file, RECIPE, stem="mix")
    return labels, {"mix": [file]}


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> CellTables:
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("logmels")
    made = {name: corpus(name, size, folder) for name, size in SIZES.items()}
    groups = pd.concat(
        [
            pd.DataFrame({"corpus": name, "clip_id": labels["clip_id"], "group": labels["clip_id"]})
            for name, (labels, _) in made.items()
        ],
        ignore_index=True,
    )
    # One group reaches over both corpora: it must not be trained on where it is tested.
    groups.loc[groups["clip_id"].isin(["a01", "b01"]), "group"] = "both"
    splits = {
        name: make_splits(
            assign_classes(labels, min_size=5),
            groups,
            corpus=name,
            scheme=Scheme.parse(SCHEME),
            seed=7,
        ).frame
        for name, (labels, _) in made.items()
    }
    labels = {name: own for name, (own, _) in made.items()}
    return CellTables(
        labels, splits, groups, {}, {name: files for name, (_, files) in made.items()}
    )


def settings(**learner: Any) -> dict[str, Any]:
    own = {"kind": "user_tuned", "backbone": "small", "picture": "plain", "device": "cpu"}
    own |= {"excerpt_s": 5, "frame_s": 1, "l2": 1e-4, "epochs": 8, "lstm_epochs": 8}
    own |= {"learning_rate": 3e-3, "batch": 16}
    config = {
        "corpora": {"a": {"adapter": "demo"}},
        "features": {"x": {"set": "frames"}},
        "learners": {"net": own | learner},
        "experiments": {
            "e": {"cells": [{"learners": ["net"], "features": ["x"], "mixtures": [{"a": 1}]}]}
        },
    }
    return {
        "fields": {
            "learner": "net",
            "features": "x",
            "mixture": "a-100_b_some-100",
            "scheme": SCHEME,
            "protocol": "nested",
            "arithmetic": "clean",
            "control": "none",
        },
        "shares": {"a": 1.0, "b_some": 1.0},
        "views": {"a": {"corpus": "a"}, "b_some": {"corpus": "b", "balanced": {"clips": 24}}},
        "learner": validate_config(config)["learners"]["net"],
        "features": {"set": "frames", "stem": "mix"},
        "seed": 3,
    }


@pytest.fixture(scope="module")
def result(tables: CellTables) -> Any:
    return evaluate_fold(tables, settings(), repeat=0, fold=0)


def test_the_papers_split_trains_validates_and_tests(tables: CellTables, result: Any) -> None:
    report = result.choice.report
    folds = {
        (name, clip): fold
        for name, split in tables.splits.items()
        for clip, fold in split[["clip_id", "fold"]].itertuples(index=False)
    }
    train = result.train.reset_index(drop=True)
    keys = list(zip(train["corpus"], train["clip_id"], strict=True))
    assert {folds[keys[row]] for row in report["train_rows"]} == {2}
    assert {folds[keys[row]] for row in report["validation_rows"]} == {1}
    tested = result.predictions[["corpus", "clip_id"]].drop_duplicates()
    assert {folds[tuple(key)] for key in tested.to_numpy()} == {0}
    assert (result.predictions["in_train"] == 0).all()


def test_a_group_over_both_corpora_stays_on_one_side(tables: CellTables) -> None:
    rows = CellRows(tables, settings(), 0)
    train, tested = rows.of_fold(0)
    (inner,) = rows.inner_folds(train, outer=0)
    group = tables.groups.set_index(["corpus", "clip_id"])["group"]
    sides = [
        set(group.loc[list(map(tuple, own[["corpus", "clip_id"]].to_numpy()))])
        for own in (train.iloc[inner.train], train.iloc[inner.validation_rows], tested)
    ]
    assert not sides[0] & sides[1]
    assert not (sides[0] | sides[1]) & sides[2]


def test_quadrants_are_found_and_both_stages_measured(result: Any) -> None:
    task = task_of(settings()["learner"])
    wide = result.predictions.pivot(index=["view", "clip_id"], columns="target")
    predicted = classes_from_scores(wide["y_pred"].to_numpy(), task)
    true = classes_from_scores(wide["y_true"].to_numpy(), task)
    assert np.mean(predicted == true) > 0.8
    tested = result.choice.report["tested"]
    assert tested["clips"]["n"] == len(wide)
    assert tested["clips"]["accuracy"] == pytest.approx(np.mean(predicted == true))
    assert tested["frames"]["accuracy"] > 0.7
    assert result.choice.report["weights"] == {"origin": "random"}


def test_clips_that_end_early_have_fewer_frames(tables: CellTables, result: Any) -> None:
    wide = result.predictions[["corpus", "clip_id"]].drop_duplicates()
    short = wide["clip_id"].str[1:].astype(int) % 7 == 0
    assert result.choice.report["tested"]["frames"]["n"] == 2 * short.sum() + 5 * (~short).sum()


def test_the_final_model_comes_back_from_disk(tables: CellTables, tmp_path: Path) -> None:
    chosen = settings(epochs=2, lstm_epochs=2)
    choice = search_over_all_folds(tables, chosen, repeat=0)
    model = fit_final(tables, chosen, choice)
    save_model(model, tmp_path / "m")
    rows = CellRows(tables, chosen, 0).of_fold(0)[1]
    X = tables.excerpts(rows, duration_s=5, seed=3, beyond=np.nan)
    np.testing.assert_array_equal(load_model(tmp_path / "m").predict(X), model.predict(X))
