"""Segments' own classes, and how well clean probabilities tell which agree with the label."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from affectmix.evaluation.segment_agreement import (
    mean_agreement,
    own_accuracy,
    segment_agreement,
    segment_values,
)
from affectmix.tasks import Task

# Clip a is loud and then, from 6 s, quiet; clip b is quiet throughout.
SECTIONS = pd.DataFrame(
    {
        "corpus": "demo",
        "clip_id": ["a", "a", "b"],
        "start_s": [0.0, 6.0, 0.0],
        "end_s": [6.0, 8.0, 8.0],
        "valence": [0.2, 0.2, -0.4],
        "arousal": [0.5, -0.7, -0.3],
    }
)
LABELS = pd.DataFrame(
    {"corpus": "demo", "clip_id": ["a", "b"], "valence": [0.3, -0.5], "arousal": [0.2, -0.2]}
).assign(quadrant=None)


def segments(clean: list[float]) -> pd.DataFrame:
    rows = [("a", start) for start in (0.0, 2.0, 4.0, 6.0)] + [("b", 0.0), ("b", 6.0)]
    frame = pd.DataFrame(rows, columns=["clip_id", "start_s"]).assign(corpus="demo", role="train")
    return frame.assign(clean_probability=clean)


def test_a_segment_across_two_sections_is_worth_both_by_their_time() -> None:
    rows = segments([0.5] * 6).assign(start_s=[0.0, 2.0, 4.0, 5.0, 0.0, 6.0])
    values = segment_values(rows.set_axis([9, 8, 7, 6, 5, 4]), SECTIONS, segment_s=2)
    assert values.index.tolist() == [9, 8, 7, 6, 5, 4]
    np.testing.assert_allclose(values["arousal"], [0.5, 0.5, 0.5, -0.1, -0.3, -0.3])
    lost = segment_values(rows.assign(start_s=20.0), SECTIONS, segment_s=2)
    assert lost["arousal"].isna().all()


@pytest.mark.parametrize(
    ("clean", "auc"),
    [
        ([0.9, 0.8, 0.7, 0.1, 0.9, 0.6], 1.0),
        ([0.1, 0.2, 0.3, 0.9, 0.4, 0.3], 0.0),
        ([0.5, 0.5, 0.5, 0.5, 0.9, 0.5], 0.6),
        ([0.9, 0.8, 0.2, 0.5, 0.9, 0.6], 0.8),
        ([0.9, np.nan, 0.2, 0.5, 0.9, 0.6], 0.75),
    ],
)
def test_auc_counts_the_pairs_in_the_right_order(clean: list[float], auc: float) -> None:
    found = segment_agreement(
        segments(clean), LABELS, SECTIONS, task=Task.AROUSAL_CLASS, segment_s=2
    )
    assert found["segments"] == 6
    assert found["disagreeing"] == pytest.approx(1 / 6)
    assert found["auc"] == pytest.approx(auc)


def test_only_training_segments_count_and_some_must_disagree() -> None:
    rows = segments([0.9, 0.8, 0.7, 0.1, 0.9, 0.6])
    tested = rows.assign(role=["train"] * 3 + ["test"] + ["train"] * 2)
    found = segment_agreement(tested, LABELS, SECTIONS, task=Task.AROUSAL_CLASS, segment_s=2)
    assert (found["segments"], found["disagreeing"]) == (5, 0)
    assert np.isnan(found["auc"])
    quadrant = segment_agreement(rows, LABELS, SECTIONS, task=Task.QUADRANT, segment_s=2)
    assert quadrant["auc"] == 1
    valence = segment_agreement(rows, LABELS, SECTIONS, task=Task.VALENCE_CLASS, segment_s=2)
    assert valence["disagreeing"] == 0
    elsewhere = rows.assign(corpus="real")
    none = segment_agreement(elsewhere, LABELS, SECTIONS, task=Task.QUADRANT, segment_s=2)
    assert none["segments"] == 0


def test_unpartitioned_segments_have_no_auc() -> None:
    for same in (np.nan, 1.0):
        rows = segments([same] * 6)
        found = segment_agreement(rows, LABELS, SECTIONS, task=Task.AROUSAL_CLASS, segment_s=2)
        assert np.isnan(found["auc"])
    assert mean_agreement(pd.DataFrame([found]))["folds"] == 0
    both = pd.DataFrame({"auc": [0.7, np.nan, 0.9]})
    assert mean_agreement(both) == {"folds": 2, "mean": pytest.approx(0.8), "low": 0.7, "high": 0.9}


def test_accuracy_on_what_tested_segments_themselves_are() -> None:
    rows = segments([np.nan] * 6).assign(role=["test"] * 5 + ["train"])
    rows["p_arousal_high"] = [0.9, 0.4, 0.6, 0.1, 0.2, 0.9]  # the second is wrong
    found = own_accuracy(rows, SECTIONS, task=Task.AROUSAL_CLASS, segment_s=2)
    assert found == pytest.approx(4 / 5)
    elsewhere = rows.assign(corpus="real")
    assert np.isnan(own_accuracy(elsewhere, SECTIONS, task=Task.AROUSAL_CLASS, segment_s=2))
