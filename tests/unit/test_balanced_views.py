"""Views with as many clips of each quadrant as there are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from affectmix.cells.tables import CellTables
from affectmix.cells.views import members
from affectmix.config.validate import validate_config
from affectmix.errors import ConfigError
from affectmix.splits.schemes import Scheme

CORNERS = {"Q1": (0.5, 0.5), "Q2": (-0.5, 0.5), "Q3": (-0.5, -0.5), "Q4": (0.5, -0.5)}


def labels(**sizes: int) -> pd.DataFrame:
    """Return labels with so many clips of each quadrant, which V/A alone tell."""
    rows = [(q, *CORNERS[q], n) for q, size in sizes.items() for n in range(size)]
    table = pd.DataFrame(rows, columns=["q", "valence", "arousal", "n"])
    table["clip_id"] = table["q"] + "_" + table["n"].astype(str)
    return table.assign(quadrant=None, category="x")


def view(clips: int, seed: int = 0) -> dict[str, object]:
    return {"corpus": "a", "balanced": {"clips": clips, "seed": seed}}


def counts(table: pd.DataFrame) -> dict[str, int]:
    return {str(q): int(n) for q, n in table["q"].value_counts().sort_index().items()}


def test_quadrants_give_equal_parts_and_share_what_one_lacks() -> None:
    every = labels(Q1=131, Q2=44, Q3=19, Q4=206)
    assert counts(members(every, view(150), view="v")) == {"Q1": 44, "Q2": 43, "Q3": 19, "Q4": 44}
    assert counts(members(every, view(40), view="v")) == {"Q1": 10, "Q2": 10, "Q3": 10, "Q4": 10}
    assert len(members(every, view(400), view="v")) == 400


def test_the_draw_hangs_on_the_seed_and_on_no_row_order_or_other_clip() -> None:
    every = labels(Q1=30, Q2=30, Q3=30, Q4=30)
    once = set(members(every, view(40), view="v")["clip_id"])
    shuffled = every.sample(frac=1, random_state=1)
    assert set(members(shuffled, view(40), view="v")["clip_id"]) == once
    assert set(members(every, view(40, seed=1), view="v")["clip_id"]) != once
    more = pd.concat([every, labels(Q1=31).tail(1)], ignore_index=True)
    kept = set(members(more, view(40), view="v")["clip_id"])
    assert len(once - kept) <= 1


def test_clips_without_a_quadrant_are_not_taken() -> None:
    every = labels(Q1=5, Q2=5, Q3=5, Q4=5)
    every.loc[0, "valence"] = np.nan
    taken = members(every, view(19), view="v")
    assert len(taken) == 19
    assert "Q1_0" not in set(taken["clip_id"])
    with pytest.raises(ConfigError, match=r"views.v.balanced.clips is 20, but corpus 'a' has 19"):
        members(every, view(20), view="v")


def test_a_category_is_chosen_before_the_draw() -> None:
    every = labels(Q1=9, Q2=9, Q3=9, Q4=9)
    every.loc[every["n"] < 4, "category"] = "y"
    definition = {**view(12), "include": {"category": ["y"]}}
    taken = members(every, definition, view="v")
    assert set(taken["category"]) == {"y"}
    assert counts(taken) == {"Q1": 3, "Q2": 3, "Q3": 3, "Q4": 3}


def test_clips_without_a_fold_are_not_drawn() -> None:
    every = labels(Q1=9, Q2=9, Q3=9, Q4=9)
    drawn = set(members(every, view(12), view="v")["clip_id"])
    lost = sorted(drawn)[::2]  # their audio could not be read, so that they have no fold
    split = every.loc[~every["clip_id"].isin(lost), ["clip_id"]].assign(
        **{"repeat": 0, "fold": np.arange(30) % 3, "class": 0, "priority": 0.5}
    )
    tables = CellTables({"a": every}, {"a": split}, pd.DataFrame(), {})
    scheme = Scheme.parse("cv3_ungrouped")
    (rows,) = tables.view_rows({"v": view(12)}, scheme=scheme, repeat=0)
    assert counts(every[every["clip_id"].isin(rows.frame["clip_id"])]) == dict.fromkeys(CORNERS, 3)
    assert not set(lost) & set(rows.frame["clip_id"])


def test_the_schema_knows_the_key_and_its_seed() -> None:
    config = {
        "corpora": {"a": {"adapter": "four_q", "root": "x"}},
        "views": {"v": {"corpus": "a", "balanced": {"clips": 8}}},
        "features": {"f": {"set": "frames"}},
        "learners": {"m": {"kind": "mean"}},
        "experiments": {
            "e": {"cells": [{"learners": ["m"], "features": ["f"], "mixtures": [{"v": 1}]}]}
        },
    }
    assert validate_config(config)["views"]["v"]["balanced"] == {"clips": 8, "seed": 0}
    config["views"]["v"]["balanced"]["clip"] = 8
    with pytest.raises(ConfigError, match="unknown key 'clip'"):
        validate_config(config)
