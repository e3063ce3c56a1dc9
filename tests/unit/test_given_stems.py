"""True stems as a separator: they come back as they are, and add up to their mix."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml
from affectmix.audio.decode import decode
from affectmix.config.project import Project
from affectmix.config.stems import StemPlan
from affectmix.errors import ConfigError
from affectmix.schemas import STEM_FILES
from affectmix.stems.given import given_shard
from affectmix.stems.names import STEMS
from affectmix.tables import check_table

REPOSITORY = Path(__file__).parents[2]
RATE = 8000


def written(folder: Path, stems: dict[str, np.ndarray], rate: int = RATE) -> dict[str, str]:
    """Write stems [shapes=(n, channels)], and return their files by name."""
    folder.mkdir(parents=True)
    files = {}
    for stem, samples in stems.items():
        files[stem] = str(folder / f"{stem}.wav")
        soundfile.write(files[stem], samples, rate, subtype="PCM_16")
    return files


def random_stems(length: int = RATE, channels: int = 2) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {stem: rng.uniform(-0.2, 0.2, size=(length, channels)) for stem in STEMS}


def test_true_stems_come_back_as_they_are(tmp_path: Path) -> None:
    stems = random_stems()
    true = {"a": written(tmp_path / "true/a", stems)}
    soundfile.write(tmp_path / "a.wav", sum(stems.values()), RATE, subtype="PCM_24")
    table = given_shard([("a", tmp_path / "a.wav")], true, tmp_path / "out", bits=16)
    check_table(table, STEM_FILES, where="here")
    assert table.loc[0, ["status", "channels", "moved"]].tolist() == ["ok", 2, 0]
    for stem in STEMS:
        found, rate = decode(tmp_path / f"out/a/{stem}.flac")
        assert rate == RATE
        assert np.abs(found - stems[stem].T).max() < 5 / (1 << 15)  # each file was rounded


def test_other_is_what_mastering_left(tmp_path: Path) -> None:
    stems = random_stems(channels=1)
    true = {"a": written(tmp_path / "true/a", stems | {"vocals": stems["vocals"][:-100]})}
    mix = 0.5 * sum(stems.values())
    soundfile.write(tmp_path / "a.wav", mix, RATE, subtype="PCM_16")
    assert given_shard([("a", tmp_path / "a.wav")], true, tmp_path / "out")["status"][0] == "ok"
    found = [decode(tmp_path / f"out/a/{stem}.flac")[0] for stem in STEMS]
    assert np.abs(np.sum(found, axis=0)[0] - mix[:, 0]).max() < 1e-4
    assert (found[0][0, -100:] == 0).all()


@pytest.mark.parametrize(("length", "rate"), [(RATE // 2, RATE), (RATE, 16_000)])
def test_stems_that_do_not_fit_are_reported(tmp_path: Path, length: int, rate: int) -> None:
    true = {"a": written(tmp_path / "true/a", random_stems(length), rate)}
    soundfile.write(tmp_path / "a.wav", np.zeros((RATE, 2)), RATE)
    table = given_shard([("a", tmp_path / "a.wav")], true, tmp_path / "out")
    assert table["status"].tolist() == ["misfit"]
    assert "a true stem must be as long as its mix" in table["message"][0]
    assert not list((tmp_path / "out").rglob("*.flac"))


def configured(part: str) -> Project:
    config = yaml.safe_load((REPOSITORY / "config/examples/mini.yaml").read_text(encoding="utf-8"))
    config["separators"] = {"known": {"kind": "true_stems"}}
    config["features"] = {"voice": {"set": "eGeMAPSv02", "stem": "vocals", "separator": "known"}}
    cell = {"learners": ["svr"], "features": ["voice"], "mixtures": [{f"mini_{part}": 1}]}
    config["experiments"] = {"joint": {"cells": [cell | {"schemes": ["cv3"]}]}}
    return Project(config)


def test_the_demos_music_brings_its_stems() -> None:
    plan = StemPlan(configured("music"))
    plan.check()
    given = plan.given("known", "mini_music", "0")
    assert len(given) == 12
    assert given["music_00000"]["bass"] == ["music_00000/bass.flac"]
    assert plan.quality_files() == []  # they are what others are measured against
    assert plan.weights("known") == []


def test_a_corpus_without_true_stems_is_refused() -> None:
    with pytest.raises(ConfigError, match="12 of its 12 clips have none, such as 'sounds_00000'"):
        StemPlan(configured("sounds")).check()
