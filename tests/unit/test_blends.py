"""Blends: their cells' members, their means, and what is refused."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from affectmix.cells.blend import blend_predictions, blend_train_rows
from affectmix.config.files import RunFiles
from affectmix.config.project import Project
from affectmix.errors import ConfigError, TableError
from affectmix.schemas import CELL_PREDICTIONS
from affectmix.tables import check_table
from affectmix.tasks import Task, targets_of

MINI = Path(__file__).parents[2] / "config" / "examples" / "mini.yaml"


def rows(scores: dict[str, list[float]], truth: dict[str, list[float]] | None = None) -> Any:
    """Return predictions of clips c0, c1, … by target, in an order of their own."""
    frames = [
        pd.DataFrame(
            {
                "corpus": "a",
                "view": "a",
                "clip_id": [f"c{i}" for i in range(len(values))],
                "target": target,
                "y_true": (truth or {}).get(target, [1.0] * len(values)),
                "y_pred": values,
                "in_train": np.int32(0),
            }
        )
        for target, values in scores.items()
    ]
    return pd.concat(frames, ignore_index=True)


def blended(*members: pd.DataFrame, task: Task) -> np.ndarray:
    found = blend_predictions({f"m{i}": member for i, member in enumerate(members)}, task)
    check_table(found, CELL_PREDICTIONS, where="a blend")
    assert found.drop(columns="y_pred").equals(members[0].drop(columns="y_pred"))
    wide = found.pivot(index="clip_id", columns="target", values="y_pred")
    return wide[list(targets_of(task))].to_numpy()


def test_ratings_are_averaged_whatever_the_order_of_rows() -> None:
    one = rows({"valence": [0.2, 0.4], "arousal": [-1.0, 0.0]})
    other = rows({"valence": [0.4, 0.0], "arousal": [1.0, 0.5]}).iloc[::-1]
    np.testing.assert_allclose(blended(one, other, task=Task.REGRESSION), [[0.3, 0.0], [0.2, 0.25]])


def test_of_classes_it_is_the_probabilities_that_are_averaged() -> None:
    one = rows({"valence_high": [3.0, -0.5]})  # p = 1 and .25
    other = rows({"valence_high": [-0.5, 0.0]})  # p = .25 and .5
    np.testing.assert_allclose(
        blended(one, other, task=Task.VALENCE_CLASS), [[2 * 0.625 - 1], [2 * 0.375 - 1]]
    )
    sure = rows({"q1": [1.0], "q2": [-1.0], "q3": [-1.0], "q4": [-1.0]})
    torn = rows({"q1": [-1.0], "q2": [0.0], "q3": [0.0], "q4": [-2.0]})  # p = 0, .5, .5, 0
    np.testing.assert_allclose(
        blended(sure, torn, task=Task.QUADRANT), [[0.0, -0.5, -0.5, -1.0]], atol=1e-12
    )


def test_other_rows_or_labels_are_refused() -> None:
    one = rows({"valence": [0.2, 0.4], "arousal": [0.0, 0.0]})
    for other in (
        rows({"valence": [0.2], "arousal": [0.0]}),
        rows({"valence": [0.2, 0.4], "arousal": [0.0, 0.0]}, {"valence": [1.0, 0.9]}),
        one.assign(in_train=np.int32(1)),
    ):
        with pytest.raises(TableError, match="rows or labels of 'm1' are not those of 'm0'"):
            blended(one, other, task=Task.REGRESSION)


def test_members_trained_on_other_rows_are_refused() -> None:
    train = pd.DataFrame({"corpus": "a", "clip_id": ["x", "y"], "copies": np.int32(1)})
    backwards = train.iloc[::-1]
    assert blend_train_rows({"m0": train, "m1": backwards}).equals(train)
    with pytest.raises(TableError, match="'m1' was trained on other rows than 'm0'"):
        blend_train_rows({"m0": train, "m1": train.iloc[:1]})


@pytest.fixture
def config() -> dict[str, Any]:
    given = yaml.safe_load(MINI.read_text(encoding="utf-8"))
    given["features"]["gemaps"] = {"set": "GeMAPSv01b"}
    given["learners"]["svr4"] = given["learners"]["svr"] | {"task": "quadrant"}
    given["learners"]["svc4"] = {"kind": "svc", "task": "quadrant"}
    given["learners"]["both"] = {
        "kind": "blend",
        "task": "quadrant",
        "of": [
            {"learner": "svr4", "features": "egemaps"},
            {"learner": "svc4", "features": "gemaps"},
        ],
    }
    given["experiments"]["joint"]["cells"] = [
        {
            "learners": ["both"],
            "features": ["egemaps"],
            "mixtures": [{"mini_music": 1}],
            "schemes": ["cv3"],
            "controls": ["permuted"],
        }
    ]
    del given["experiments"]["joint"]["models"], given["experiments"]["joint"]["again"]
    return given


def test_members_cells_are_asked_for_and_are_of_no_experiment(config: dict[str, Any]) -> None:
    project = Project(config)
    (blend,) = project.experiments["joint"]
    members = [cell.name for cell in project.members(blend.name)]
    shared = "mini_music-100__cv3__nested__clean__permuted"
    assert members == [f"svr4__egemaps__{shared}", f"svc4__gemaps__{shared}"]
    assert set(project.cells) == {blend.name, *members}
    files = RunFiles(project).member_files(blend.name, repeat="0", fold="2")
    assert files["train"] == [f"results/cells/{name}/0-2.train.parquet" for name in members]
    assert project.final_models() == []
    assert project.cells_by("blend") == "(?:both)__[a-z0-9_-]+"
    assert "both" not in project.cells_by(None)


MISTAKES = {
    "unknown learner": ({"learner": "svc5"}, ["learners.both.of", "did you mean 'svc4'"]),
    "unknown features": ({"features": "gemap"}, ["learners.both.of", "did you mean 'gemaps'"]),
    "a blend of blends": ({"learner": "both"}, ["is a blend itself"]),
    "another task": ({"learner": "svr"}, ["has task 'regression' and the blend 'quadrant'"]),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_explained(config: dict[str, Any], mistake: str) -> None:
    change, words = MISTAKES[mistake]
    config["learners"]["both"]["of"][1] |= change
    with pytest.raises(ConfigError) as caught:
        Project(config)
    assert [word for word in words if word not in str(caught.value)] == []


def test_what_members_cannot_do_a_blend_cannot_either(config: dict[str, Any]) -> None:
    logmels = copy.deepcopy(config)
    logmels["features"]["gemaps"] = {"set": "emomucs"}
    with pytest.raises(ConfigError, match="learner 'svc4' reads functionals"):
        Project(logmels)
    config["experiments"]["joint"]["cells"][0]["controls"] = ["uniform-mini_music"]
    with pytest.raises(ConfigError, match="it is for task 'regression' only"):
        Project(config)


def test_a_blend_has_no_final_model(config: dict[str, Any]) -> None:
    config["experiments"]["joint"]["models"] = ["both"]
    with pytest.raises(ConfigError, match="mean of other learners and has no model of its own"):
        Project(config)
