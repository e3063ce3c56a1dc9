"""The published numbers, and where they stand beside ours."""

from __future__ import annotations

import pandas as pd
import pytest
from affectmix.errors import ConfigError
from affectmix.evaluation.published import (
    FLAGS,
    LABEL_VARIANCE,
    ROLES,
    check_roles,
    implied_r2,
    load_published,
    published_value,
    train_roles,
)

VIEWS = {"everyday": "iads_e", "songs": "pmemo", "all_sounds": "iads_e_music"}


@pytest.fixture(scope="module")
def published() -> pd.DataFrame:
    return load_published()


def test_every_cell_of_both_tables_is_there_once(published: pd.DataFrame) -> None:
    assert published["table"].value_counts().to_dict() == {"1": 36, "2": 36}
    key = ["table", "system", "test_role", "train_roles", "target", "metric"]
    assert not published.duplicated(key).any()
    assert published["value"].notna().all()
    assert set(published["test_role"]) == set(ROLES)
    for trained in published["train_roles"]:
        assert set(trained.split("+")) <= set(ROLES)
        assert trained == "+".join(sorted(trained.split("+")))
    flags = {flag for row in published["flags"] for flag in row.split(";") if flag}
    assert flags == set(FLAGS) - {"implied"}


def look_up(published: pd.DataFrame, view: str, mixture: str, **fields: str) -> dict | None:
    asked = {"learner_kind": "svr", "target": "arousal", "metric": "rmse", **fields}
    return published_value(published, view=view, mixture=mixture, roles=VIEWS, **asked)


def test_known_numbers(published: pd.DataFrame) -> None:
    alone = look_up(published, "songs", "everyday-000_songs-100")
    assert alone is not None
    assert (alone["value"], alone["ci"]) == (0.210, 0.00488)
    assert "leaked" not in alone["flags"]
    joint = look_up(published, "everyday", "everyday-100_songs-100", learner_kind="automl")
    assert joint is not None
    assert joint["value"] == 0.104
    assert "leaked" in joint["flags"]
    r2 = look_up(published, "songs", "all_sounds-100_songs-100", learner_kind="automl", metric="r2")
    assert r2 is not None
    assert r2["value"] == 0.861


def test_every_joint_number_is_marked_as_leaked(published: pd.DataFrame) -> None:
    joint = published["train_roles"].str.contains("+", regex=False)
    assert published["flags"].str.contains("leaked").eq(joint).all()
    wrong = published[published["flags"].str.contains("wrong")]
    assert set(wrong["system"]) == {"Linear", "SVM"}
    assert set(wrong["target"]) == {"valence"}
    assert wrong["note"].str.contains("log says").all()


def test_what_was_never_published_is_none(published: pd.DataFrame) -> None:
    assert look_up(published, "songs", "everyday-025_songs-100") is None
    assert look_up(published, "other", "songs-100") is None
    assert look_up(published, "songs", "other-100_songs-100") is None
    assert look_up(published, "songs", "songs-100", learner_kind="mean") is None
    assert train_roles("everyday-100_songs-100", VIEWS) == "iads_e+pmemo"
    assert train_roles("everyday-100_songs-050", VIEWS) is None


def test_rmse_and_r2_of_table_2_agree_through_the_variance(published: pd.DataFrame) -> None:
    keys = ["system", "test_role", "target", "flags"]
    wide = published[published["table"] == "2"].pivot(index=keys, columns="metric", values="value")
    for (_, role, target, flags), row in wide.iterrows():
        gap = abs(implied_r2(row["rmse"], role=role, target=target) - row["r2"])
        contradicts = gap > 0.05
        assert not contradicts or flags == "inconsistent"
    assert implied_r2(0.310, role="pmemo", target="valence") == pytest.approx(0.083, abs=1e-3)
    assert set(LABEL_VARIANCE) == {(r, t) for r in ROLES for t in ("valence", "arousal")}


def test_r2_is_implied_where_only_rmse_was_printed(published: pd.DataFrame) -> None:
    implied = look_up(published, "songs", "songs-100", metric="r2")
    assert implied is not None
    assert implied["value"] == pytest.approx(1 - 0.210**2 / 0.1364)
    assert implied["flags"] == "tuned_on_test;implied"
    printed = look_up(published, "songs", "songs-100", metric="r2", learner_kind="automl")
    assert printed is not None
    assert printed["value"] == 0.727
    assert "implied" not in printed["flags"]
    assert look_up(published, "songs", "songs-100", metric="ccc") is None


def test_unknown_roles_are_named() -> None:
    check_roles(VIEWS)
    with pytest.raises(ConfigError, match=r"'deam'.*allowed"):
        check_roles({"songs": "deam"})
