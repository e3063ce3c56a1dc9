"""AutoML tools as learners of a configuration."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from affectmix.config.files import RunFiles
from affectmix.config.project import Project
from affectmix.config.validate import validate_config
from affectmix.errors import ConfigError
from affectmix.report.evidence import Evidence
from affectmix.report.sections.budgets import budgets_section

REPOSITORY = Path(__file__).parents[2]
DEFAULT = yaml.safe_load((REPOSITORY / "config" / "config.yaml").read_text(encoding="utf-8"))


@pytest.fixture
def config() -> dict[str, Any]:
    """The demo with one cell per tool and protocol, beside svr."""
    given = copy.deepcopy(DEFAULT)
    given["learners"] = {
        "svr": DEFAULT["learners"]["svr"],
        "svr_like": {"kind": "flaml", "max_iter": 5, "estimators": ["svr"]},
        "paper_automl": {"kind": "autosklearn"},
    }
    block = {"features": ["is13"], "mixtures": [{"demo_music": 1, "demo_sounds": 1}]}
    cells = [
        block | {"learners": ["svr", "svr_like"]},
        block | {"learners": ["paper_automl"], "protocols": ["paper"]},
    ]
    given["experiments"] = {"joint": {"cells": cells}}
    return given


def test_defaults_are_the_papers(config: dict[str, Any]) -> None:
    complete = validate_config(config)
    assert complete["learners"]["paper_automl"] == {
        "kind": "autosklearn",
        "task": "regression",
        "budget_s": 28_800,
        "memory_mb": 10_000,
        "space": "paper",
        "ensemble": 10,
    }
    assert complete["environments"] == {"folder": ".venv-automl", "interpreters": {}}


MISTAKES = {
    "too short": ({"kind": "autosklearn", "budget_s": 10}, ["budget_s", "10", "30"]),
    "unknown space": ({"kind": "autosklearn", "space": "wid"}, ["did you mean 'wide'"]),
    "no extent": ({"kind": "flaml"}, ["neither budget_s nor max_iter", "budget_s: 300"]),
    "two extents": (
        {"kind": "flaml", "budget_s": 9, "max_iter": 3},
        ["has budget_s and max_iter", "give one of them"],
    ),
    "classes": (
        {"kind": "flaml", "max_iter": 3, "task": "quadrant"},
        ["task: 'quadrant'", "regression alone", "such as svc"],
    ),
    "unknown estimator": (
        {"kind": "flaml", "max_iter": 3, "estimators": ["svm"]},
        ["estimators.0", "'svm'", "svr"],
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_explained(config: dict[str, Any], mistake: str) -> None:
    learner, words = MISTAKES[mistake]
    config["learners"]["svr_like"] = learner
    with pytest.raises(ConfigError) as caught:
        Project(config)
    for word in (*words, "learners.svr_like"):
        assert word in str(caught.value)


def test_final_models_are_of_our_own_learners_only(config: dict[str, Any]) -> None:
    assert [name.split("__")[0] for name in Project(config).final_models()] == ["svr"]
    config["experiments"]["joint"]["models"] = ["svr_like"]
    with pytest.raises(ConfigError, match=r"'svr_like' is of kind 'flaml'.*no safe format"):
        Project(config)


def test_each_cell_has_one_rule(config: dict[str, Any]) -> None:
    project = Project(config)
    patterns = [project.cells_by(None), project.cells_by("flaml"), project.cells_by("autosklearn")]
    assert project.backends() == ["autosklearn", "flaml"]
    for name, cell in project.cells.items():
        fitting = [pattern for pattern in patterns if re.fullmatch(pattern, name)]
        assert len(fitting) == 1
        assert bool(re.fullmatch(patterns[0], name)) == (cell.learner == "svr")


def test_pattern_without_learners_fits_nothing(config: dict[str, Any]) -> None:
    for name in ("svr_like", "paper_automl"):
        del config["learners"][name]
    config["experiments"]["joint"]["cells"] = config["experiments"]["joint"]["cells"][:1]
    config["experiments"]["joint"]["cells"][0]["learners"] = ["svr"]
    project = Project(config)
    assert project.backends() == []
    assert not any(re.fullmatch(project.cells_by("flaml"), name) for name in project.cells)


def test_one_search_serves_all_folds_under_the_papers_protocol(config: dict[str, Any]) -> None:
    project = Project(config)
    files = RunFiles(project)
    nested, paper = (
        next(name for name, cell in project.cells.items() if cell.learner == learner)
        for learner in ("svr_like", "paper_automl")
    )
    own = files.automl_outputs(nested, repeat="0", fold="3")
    assert own["predicted_valence"] == f"results/automl/{nested}/0-3.valence.parquet"
    shared = files.automl_outputs(paper, repeat="0", fold="3")
    assert shared["described_arousal"] == f"results/automl/{paper}/0.arousal.json"
    assert not [name for name in files.cell_inputs(nested, features=False) if "features" in name]
    assert [name for name in files.cell_inputs(nested) if "features" in name]


def test_other_budget_is_other_settings_and_other_folder_is_not(config: dict[str, Any]) -> None:
    (name,) = (n for n, cell in Project(config).cells.items() if cell.learner == "svr_like")
    before = Project(config).cell_settings(name)
    config["environments"] = {"folder": "elsewhere"}
    assert Project(config).cell_settings(name) == before
    config["learners"]["svr_like"]["max_iter"] = 6
    assert Project(config).cell_settings(name) != before


def test_report_names_the_learners_that_search_by_the_clock(config: dict[str, Any]) -> None:
    budgets = Project(config).report_settings("joint")["budgets_s"]
    assert budgets == {"paper_automl": 28_800}
    metrics = pd.DataFrame({"learner": ["svr", "paper_automl"]})
    section = budgets_section(Evidence("joint", metrics, budgets_s=budgets))
    assert section is not None
    assert "paper_automl (28800 s) searches for" in section.blocks[0].text
    assert budgets_section(Evidence("joint", metrics.iloc[:1], budgets_s=budgets)) is None
