"""A stack's settings in the configuration."""

from __future__ import annotations

from typing import Any

import pytest
from affectmix.config.validate import validate_config
from affectmix.errors import AffectMixError
from affectmix.learners import make_learner
from affectmix.learners.stack.learner import StackLearner
from affectmix.learners.stack.plan import FAMILIES


def test_settings_have_defaults_and_are_checked() -> None:
    def config(**settings: Any) -> dict[str, Any]:
        return {
            "corpora": {"a": {"adapter": "demo"}},
            "features": {"is13": {"set": "IS13"}},
            "learners": {"mine": {"kind": "stack", **settings}},
            "experiments": {
                "x": {
                    "cells": [{"learners": ["mine"], "features": ["is13"], "mixtures": [{"a": 1}]}]
                }
            },
        }

    settings = validate_config(config())["learners"]["mine"]
    assert settings == {
        "kind": "stack",
        "task": "regression",
        "budget_s": None,
        "members": list(FAMILIES),
        "ensemble_size": 20,
    }
    assert isinstance(make_learner(settings), StackLearner)
    for wrong, message in (
        ({"budget_s": 0}, "budget_s"),
        ({"members": []}, "members"),
        ({"members": ["forest"]}, "ridge, svr"),
        ({"budget": 3}, "did you mean .budget_s"),
    ):
        with pytest.raises(AffectMixError, match=message):
            validate_config(config(**wrong))
