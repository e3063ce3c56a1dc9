"""The segments paper's numbers: all are there, and each flag holds of what it stands beside."""

from __future__ import annotations

import itertools

import pandas as pd
import pytest
from affectmix.evaluation.published_segments import (
    FLAGS,
    METHODS,
    TITLES,
    load_published_segments,
)

PUBLISHED = load_published_segments()


def flagged(flag: str) -> pd.DataFrame:
    return PUBLISHED[PUBLISHED["flags"].str.split(";").map(lambda flags: flag in flags)]


def best_of_table_2(corpus: str, task: str, metric: str) -> float:
    own = PUBLISHED[(PUBLISHED["table"] == 2) & (PUBLISHED["corpus"] == corpus)]
    own = own[(own["task"] == task) & (own["metric"] == metric)]
    assert len(own) == 5
    return float(own["value"].max())


def test_every_printed_number_is_there_once() -> None:
    key = ["table", "corpus", "method", "segment_s", "task", "metric"]
    assert not PUBLISHED.duplicated(key).any()
    assert PUBLISHED.groupby("table").size().to_dict() == {1: 3 * 6, 2: 2 * 5 * 4, 3: 39}
    assert set(PUBLISHED["corpus"]) == set(TITLES)
    assert set(PUBLISHED["method"]) - {""} == set(METHODS)
    assert {f for row in PUBLISHED["flags"] for f in row.split(";") if f} == set(FLAGS)
    shares = PUBLISHED[PUBLISHED["table"] > 1]["value"]
    assert shares.between(0.6, 0.9).all()


@pytest.mark.parametrize("corpus", TITLES)
def test_counts_fall_faster_than_one_per_clip(corpus: str) -> None:
    own = PUBLISHED[(PUBLISHED["table"] == 1) & (PUBLISHED["corpus"] == corpus)]
    songs = float(own[own["metric"] == "songs"]["value"].iloc[0])
    counts = own[own["metric"] == "segments"].sort_values("segment_s")["value"]
    steps = [one - other for one, other in itertools.pairwise(counts)]
    assert sum(step > songs for step in steps) >= 3
    assert set(own[own["metric"] == "segments"].index) <= set(flagged("count_steps").index)


def test_what_stands_at_no_length_is_above_all_of_them() -> None:
    rows = flagged("no_length")
    assert len(rows) == 2
    for row in rows.itertuples():
        assert row.value > best_of_table_2(row.corpus, row.task, row.metric)
    (above,) = flagged("above_full").itertuples()
    assert above.value > best_of_table_2(above.corpus, above.task, above.metric)


def test_every_other_row_of_the_method_is_a_length_of_table_2() -> None:
    rows = PUBLISHED[(PUBLISHED["table"] == 3) & (PUBLISHED["method"] == "full")]
    rows = rows[rows["task"] != "quadrant"].drop(index=flagged("no_length").index)
    assert len(rows) == 6
    for row in rows.itertuples():
        same = PUBLISHED[(PUBLISHED["table"] == 2) & (PUBLISHED["corpus"] == row.corpus)]
        same = same[(same["task"] == row.task) & (same["metric"] == row.metric)]
        assert row.value in set(same["value"])


def test_what_is_printed_twice_has_the_same_value_elsewhere() -> None:
    values = PUBLISHED[PUBLISHED["table"] > 1]["value"]
    assert all((values == value).sum() > 1 for value in flagged("same_twice")["value"])
