"""What a configuration will cost: budgets as they stand, the others by the size of the work."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import yaml
from affectmix.config.costs import describe_costs, training_costs
from affectmix.config.project import Project

REPOSITORY = Path(__file__).parents[2]
DEFAULT = yaml.safe_load((REPOSITORY / "config" / "config.yaml").read_text(encoding="utf-8"))


@pytest.fixture
def config() -> dict:
    """The demo, with one experiment of one mixture."""
    config = copy.deepcopy(DEFAULT)
    block = config["experiments"]["joint"]["cells"][0]
    block["mixtures"] = [{"demo_music": 1, "demo_sounds": 1}]
    block["learners"] = ["mean", "svr"]
    config["experiments"] = {"joint": {"cells": [block], "models": []}}
    return config


def costs_of(config: dict) -> dict:
    return {cost.learner: cost for cost in training_costs(Project(config))}


def test_a_budget_costs_what_it_says(config: dict) -> None:
    config["learners"]["stack"] = {"kind": "stack", "budget_s": 3600}
    config["experiments"]["joint"]["cells"][0]["learners"] = ["stack"]
    cost = costs_of(config)["stack"]
    assert cost.searches == 5
    assert cost.core_hours == pytest.approx(5 * 2, rel=0.01)  # five folds, an hour per target
    assert "3,600 s for each of 2 targets" in describe_costs([cost])


def test_protocol_paper_searches_once_for_all_folds(config: dict) -> None:
    config["learners"]["stack"] = {"kind": "stack", "budget_s": 3600}
    config["experiments"]["joint"]["cells"][0] |= {"learners": ["stack"], "protocols": ["paper"]}
    assert costs_of(config)["stack"].searches == 1


def test_final_models_are_searched_too(config: dict) -> None:
    del config["experiments"]["joint"]["models"]
    assert costs_of(config)["svr"].searches == 5 + 1


def test_more_points_and_more_rows_cost_more(config: dict) -> None:
    small = costs_of(config)["svr"].core_hours
    config["learners"]["svr"]["space"] = "svr_paper"
    large = costs_of(config)["svr"].core_hours
    config["experiments"]["joint"]["cells"][0]["mixtures"] = [{"demo_music": 1}]
    half = costs_of(config)["svr"].core_hours
    assert small < half < large
    assert costs_of(config)["mean"].searches == 0


def test_what_nobody_can_know_is_said(config: dict) -> None:
    config["learners"]["stack"] = {"kind": "stack"}
    config["experiments"]["joint"]["cells"][0]["learners"] = ["stack"]
    cost = costs_of(config)["stack"]
    assert cost.core_hours is None
    assert "unknown" in describe_costs([cost])
    assert "budget_s" in describe_costs([cost])


def test_minutes_are_not_worth_a_word(config: dict) -> None:
    assert describe_costs(training_costs(Project(config))) == ""
