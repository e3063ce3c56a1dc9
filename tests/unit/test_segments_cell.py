"""A cell of learner segments, from shards of log-mels to predictions, segments and a model."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from affectmix.cells.beginnings import read_beginnings
from affectmix.cells.evaluate import (
    FoldResult,
    evaluate_fold,
    features_of,
    fit_final,
    search_over_all_folds,
)
from affectmix.cells.store import load_model, save_model
from affectmix.cells.tables import CellTables
from affectmix.config.project import Project
from affectmix.config.validate import validate_config
from affectmix.errors import ConfigError
from affectmix.features.logmel_recipes import LogmelRecipe
from affectmix.features.logmel_table import Logmel, write_logmels
from affectmix.features.segments import count_segments
from affectmix.schemas import SEGMENTS
from affectmix.splits.classes import assign_classes
from affectmix.splits.folds import make_splits
from affectmix.splits.schemes import Scheme
from affectmix.tables import read_table, write_table

REPOSITORY = Path(__file__).parents[2]
RECIPE = LogmelRecipe(1000, 12, 64, 50)  # 20 frames a second
CLIPS = 48
LENGTHS_S = (4.0, 2.5, 3.99, 6.0, 0.4)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def length_of(clip: int) -> float:
    return LENGTHS_S[clip % len(LENGTHS_S)]


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> CellTables:
    rng = np.random.default_rng(0)
    file = tmp_path_factory.mktemp("logmels") / "0.parquet"
    arousal = rng.uniform(0.1, 0.9, CLIPS) * rng.permutation([-1, 1] * (CLIPS // 2))
    made = {}
    for clip in range(CLIPS):
        levels = rng.normal(-50, 5, (RECIPE.frames(length_of(clip)), RECIPE.bands))
        levels[:, : RECIPE.bands // 2] += 10 * np.sign(arousal[clip])
        levels[0, 0] = 0.0  # what every excerpt is relative to
        made[f"c{clip:02d}"] = Logmel(levels.astype(np.float32), length_of(clip))
    write_logmels(made, file, RECIPE, stem="mix")
    labels = pd.DataFrame({"clip_id": list(made), "category": None, "quadrant": None})
    labels["valence"], labels["arousal"] = rng.uniform(-1, 1, CLIPS), arousal
    groups = pd.DataFrame({"corpus": "a", "clip_id": list(made), "group": list(made)})
    classes = assign_classes(labels, min_size=10)
    splits = make_splits(classes, groups, corpus="a", scheme=Scheme.parse("cv3"), seed=7)
    return CellTables({"a": labels}, {"a": splits.frame}, groups, {}, {"a": {"mix": [file]}})


def settings(**learner: Any) -> dict[str, Any]:
    wanted = {"kind": "segments", "device": "cpu", "clip_s": 4, "segment_s": 1, "batch": 32}
    wanted |= {"task": "arousal_class", "epochs": 6, "warmup": 3, "inner_folds": 1}
    config = {
        "corpora": {"a": {"adapter": "demo"}},
        "features": {"x": {"set": "segments"}},
        "learners": {"net": wanted | learner},
        "experiments": {
            "e": {"cells": [{"learners": ["net"], "features": ["x"], "mixtures": [{"a": 1}]}]}
        },
    }
    names = ("learner", "features", "mixture", "scheme", "protocol", "arithmetic", "control")
    values = ("net", "x", "a-100", "cv3", "nested", "clean", "none")
    return {
        "fields": dict(zip(names, values, strict=True)),
        "shares": {"a": 1.0},
        "views": {"a": {"corpus": "a"}},
        "learner": validate_config(config)["learners"]["net"],
        "features": {"set": "segments", "stem": "mix"},
        "seed": 3,
    }


@pytest.fixture(scope="module")
def result(tables: CellTables) -> FoldResult:
    torch.set_num_threads(1)
    return evaluate_fold(tables, settings(song_level="mean"), repeat=0, fold=0)


def test_loud_clips_are_told_from_quiet_ones(result: FoldResult) -> None:
    rows = result.predictions
    assert set(rows["target"]) == {"arousal_high"}
    assert (rows["in_train"] == 0).all()
    known = rows[[length_of(int(c[1:])) >= 1 for c in rows["clip_id"]]]
    assert ((known["y_pred"] > 0) == (known["y_true"] > 0)).mean() > 0.9
    assert 0 < len(known) < len(rows)


def test_clips_too_short_for_a_segment_are_counted(result: FoldResult) -> None:
    trained = {clip for clip in result.train["clip_id"] if length_of(int(clip[1:])) < 1}
    assert result.choice.report["without_segment"] == len(trained) > 0
    assert result.choice.report["training"]["without_segment"] == len(trained)
    assert len(result.choice.report["training"]["epochs"]) <= 6


def test_every_segment_is_left_beside_the_predictions(result: FoldResult, tmp_path: Path) -> None:
    assert result.segments is not None
    write_table(result.segments, tmp_path / "s.parquet", SEGMENTS)
    rows = read_table(tmp_path / "s.parquet", SEGMENTS)
    for role, clips in (
        ("train", result.train["clip_id"]),
        ("test", result.predictions["clip_id"].unique()),
    ):
        own = rows[rows["role"] == role]
        lengths = [length_of(int(clip[1:])) for clip in clips]
        assert len(own) == count_segments(lengths, segment_s=1, overlap_s=0, clip_s=4)
        assert set(own["clip_id"]) <= set(clips)
        assert own["clean_probability"].notna().all() == (role == "train")
    assert rows["p_arousal_high"].between(0, 1).all()
    pooled = rows[rows["role"] == "test"].groupby("clip_id")["p_arousal_high"].mean()
    said = result.predictions.set_index("clip_id")["y_pred"][pooled.index]
    np.testing.assert_allclose(said, 2 * pooled - 1, atol=1e-5)


def test_beginnings_end_where_their_clips_end(tables: CellTables) -> None:
    rows = pd.DataFrame({"corpus": "a", "clip_id": ["c04", "c00", "c01", "c02"]})
    X = read_beginnings(tables.logmels, rows, duration_s=4.0, grid_s=1.0)
    assert X.shape == (4, 1, 12, 81)
    heard = np.isfinite(X[:, 0, 0]).sum(axis=1)
    assert heard.tolist() == [0, 80, 40, 60]
    again = read_beginnings(tables.logmels, rows.iloc[::-1], duration_s=4.0, grid_s=1.0)
    np.testing.assert_array_equal(again[::-1], X)
    whole = features_of(tables, settings(segment_s=1.5, overlap_s=0), rows)
    assert np.isfinite(whole[:, 0, 0]).sum(axis=1).tolist() == [0, 80, 50, 70]


def test_a_stored_final_model_predicts_the_same(tables: CellTables, tmp_path: Path) -> None:
    chosen = settings(task="quadrant", epochs=5, song_level="out_of_fold")
    choice = search_over_all_folds(tables, chosen, repeat=0)
    model = fit_final(tables, chosen, choice)
    save_model(model, tmp_path)
    rows = pd.DataFrame({"corpus": "a", "clip_id": ["c03", "c00", "c11"]})
    X = features_of(tables, chosen, rows)
    np.testing.assert_allclose(load_model(tmp_path).predict(X), model.predict(X), atol=1e-6)


@pytest.mark.parametrize(
    ("learner", "block", "said"),
    [
        ({"inner_folds": 0}, {}, "song_level: out_of_fold needs networks of inner folds"),
        ({"inner_folds": 0, "segment_s": [1, 2]}, {}, "2 lengths to choose among"),
        ({}, {"protocols": ["paper"]}, "take protocols: [nested]"),
        ({"overlap_s": 5}, {}, "overlap_s is 5"),
        ({"warmup": 20}, {}, "warmup is 20, and epochs is 14"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(
    learner: dict[str, Any], block: dict[str, Any], said: str
) -> None:
    text = (REPOSITORY / "config" / "config.yaml").read_text(encoding="utf-8")
    config = copy.deepcopy(yaml.safe_load(text))
    view = next(iter(config["corpora"]))
    config["features"]["mel"] = {"set": "segments"}
    config["learners"]["net"] = {"kind": "segments"} | learner
    cells = {"learners": ["net"], "features": ["mel"], "mixtures": [{view: 1}]} | block
    config["experiments"] = {"e": {"cells": [cells]}}
    with pytest.raises(ConfigError) as caught:
        Project(config)
    assert said in str(caught.value)
