"""The segments paper's tables: which cells stand for which row, and both readings of a length."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from affectmix.evaluation.published_segments import load_published_segments
from affectmix.evaluation.segment_tables import (
    INSIDE,
    ON_TEST,
    count_table,
    length_table,
    method_of,
    method_table,
)
from affectmix.schemas import METRICS

PUBLISHED = load_published_segments()
FULL = {"method": "full", "erase": True, "mixup": True, "rdrop": True}
LEARNERS = {
    "one": {**FULL, "segment_s": 1},
    "three": {**FULL, "segment_s": 3.0},
    "any": {**FULL, "segment_s": [1, 3]},
    "plain": {**FULL, "rdrop": False, "segment_s": 3},
    "heir": {**FULL, "method": "inheritance", "segment_s": [3]},
}
CORPORA = {"songs": "4q"}


def metrics(values: dict[str, tuple[float, float]], **more: Any) -> pd.DataFrame:
    rows = [
        {
            "experiment": "e",
            "cell": learner,
            "learner": learner,
            "features": "mel",
            "mixture": "songs-100",
            "scheme": "cv10",
            "protocol": "nested",
            "arithmetic": "clean",
            "control": "none",
            "view": "songs",
            "target": "arousal_class",
            "metric": metric,
            "repeat": None,
            "fold": None,
            "value": value,
            "ci95_low": value - 0.02,
            "ci95_high": value + 0.02,
            **more,
        }
        for learner, pair in values.items()
        for metric, value in zip(("accuracy", "f1"), pair, strict=True)
    ]
    return pd.DataFrame(rows)[list(METRICS.columns)]


def test_what_a_learner_is_called_in_the_paper() -> None:
    names = {name: method_of(settings) for name, settings in LEARNERS.items()}
    assert names == {
        "one": "full",
        "three": "full",
        "any": "full",
        "plain": "without_r_drop",
        "heir": "inheritance",
    }
    assert method_of({**FULL, "erase": False, "mixup": False}) == "without_erase_mixup"
    # The paper has one mixture for all classes: nothing of it stands beside these.
    assert method_of({**FULL, "by_class": True}) == "by_class"
    assert method_of({**FULL, "by_class": True, "rdrop": False}) == "by_class_without_rdrop"
    own = {"refine": True, "memory": 0.7, "weight_average": 0.99}
    assert method_of({**FULL, **own}) == "refine_memory_weight_average"
    assert method_of({**FULL, "method": "inheritance", **own}) == "weight_average_inheritance"


def test_learners_of_one_method_and_length_keep_rows_of_their_own() -> None:
    learners = LEARNERS | {"brief": {**FULL, "method": "inheritance", "segment_s": 3, "epochs": 5}}
    values = {"three": (0.8, 0.8), "heir": (0.7, 0.7), "brief": (0.75, 0.75)}
    for table in (length_table, method_table):
        found = table(metrics(values), learners, CORPORA, PUBLISHED)
        told = found[found["metric"] == "accuracy"].set_index("method")["ours"].to_dict()
        assert told == {"full": 0.8, "inheritance (heir)": 0.7, "inheritance (brief)": 0.75}


def test_each_length_stands_beside_its_printed_value() -> None:
    found = length_table(
        metrics({"one": (0.8, 0.7), "three": (0.9, 0.6), "any": (0.1, 0.1), "svm": (1, 1)}),
        *(LEARNERS, CORPORA, PUBLISHED),
    )
    shown = found[["segment_s", "metric", "ours", "ours_ci", "published"]].to_numpy().tolist()
    assert shown == [
        [1.0, "accuracy", 0.8, pytest.approx(0.02), 0.872],
        [1.0, "f1", 0.7, pytest.approx(0.02), 0.8667],
        [3.0, "accuracy", 0.9, pytest.approx(0.02), 0.8656],
        [3.0, "f1", 0.6, pytest.approx(0.02), 0.8614],
    ]
    permuted = metrics({"one": (0.8, 0.7)}, control="permuted")
    assert length_table(permuted, LEARNERS, CORPORA, PUBLISHED).empty


def test_the_papers_reading_and_the_honest_one_stand_side_by_side() -> None:
    values = {"one": (0.8, 0.7), "three": (0.9, 0.6), "any": (0.75, 0.65), "plain": (0.5, 0.5)}
    found = method_table(metrics(values), LEARNERS, CORPORA, PUBLISHED)
    accuracy = found[found["metric"] == "accuracy"].set_index(["method", "reading"])
    assert accuracy.loc[("full", ON_TEST), "ours"] == 0.9
    assert accuracy.loc[("full", ON_TEST), "segment_s"] == 3
    assert accuracy.loc[("full", INSIDE), "ours"] == 0.75
    assert np.isnan(accuracy.loc[("full", INSIDE), "segment_s"])
    assert accuracy.loc[("full", INSIDE), "published"] == 0.872
    assert accuracy.loc[("without_r_drop", ""), "published"] == 0.867
    f1 = found[found["metric"] == "f1"].set_index(["method", "reading"])
    assert f1.loc[("full", ON_TEST), "ours"] == 0.6  # of the same length as the accuracy


def test_other_corpora_and_methods_have_no_printed_value() -> None:
    found = method_table(metrics({"heir": (0.5, 0.5)}), LEARNERS, CORPORA, PUBLISHED)
    assert found["published"].isna().all()
    found = method_table(metrics({"one": (0.5, 0.5)}), LEARNERS, {}, PUBLISHED)
    assert found["published"].isna().all()


def test_counts_stand_beside_the_printed_ones() -> None:
    counts = pd.DataFrame(
        {
            "learner": ["a", "b", "a"],
            "corpus": ["songs", "songs", "demo"],
            "segment_s": [1.0, 1.0, 3.0],
            "songs": [90, 900, 8],  # the first one chose this length in one fold of ten
            "segments": [2654, 26544, 100],
        }
    )
    found = count_table(counts, CORPORA, PUBLISHED).set_index("corpus")
    assert len(found) == 2
    assert found.loc["songs", ["songs", "segments"]].tolist() == [900, 26544]
    assert found.loc["songs", ["published_songs", "published"]].tolist() == [900, 26957]
    assert found.loc["songs", "published_flags"] == "count_steps"
    assert np.isnan(found.loc["demo", "published"])
