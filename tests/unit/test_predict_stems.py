"""New audio is heard as the workflow hears it: stems, log-mels, and what each stem contributes."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import soundfile
from affectmix.cells.beginnings import read_beginnings
from affectmix.cells.final import FinalModel
from affectmix.cells.store import load_model, save_model
from affectmix.errors import AffectMixError
from affectmix.features.feature_sets import FeatureSet
from affectmix.features.logmel import logmel_shard
from affectmix.features.logmel_recipes import RECIPES
from affectmix.features.logmel_table import read_logmels, write_logmels
from affectmix.features.opensmile import extract_shard
from affectmix.predict.contributions import StemFamily
from affectmix.predict.cutting import Cutting
from affectmix.predict.files import FileFault
from affectmix.predict.hearing import Hearing
from affectmix.predict.listening import Heard, hear
from affectmix.predict.predictor import Predictor
from affectmix.search.elasticnet_model import ElasticNetModel
from affectmix.stems.classical import ClassicalSeparator
from affectmix.stems.separate import separate_shard
from affectmix.tasks import Task
from affectmix.tuning.components import ComponentSpace
from affectmix.tuning.correction import Correction, Ears
from affectmix.tuning.ridge_correction import AffineCorrection
from affectmix.tuning.tune import Tuned, save_tuned

RATE = 22_050
CLASSICAL = {"kind": "classical", "bits": 16}
STEMS = ("vocals", "drums", "bass")
TARGETS = ("valence", "arousal")


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Two seconds of a tone with clicks, in stereo."""
    time = np.arange(2 * RATE) / RATE
    left = 0.3 * np.sin(2 * np.pi * 440 * time) + 0.2 * np.sin(2 * np.pi * 80 * time)
    left[:: RATE // 4] += 0.5
    samples = np.stack([left, 0.5 * left + 0.01 * np.random.default_rng(0).normal(size=len(time))])
    soundfile.write(tmp_path / "clip.wav", samples.T, RATE)
    return tmp_path / "clip.wav"


def heard_of(clip: Path, hearing: Hearing) -> Heard:
    heard = hear(clip, hearing, Cutting(20.0))
    assert isinstance(heard, Heard)
    return heard


def test_functionals_of_stems_are_those_of_the_workflow(clip: Path, tmp_path: Path) -> None:
    separate_shard([("clip", clip)], ClassicalSeparator(), tmp_path / "stems", seed=3)
    expected = [
        extract_shard([("clip", file)], FeatureSet.EGEMAPS_V02)[0].iloc[0, 1:].to_numpy(np.float32)
        for file in (tmp_path / "stems/clip/vocals.flac", clip)
    ]
    names = extract_shard([], FeatureSet.EGEMAPS_V02)[0].columns[1:]
    columns = tuple(f"{stem}__{name}" for stem in ("vocals", "mix") for name in names)
    hearing = Hearing("eGeMAPSv02", None, ("vocals", "mix"), CLASSICAL, None, columns)
    np.testing.assert_array_equal(heard_of(clip, hearing).values[0], np.concatenate(expected))


def test_log_mels_are_those_of_the_workflow(clip: Path, tmp_path: Path) -> None:
    recipe = RECIPES["emomucs"]
    made = logmel_shard([("clip", clip)], recipe, mixes={"clip": clip})
    write_logmels(made, tmp_path / "mels.parquet", recipe, stem="mix")
    for excerpt_s in (1.5, 3.0):
        hearing = Hearing(None, recipe.settings(), ("mix",), None, excerpt_s)
        found = heard_of(clip, hearing).values[0, 0]
        stored = read_logmels([tmp_path / "mels.parquet"], ["clip"], duration_s=excerpt_s)[0]
        assert found.shape == stored.shape
        assert np.abs(found - stored).max() < 0.2  # what is stored is rounded to 256 levels
    unpadded = Hearing(None, recipe.settings(), ("mix",), None, 3.0, padded=False)
    levels = heard_of(clip, unpadded).values[0, 0]
    frames = made["clip"].levels.shape[0]
    assert np.isfinite(levels[:, :frames]).all()
    assert np.isnan(levels[:, frames:]).all()


def test_segments_are_heard_as_the_workflow_hears_them(clip: Path, tmp_path: Path) -> None:
    recipe = RECIPES["segments"]
    made = logmel_shard([("clip", clip)], recipe, mixes={"clip": clip})
    write_logmels(made, tmp_path / "mels.parquet", recipe, stem="mix")
    rows = pd.DataFrame({"corpus": ["a"], "clip_id": ["clip"]})
    shards = {"a": {"mix": [tmp_path / "mels.parquet"]}}
    for grid_s in (1.0, 0.75):
        expected = read_beginnings(shards, rows, duration_s=3.0, grid_s=grid_s)[0]
        hearing = Hearing(None, recipe.settings(), ("mix",), None, 3.0, (), False, grid_s)
        found = heard_of(clip, hearing).values[0]
        np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
        assert np.nanmax(np.abs(found - expected)) < 0.2
    long = Hearing(None, recipe.settings(), ("mix",), None, 6.0, (), False, 3.0)
    fault = hear(clip, long, Cutting(20.0))
    assert isinstance(fault, FileFault)
    assert "the model hears pieces of 3 s at least" in fault.message


def linear_model(folder: Path, stems: tuple[str, ...], weights: dict[str, float]) -> Path:
    """Write a model that adds up its stems' first features with weights, and .1."""
    width = 2 * len(stems)
    coefficients = np.zeros(width)
    coefficients[::2] = [weights[stem] for stem in stems]
    model = ElasticNetModel(
        *(np.zeros(width), np.zeros(width), np.ones(width), coefficients), 0.1, 1.0, 1, 0
    )
    settings: dict[str, Any] = {
        "fields": {"learner": "linear", "features": "".join(stems), "mixture": "a-100"},
        "learner": {"kind": "elasticnet"},
        "features": {"set": "eGeMAPSv02", "stem": list(stems), "separator": "masks"},
        "shares": {"a": 1.0},
        "views": {"a": {"corpus": "a"}},
        "seed": 1,
    }
    settings["fields"]["scheme"] = "cv5"
    description = {
        "settings": settings,
        "chosen": {},
        "rows": {"a": 10},
        "hearing": {"separator": CLASSICAL, "recipe": None},
        "label_means": dict.fromkeys(TARGETS, 0.1),
    }
    save_model(
        FinalModel(dict.fromkeys(TARGETS, model), [f"f{k}" for k in range(width)], description),
        folder,
    )
    return folder


WEIGHTS = {"vocals": 0.5, "drums": -0.25, "bass": 0.0}


def family_folder(tmp_path: Path) -> Path:
    for size in (1, 2, 3):
        for stems in combinations(STEMS, size):
            linear_model(tmp_path / "-".join(stems), stems[::-1], WEIGHTS)
    return tmp_path / "vocals-drums-bass"


def test_each_stem_gets_what_its_features_move(tmp_path: Path) -> None:
    whole = Predictor.open(family_folder(tmp_path))
    values = np.array([[0.4, 9, 0.2, 9, 0.6, 9], [0.0, 9, 1.0, 9, -1.0, 9]])  # bass, drums, vocals
    found = StemFamily.of(whole).contributions(values)
    expected = [[0.0, -0.05, 0.3], [0.0, -0.25, -0.5]]
    np.testing.assert_allclose(found["valence"], expected, atol=1e-12)
    heard = Heard(Path("a.wav"), 2.0, np.array([0.0, 1.0]), np.array([1.0, 2.0]), values)
    (row,) = whole.rows(heard, contributions=found)
    told = [row[f"arousal_by_{stem}"] for stem in ("bass", "drums", "vocals")]
    np.testing.assert_allclose(told, [0, -0.15, -0.1], atol=1e-12)
    assert row["arousal"] - 0.1 == pytest.approx(sum(told))


def test_what_contributions_need_is_said(tmp_path: Path) -> None:
    whole = family_folder(tmp_path)
    for file in (tmp_path / "drums").iterdir():
        file.unlink()
    with pytest.raises(AffectMixError, match="for 1 of 7 combinations of its stems, the first is"):
        StemFamily.of(Predictor.open(whole))
    with pytest.raises(AffectMixError, match="from vocals; needed is a model of valence"):
        StemFamily.of(Predictor.open(tmp_path / "vocals"))


def test_a_listeners_models_stand_in_for_no_general_one(tmp_path: Path) -> None:
    whole = family_folder(tmp_path)
    expected = StemFamily.of(Predictor.open(whole)).parts
    for stems in ("drums", "vocals-drums-bass"):
        model = load_model(tmp_path / stems)
        ears = Ears(model.models, Task.REGRESSION, ComponentSpace.fit(np.empty((0, 0))))
        tuned = Tuned(
            Correction("ridge_correction", AffineCorrection(np.ones((3, 2))), ears, False),
            2,
            {},
            {},
        )
        save_tuned(tuned, tmp_path / stems, tmp_path / f"a-{stems}", listener="Ada")
    found = StemFamily.of(Predictor.open(whole)).parts
    assert {c: p.folder for c, p in found.items()} == {c: p.folder for c, p in expected.items()}
    with pytest.raises(AffectMixError, match="is tuned to a listener, and the models of its stems"):
        StemFamily.of(Predictor.open(tmp_path / "a-vocals-drums-bass"))


def test_a_model_of_true_stems_cannot_hear_a_mix(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setitem(CLASSICAL, "kind", "true_stems")
    folder = linear_model(tmp_path / "model", ("vocals",), WEIGHTS)
    with pytest.raises(AffectMixError, match="was trained on the true stems"):
        Predictor.open(folder)
