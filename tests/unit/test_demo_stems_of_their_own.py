"""Demo music in which each stem carries its own causes, and no others."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from affectmix.corpora.demo.causes import draw_causes
from affectmix.corpora.demo.formula import CAUSES, FORMULA
from affectmix.corpora.demo.music import STEMS, play_music, sum_stems
from affectmix.corpora.demo.ownership import CARRIES, known_shares
from affectmix.corpora.demo.synth import RATE, Signal

LENGTH = 2 * RATE
NEUTRAL = dict.fromkeys(CAUSES["music"], 0.0)


def played(causes: Mapping[str, float], stems: str = "own") -> dict[str, Signal]:
    rng = np.random.default_rng(3)
    return play_music([NEUTRAL | causes], [LENGTH], "band", rng, stems=stems)


def test_every_cause_is_carried_once() -> None:
    carried = [cause for causes in CARRIES.values() for cause in causes]
    assert sorted(carried) == sorted(CAUSES["music"])
    assert list(CARRIES) == list(STEMS)


@pytest.mark.parametrize(("stem", "causes"), CARRIES.items())
def test_a_cause_changes_the_stem_that_carries_it_alone(stem: str, causes: list[str]) -> None:
    for cause in causes:
        low, high = played({cause: -0.8}), played({cause: 0.8})
        for name in STEMS:  # the noise of the room, which `other` holds, is drawn anew
            change = float(np.std(low[name] - high[name]))
            assert (change > 0.01) == (name == stem), (cause, name, change)


def test_shared_causes_change_every_stem() -> None:
    low, high = played({"tempo": -0.8}, "shared"), played({"tempo": 0.8}, "shared")
    assert not any(np.array_equal(low[name], high[name]) for name in STEMS)


def test_stems_stay_below_full_scale() -> None:
    for loudness in (-1.0, 0.0, 1.0):
        assert np.abs(sum_stems(played({"loudness": loudness}))).max() <= 0.91


def test_known_shares_follow_from_the_formula() -> None:
    """Causes are even on [-1, 1], of variance 1/3; mode is -1 or 1; interactions are small."""
    found = known_shares(draw_causes(part="music", clips=3000, seed=2).causes)
    for target, formula in FORMULA["music"].items():
        linear = {
            stem: sum(formula.get(c, 0) ** 2 * (1 if c == "mode" else 1 / 3) for c in causes)
            for stem, causes in CARRIES.items()
        }
        expected = {stem: value / sum(linear.values()) for stem, value in linear.items()}
        assert found[target] == pytest.approx(expected, abs=0.04)
