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


def test_more_machines_of_a_classifier_cost_more(config: dict) -> None:
    config["learners"]["svc"] = {"kind": "svc", "task": "valence_class"}
    config["experiments"]["joint"]["cells"][0]["learners"] = ["svc"]
    two = costs_of(config)["svc"].core_hours
    config["learners"]["svc"]["task"] = "quadrant"
    four = costs_of(config)["svc"].core_hours
    assert 0 < two < four < 0.1


def test_what_nobody_can_know_is_said(config: dict) -> None:
    config["learners"]["stack"] = {"kind": "stack"}
    config["experiments"]["joint"]["cells"][0]["learners"] = ["stack"]
    cost = costs_of(config)["stack"]
    assert cost.core_hours is None
    assert "unknown" in describe_costs([cost])
    assert "budget_s" in describe_costs([cost])


def test_minutes_are_not_worth_a_word(config: dict) -> None:
    assert describe_costs(training_costs(Project(config))) == ""


def test_networks_on_segments_cost_by_lengths_folds_and_backbone(config: dict) -> None:
    config["logmels"] = {"own": {"base": "segments"}}
    config["features"]["mel"] = {"set": "own"}
    block = config["experiments"]["joint"]["cells"][0]
    block |= {"learners": ["cut"], "features": ["mel"]}

    def hours(**settings: object) -> float:
        config["learners"]["cut"] = {"kind": "segments", "song_level": "mean", **settings}
        return costs_of(config)["cut"].core_hours

    one = hours(inner_folds=0)
    assert hours(inner_folds=2) == pytest.approx(3 * one, rel=0.05)
    assert hours(inner_folds=0, epochs=28) == pytest.approx(2 * one, rel=0.05)
    assert hours(inner_folds=0, backbone="vgg16") > 50 * one
    several = hours(inner_folds=1, segment_s=[1, 3])
    assert one < several < 3 * one
    note = describe_costs(training_costs(Project(config)))
    assert "3 networks for each of them" in note


def test_a_general_model_costs_its_frames_and_epochs(config: dict) -> None:
    learner = {"kind": "user_tuned", "backbone": "mobilenetv3_large", "excerpt_s": 30}
    config["learners"]["general"] = learner
    config["features"]["frames"] = {"set": "frames"}
    config["experiments"]["joint"]["cells"][0] |= {"learners": ["general"], "features": ["frames"]}
    whole = costs_of(config)["general"]
    learner["epochs"] = 25
    assert costs_of(config)["general"].core_hours == pytest.approx(whole.core_hours / 2, rel=0.05)
    learner["training"] = "frozen"
    assert costs_of(config)["general"].core_hours < whole.core_hours / 20
    assert "a GPU takes a few percent" in describe_costs([whole])
