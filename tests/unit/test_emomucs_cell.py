"""A cell of learner emomucs, from shards of log-mels to predictions and a stored model."""

from __future__ import annotations

import copy
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from affectmix.cells.evaluate import evaluate_fold, fit_final, search_over_all_folds
from affectmix.cells.excerpts import ExcerptReader, excerpt_offset
from affectmix.cells.store import load_model, save_model
from affectmix.cells.tables import CellTables
from affectmix.config import gpus
from affectmix.config.files import RunFiles
from affectmix.config.project import Project
from affectmix.config.validate import validate_config
from affectmix.errors import ConfigError, TableError
from affectmix.features.logmel_recipes import LogmelRecipe, Reference, Storage
from affectmix.features.logmel_table import Logmel, write_logmels
from affectmix.schemas import GROUPS
from affectmix.splits.classes import assign_classes
from affectmix.splits.folds import make_splits
from affectmix.splits.schemes import Scheme
from affectmix.tables import write_table

REPOSITORY = Path(__file__).parents[2]
CLIPS, STEMS = 36, ("vocals", "drums")
RECIPE = LogmelRecipe(1000, 8, 64, 20, reference=Reference.MIX, storage=Storage.FLOAT16)
EXCERPT_S = 1.2  # 61 frames
LENGTHS_S = (1.0, 3.5)


def levels(causes: np.ndarray) -> dict[str, dict[str, np.ndarray]]:
    """Return stem → clip → levels in dB: each stem's loudness is one cause."""
    rng = np.random.default_rng(0)
    made: dict[str, dict[str, np.ndarray]] = {stem: {} for stem in STEMS}
    for clip, own in enumerate(causes):
        frames = RECIPE.frames(LENGTHS_S[clip % 2])
        for stem, cause in zip(STEMS, own, strict=True):
            noise = rng.normal(size=(frames, RECIPE.bands))
            made[stem][f"c{clip:02d}"] = (-40 + 12 * cause + 3 * noise).astype(np.float32)
    return made


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> CellTables:
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("logmels")
    causes = np.random.default_rng(1).uniform(-1, 1, size=(CLIPS, 2))
    ids = [f"c{i:02d}" for i in range(CLIPS)]
    labels = pd.DataFrame({"clip_id": ids, "category": None})
    labels["valence"], labels["arousal"] = causes.T * 0.9
    groups = pd.DataFrame({"corpus": "a", "clip_id": ids, "group": ids})
    files: dict[str, list[str | Path]] = {}
    for stem, clips in levels(causes).items():
        files[stem] = [folder / f"{stem}-{shard}.parquet" for shard in (0, 1)]
        for shard, file in enumerate(files[stem]):
            own = {
                clip: Logmel(array, LENGTHS_S[int(clip[1:]) % 2])
                for clip, array in clips.items()
                if int(clip[1:]) % 3 % 2 == shard
            }
            write_logmels(own, file, RECIPE, stem=f"x-{stem}")
    classes = assign_classes(labels, min_size=10)
    splits = make_splits(classes, groups, corpus="a", scheme=Scheme.parse("cv3"), seed=7)
    return CellTables({"a": labels}, {"a": splits.frame}, groups, {}, {"a": files})


def settings(**learner: Any) -> dict[str, Any]:
    config = {
        "corpora": {"a": {"adapter": "demo"}},
        "features": {"x": {"set": "emomucs"}},
        "learners": {"net": {"kind": "emomucs", "excerpt_s": EXCERPT_S, "device": "cpu"} | learner},
        "experiments": {
            "e": {"cells": [{"learners": ["net"], "features": ["x"], "mixtures": [{"a": 1}]}]}
        },
    }
    return {
        "fields": {
            "learner": "net",
            "features": "x",
            "mixture": "a-100",
            "scheme": "cv3",
            "protocol": "nested",
            "arithmetic": "clean",
            "control": "none",
        },
        "shares": {"a": 1.0},
        "views": {"a": {"corpus": "a"}},
        "learner": validate_config(config)["learners"]["net"],
        "features": {"set": "emomucs", "stem": list(STEMS), "separator": "x"},
        "seed": 3,
    }


def test_planted_causes_are_found_in_their_stems(tables: CellTables) -> None:
    chosen = settings(batch=8, epochs=25, patience=25)
    predictions = evaluate_fold(tables, chosen, repeat=0, fold=0).predictions
    assert (predictions["in_train"] == 0).all()
    for _, rows in predictions.groupby("target"):
        assert rows["y_true"].corr(rows["y_pred"]) > 0.7


def test_a_stored_final_model_predicts_the_same(tables: CellTables, tmp_path: Path) -> None:
    chosen = settings(batch=8, epochs=2, architectures=["c1d", "c2d"])
    choice = search_over_all_folds(tables, chosen, repeat=0)
    model = fit_final(tables, chosen, choice)
    save_model(model, tmp_path)
    rows = pd.DataFrame({"corpus": "a", "clip_id": ["c03", "c00", "c11"]})
    X = tables.excerpts(rows, duration_s=EXCERPT_S, seed=3)
    np.testing.assert_array_equal(load_model(tmp_path).predict(X), model.predict(X))
    card = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert "log-mels (emomucs) of vocals and drums, 1.2 s of each clip" in card
    assert "audEERING" not in card


def test_excerpts_are_the_same_seconds_of_all_stems_whatever_the_rows(tables: CellTables) -> None:
    rows = pd.DataFrame({"corpus": "a", "clip_id": ["c01", "c00", "c35"]})
    X = tables.excerpts(rows, duration_s=EXCERPT_S, seed=3)
    assert X.shape == (3, 2, 8, 61)
    again = tables.excerpts(rows.iloc[::-1], duration_s=EXCERPT_S, seed=3)
    np.testing.assert_array_equal(again[::-1], X)
    causes = np.random.default_rng(1).uniform(-1, 1, size=(CLIPS, 2))
    for place, clip in enumerate(rows["clip_id"]):
        length = LENGTHS_S[int(clip[1:]) % 2]
        offset = excerpt_offset(f"a/{clip}", length, duration_s=EXCERPT_S, seed=3)
        start = offset * RECIPE.sample_rate // RECIPE.hop
        for stem, name in enumerate(STEMS):
            whole = levels(causes)[name][clip][start : start + 61].T
            np.testing.assert_allclose(X[place, stem, :, : whole.shape[1]], whole, atol=0.07)
    assert (X[1, :, :, RECIPE.frames(1.0) :] == -80).all(), "a short clip is padded at its end"


def test_offsets_are_whole_seconds_that_leave_room_for_the_excerpt() -> None:
    drawn = [excerpt_offset(f"a/{i}", 30.5, duration_s=20.0, seed=1) for i in range(400)]
    assert set(drawn) == set(range(11))
    assert {excerpt_offset("a/1", s, duration_s=20.0, seed=1) for s in (3.0, 20.0, 20.9)} == {0}
    others = [excerpt_offset(f"a/{i}", 30.5, duration_s=20.0, seed=2) for i in range(400)]
    assert drawn != others


def test_a_clip_without_log_mels_is_named(tables: CellTables) -> None:
    rows = pd.DataFrame({"corpus": "a", "clip_id": ["c01", "lost"]})
    with pytest.raises(TableError, match="'lost'"):
        ExcerptReader(tables.logmels).read(rows, duration_s=1.0, seed=0)


def test_the_files_of_a_rule_are_sorted_by_corpus_and_stem(
    tables: CellTables, tmp_path: Path
) -> None:
    names = {f"logmels_{stem}_b_c": [f"{stem}.parquet"] for stem in STEMS}
    groups = tmp_path / "groups.parquet"
    write_table(tables.groups, groups, GROUPS)
    read = CellTables.read({**names, "groups": groups})
    assert read.logmels == {"b_c": {"vocals": ["vocals.parquet"], "drums": ["drums.parquet"]}}


@pytest.mark.parametrize(
    ("learner", "block", "said"),
    [
        ({"fusions": ["mid"]}, {}, "fusions: [mid] is not possible"),
        ({"selection": "best_inner"}, {"protocols": ["paper"]}, "has selection: best_inner"),
    ],
)
def test_a_network_that_cannot_be_is_refused(
    learner: dict[str, Any], block: dict[str, Any], said: str
) -> None:
    text = (REPOSITORY / "config" / "config.yaml").read_text(encoding="utf-8")
    config = copy.deepcopy(yaml.safe_load(text))
    view = next(iter(config["corpora"]))
    config["separators"] = {"split": {"kind": "classical"}}
    config["features"]["two"] = {
        "set": "emomucs",
        "stem": ["vocals", "drums"],
        "separator": "split",
    }
    config["learners"]["net"] = {"kind": "emomucs"} | learner
    cells = {"learners": ["net"], "features": ["two"], "mixtures": [{view: 1}]} | block
    config["experiments"] = {"e": {"cells": [cells]}}
    with pytest.raises(ConfigError) as caught:
        Project(config)
    assert said in str(caught.value)


def test_torch_is_loaded_for_networks_alone() -> None:
    code = "import sys, affectmix.cells.evaluate, affectmix.config.project; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert "torch" not in loaded.stdout.split()


def test_cells_take_a_gpu_where_their_learner_may_and_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = yaml.safe_load((REPOSITORY / "config" / "config.yaml").read_text(encoding="utf-8"))
    view = next(iter(config["corpora"]))
    config["features"] = {"mel": {"set": "emomucs"}}
    config["learners"] = {
        "auto": {"kind": "emomucs"},
        "cpu": {"kind": "emomucs", "device": "cpu"},
        "mean": {"kind": "mean"},
    }
    cells = {"learners": ["auto", "cpu", "mean"], "features": ["mel"], "mixtures": [{view: 1}]}
    config["experiments"] = {"e": {"cells": [cells]}}
    project = Project(config)
    for there, taken in ((True, [1, 0, 0]), (False, [0, 0, 0])):
        device = tmp_path / "gpu"
        device.touch() if there else device.unlink()
        monkeypatch.setattr(gpus, "GPU", device)
        assert [RunFiles(project).gpus(name) for name in project.cells] == taken
