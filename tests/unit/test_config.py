"""The configuration: defaults, messages, references and cells."""

from __future__ import annotations

import copy
import math
from pathlib import Path

import pytest
import yaml
from affectmix.config.cells import expand_cells
from affectmix.config.project import Project
from affectmix.config.validate import validate_config
from affectmix.config.yaml_files import check_configfiles, read_yaml
from affectmix.errors import ConfigError

REPOSITORY = Path(__file__).parents[2]
DEFAULT = yaml.safe_load((REPOSITORY / "config" / "config.yaml").read_text(encoding="utf-8"))


@pytest.fixture
def config() -> dict:
    return copy.deepcopy(DEFAULT)


def test_defaults_are_filled_in(config: dict) -> None:
    for key in ("seed", "shards", "classes", "groups", "schemes", "views"):
        config.pop(key)
    complete = validate_config(config)
    assert complete["seed"] == 2024
    assert complete["classes"] == {"min_size": 25}
    assert complete["groups"] == {"sources": True, "recordings": True}
    assert complete["schemes"] == {"cv5": {"repeats": 1}}
    assert complete["experiments"]["joint"]["cells"][1]["protocols"] == ["nested"]


def test_a_learner_gets_the_defaults_of_its_own_kind_alone(config: dict) -> None:
    learners = validate_config(config)["learners"]
    assert learners["mean"] == {"kind": "mean", "task": "regression"}
    assert learners["svr"]["search"] == "halving"


def test_validation_leaves_the_given_configuration_alone(config: dict) -> None:
    before = copy.deepcopy(config)
    validate_config(config)
    assert config == before


MISTAKES = {
    "unknown key": (lambda c: c.update(learnrs={}), ["'learnrs'", "did you mean 'learners'"]),
    "unknown nested key": (
        lambda c: c["experiments"]["joint"].update(modls=[]),
        ["experiments.joint", "'modls'", "did you mean 'models'"],
    ),
    "unknown learner key": (
        lambda c: c["learners"]["svr"].update(serch="halving"),
        ["learners.svr", "'serch'", "did you mean 'search'"],
    ),
    "unknown kind": (
        lambda c: c["learners"].update(svr={"kind": "srv", "space": "svr_small"}),
        ["learners.svr.kind", "'srv'", "did you mean 'svr'"],
    ),
    "missing space": (
        lambda c: c["learners"].update(svr={"kind": "svr"}),
        ["learners.svr", "'space' is missing"],
    ),
    "shards": (lambda c: c.update(shards=12), ["shards", "12", "8"]),
    "share": (
        lambda c: c["experiments"]["joint"]["cells"][0].update(mixtures=[{"demo_music": 1.5}]),
        ["experiments.joint.cells.0.mixtures.0.demo_music", "1.5", "1"],
    ),
    "name": (lambda c: c["views"].update({"Bad-Name": {"corpus": "demo_music"}}), ["Bad-Name"]),
    "dangling view": (
        lambda c: c["experiments"]["joint"]["cells"][0].update(mixtures=[{"demo_musik": 1}]),
        ["'demo_musik'", "did you mean 'demo_music'"],
    ),
    "dangling learner": (
        lambda c: c["experiments"]["joint"].update(models=["svm"]),
        ["experiments.joint.models", "'svm'"],
    ),
    "dangling corpus": (
        lambda c: c["views"].update(loud={"corpus": "demo_sound"}),
        ["views.loud.corpus", "did you mean 'demo_sounds'"],
    ),
    "nothing to train on": (
        lambda c: c["experiments"]["joint"]["cells"][0].update(mixtures=[{"demo_music": 0}]),
        ["trains on nothing"],
    ),
    "feature set": (lambda c: c["features"]["is13"].update(set="IS14"), ["features.is13", "IS13"]),
    "space": (
        lambda c: c["learners"]["svr"].update(space="svr_smal"),
        ["'svr_smal'", "did you mean 'svr_small'"],
    ),
    "control of no view": (
        lambda c: c["experiments"]["joint"]["cells"][1].update(controls=["uniform-demo"]),
        ["uniform", "'demo'"],
    ),
    "seed": (lambda c: c.update(seed=2**32), ["seed", "4294967295"]),
    "scheme": (lambda c: c["schemes"].update(cv1={}), ["'cv1'"]),
    "both shares below 1 under the paper's constraint": (
        lambda c: c["experiments"]["joint"]["cells"][0].update(
            constraint="paper", mixtures=[{"demo_music": 0.5, "demo_sounds": 0.75}]
        ),
        ["demo_music: 0.5, demo_sounds: 0.75", "both shares are below 1", "set one to 1"],
    ),
    "one view under the paper's constraint": (
        lambda c: c["experiments"]["joint"]["cells"][0].update(
            constraint="paper", mixtures=[{"demo_music": 1}]
        ),
        ["exactly two views"],
    ),
    "adapter": (
        lambda c: c["corpora"]["demo_music"].update(adapter="dmeo"),
        ["corpora.demo_music.adapter", "did you mean 'demo'"],
    ),
    "adapter setting": (
        lambda c: c["corpora"]["demo_music"].update(clip=240),
        ["corpora.demo_music", "'clip'", "did you mean 'clips'"],
    ),
}


MISTAKES |= {
    "NaN as a share": (
        lambda c: c["experiments"]["joint"]["cells"][0].update(mixtures=[{"demo_music": math.nan}]),
        ["mixtures.0.demo_music", "nan"],
    ),
    "NaN as a duration": (
        lambda c: c.update(min_duration_s=math.nan),  # nothing is longer, and all would be left out
        ["min_duration_s", "nan"],
    ),
    "repeats without end": (
        lambda c: c["schemes"]["cv5"].update(repeats=math.inf),
        ["schemes.cv5.repeats", "inf"],
    ),
    "repeats as a fraction": (
        lambda c: c["schemes"]["cv5"].update(repeats=1.0),
        ["schemes.cv5.repeats", "1.0", "integer"],
    ),
    "shards as a fraction": (lambda c: c.update(shards=8.0), ["shards", "8.0"]),
    "a grid of a billion": (
        lambda c: c["learners"]["svr"].update(space={"C": {"linspace": [1, 2, 10**9]}}),
        ["learners.svr", "space.C", "to a million"],
    ),
    "two grids of a thousand and more": (
        lambda c: c["learners"]["svr"].update(
            space={k: {"linspace": [0.1, 1, 2000]} for k in ("C", "epsilon")}
        ),
        ["learners.svr", "4,000,000 points", "1,000,000"],
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_what_is_allowed(config: dict, mistake: str) -> None:
    spoil, words = MISTAKES[mistake]
    spoil(config)
    with pytest.raises(ConfigError) as error:
        Project(config)
    for word in words:
        assert word in str(error.value)


def test_all_mistakes_come_in_one_message(config: dict) -> None:
    config["sead"] = 1
    config["shards"] = 3
    with pytest.raises(ConfigError, match=r"(?s)sead.*shards|shards.*sead"):
        validate_config(config)


REPLAY = {
    "protocol": ({"protocols": ["nested"]}, "protocols: \\[paper\\]"),
    "groups": ({"schemes": ["cv5"]}, "cv5_ungrouped"),
    "one corpus": ({"mixtures": [{"demo_music": 1}]}, "two corpora.* has 1 of 1; name one"),
    "three corpora": (
        {"mixtures": [{"demo_music": 1, "demo_sounds": 1, "third": 1}]},
        "two corpora.* has 3 of 3; name one view of each",
    ),
    "two views of one of two corpora": (
        {"mixtures": [{"demo_music": 1, "demo_sounds": 1, "half": 1}]},
        "two views of two corpora.* has 3 of 2",
    ),
}


@pytest.mark.parametrize("fault", REPLAY)
def test_a_replay_is_refused_where_the_released_code_does_not_apply(
    config: dict, fault: str
) -> None:
    change, words = REPLAY[fault]
    config["schemes"]["cv5_ungrouped"] = {}
    config["corpora"]["third"] = config["corpora"]["demo_music"]
    config["views"] = {"half": {"corpus": "demo_sounds"}}
    block = config["experiments"]["joint"]["cells"][1] | {
        "protocols": ["paper"],
        "schemes": ["cv5_ungrouped"],
        "arithmetics": ["reference_2023"],
        "controls": ["none"],
    }
    config["experiments"]["joint"]["cells"] = [block]
    Project(config)
    config["experiments"]["joint"]["cells"] = [block | change]
    with pytest.raises(ConfigError, match=words):
        Project(config)


def test_cells_are_the_product_of_a_block_and_shared_by_name(config: dict) -> None:
    complete = validate_config(config)
    cells = expand_cells(complete["experiments"]["joint"])
    assert len(cells) == 3 * 3 + 1
    expected = "svr__is13__demo_music-100_demo_sounds-000__cv5__nested__clean__none"
    assert expected in [cell.name for cell in cells]
    twice = {"cells": complete["experiments"]["joint"]["cells"] * 2}
    assert [c.name for c in expand_cells(twice)] == [c.name for c in cells]


def test_final_models_are_of_clean_and_nested_cells(config: dict) -> None:
    assert len(Project(config).final_models()) == 3 * 3
    config["experiments"]["joint"]["models"] = ["svr"]
    models = Project(config).final_models()
    assert len(models) == 3
    assert all(name.startswith("svr__") and name.endswith("nested__clean__none") for name in models)


@pytest.mark.parametrize(
    "path", sorted((REPOSITORY / "config").rglob("*.yaml")), ids=lambda path: path.stem
)
def test_every_configuration_that_comes_with_the_package_is_valid(path: Path) -> None:
    Project(yaml.safe_load(path.read_text(encoding="utf-8")))


def test_a_key_that_stands_twice_is_named_with_both_lines(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("seed: 1\nlearners:\n  svr: {kind: svr}\n  svr: {kind: mean}\nshards: 8\n")
    for read in (read_yaml, lambda path: check_configfiles([path])):
        with pytest.raises(
            ConfigError, match=r"config\.yaml:4: the key 'svr' stands twice.*line 3"
        ):
            read(file)
    file.write_text("a: &a {x: 1}\nb: {<<: *a, y: 2}\nc: [*a, *a]\n")
    assert read_yaml(file) == {"a": {"x": 1}, "b": {"x": 1, "y": 2}, "c": [{"x": 1}, {"x": 1}]}


@pytest.mark.parametrize(
    "content", [b"seed: \xff", b"seed: 2024-13-45", b"[" * 5000, b"seed: [", b"a: &a [*b]"]
)
def test_what_is_no_yaml_is_a_configuration_error(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "config.yaml"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=r"config\.yaml"):
        read_yaml(file)
