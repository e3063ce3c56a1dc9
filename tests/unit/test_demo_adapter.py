"""The demo as a corpus of the workflow, and the oracle that says what it can teach."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from affectmix import schemas
from affectmix.corpora import make_corpus
from affectmix.corpora.demo import oracle
from affectmix.corpora.demo.adapter import DemoCorpus
from affectmix.corpora.demo.formula import PARTS
from affectmix.corpora.demo.render import write_clips
from affectmix.errors import ConfigError
from affectmix.stems.names import STEMS
from affectmix.tables import check_table


def corpus(home: Path, **settings: Any) -> DemoCorpus:
    made = make_corpus("demo_music", {"adapter": "demo", "part": "music", **settings}, home=home)
    assert isinstance(made, DemoCorpus)
    return made


def test_tables_follow_their_schemas(tmp_path: Path) -> None:
    demo = corpus(tmp_path, clips=20)
    check_table(demo.labels(), schemas.LABELS, where="labels")
    check_table(demo.ratings(), schemas.RATINGS, where="ratings")
    assert list(demo.labels()["clip_id"]) == list(demo.clips()["clip_id"])
    assert demo.problems() == []
    assert demo.label_files() == []
    assert demo.generated
    check_table(demo.sections(), schemas.SECTIONS, where="sections")
    assert len(demo.sections()) == 4 * 20


def test_written_clips_lie_in_their_shard_where_the_corpus_says(tmp_path: Path) -> None:
    demo = corpus(tmp_path, clips=4, duration=1)
    write_clips("music", demo.settings, ["music_00002"], tmp_path / "shard")
    rows = demo.clips().set_index("clip_id")
    assert (tmp_path / "shard" / demo.audio_path(rows.at["music_00002", "path"])).is_file()
    assert not (tmp_path / "shard" / demo.audio_path(rows.at["music_00001", "path"])).exists()
    true = demo.true_stems("music_00002")
    assert true is not None
    assert {file.stem for file in (tmp_path / "shard" / true).iterdir()} == {*STEMS}


def test_stems_of_their_own_are_another_sound_with_the_same_labels(tmp_path: Path) -> None:
    shared, own = corpus(tmp_path, clips=30), corpus(tmp_path, clips=30, stems="own")
    pd.testing.assert_frame_equal(shared.labels(), own.labels())
    assert shared.stem_shares() == {}
    shares = own.stem_shares()
    assert list(shares["valence"]) == list(STEMS)
    for target, most in (("valence", "vocals"), ("arousal", "drums")):
        assert sum(shares[target].values()) == pytest.approx(1)
        assert max(shares[target], key=shares[target].__getitem__) == most


def test_label_seed_changes_labels_alone(tmp_path: Path) -> None:
    first, second = corpus(tmp_path, clips=9), corpus(tmp_path, clips=9, label_seed=7)
    pd.testing.assert_frame_equal(first.clips(), second.clips())
    assert (first.labels()["arousal"] != second.labels()["arousal"]).any()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"part": "speech"}, "speech"),
        ({"clips": 0}, "1 to 99999"),
        ({"duration": 0.2}, "1 to 600"),
        ({"duration": float("nan")}, "1 to 600"),
        ({"seed": -1}, "seed"),
        ({"varied": 1.5}, "0 to 1"),
        ({"label_seed": -1}, "label_seed"),
        ({"clisp": 3}, "did you mean 'clips'"),
    ],
)
def test_impossible_settings_are_errors(
    settings: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=message):
        corpus(tmp_path, **settings)


@pytest.fixture(scope="module")
def bracket() -> pd.DataFrame:
    settings = {part: {"part": part, "clips": 240, "seed": 1} for part in PARTS}
    return oracle.oracle_bracket(settings, seeds=40)


def chosen(bracket: pd.DataFrame, **wanted: Any) -> pd.DataFrame:
    keep = np.logical_and.reduce([bracket[key] == value for key, value in wanted.items()])
    return bracket[keep]


def test_oracle_learns_most_but_not_all(bracket: pd.DataFrame) -> None:
    alone = chosen(bracket, quantity="r2", own_share=1.0, other_share=0.0)
    assert len(alone) == 4
    assert alone["mean"].between(0.65, 0.9).all()
    assert (alone["high"] - alone["low"]).between(0.02, 0.2).all()


def test_other_corpus_alone_teaches_much_but_less(bracket: pd.DataFrame) -> None:
    alone = chosen(bracket, quantity="r2", own_share=1.0, other_share=0.0)
    foreign = chosen(bracket, quantity="r2", own_share=0.0)
    for _, row in foreign.iterrows():
        own = chosen(alone, corpus=row["corpus"], target=row["target"])["mean"].item()
        assert 0.4 < row["mean"] < own


def test_gain_is_the_difference_and_fades_with_more_own_clips(bracket: pd.DataFrame) -> None:
    keys = ["corpus", "target", "own_share"]
    alone = chosen(bracket, quantity="r2", other_share=0.0).set_index(keys)["mean"]
    mixed = chosen(bracket, quantity="r2", other_share=1.0).set_index(keys)["mean"]
    gains = chosen(bracket, quantity="gain", other_share=1.0).set_index(keys)["mean"]
    np.testing.assert_allclose(gains, (mixed - alone).loc[gains.index], atol=1e-12)
    assert gains.xs(0.25, level="own_share").mean() > gains.xs(1.0, level="own_share").mean()
    assert (gains.xs(1.0, level="own_share").abs() < 0.03).all()


def test_mixtures_are_named_by_share(bracket: pd.DataFrame) -> None:
    names = set(chosen(bracket, corpus="music")["train"])
    assert {"music-100", "music-025_sounds-100", "music-100_sounds-025", "sounds-100"} <= names


def test_oracle_finds_no_skill_when_the_formula_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oracle, "clean_values", lambda causes, part: 0.0 * causes[..., :2])
    settings = {"music": {"part": "music", "clips": 240, "seed": 1}}
    bracket = oracle.oracle_bracket(settings, seeds=20)
    assert set(bracket["quantity"]) == {"r2"}
    assert (bracket["mean"] < 0.02).all()


def test_oracle_works_on_the_smallest_demo() -> None:
    settings = {part: {"part": part, "clips": 12, "seed": 1} for part in PARTS}
    assert np.isfinite(oracle.oracle_bracket(settings, seeds=10)["mean"]).all()
