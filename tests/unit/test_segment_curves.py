"""Which clips are shown segment by segment, and their probabilities."""

from __future__ import annotations

import pandas as pd
from affectmix.evaluation.segment_curves import PAPERS_CLIP, segment_curves
from affectmix.tasks import Task


def rows_of(high: dict[str, list[float]]) -> pd.DataFrame:
    rows = [
        {"corpus": "c", "clip_id": clip, "start_s": float(place), "role": "test", "p": p}
        for clip, values in high.items()
        for place, p in enumerate(values)
    ]
    return pd.DataFrame(rows).rename(columns={"p": "p_arousal_high"})


LABELS = pd.DataFrame(
    {
        "corpus": "c",
        "clip_id": ["a", "b", "d", PAPERS_CLIP],
        "valence": [0.1, 0.1, -0.2, 0.3],
        "arousal": [0.5, 0.4, -0.5, 0.2],
    }
).assign(quadrant=None)


def test_the_clip_that_moves_most_of_each_class_and_the_papers_own() -> None:
    rows = rows_of(
        {"a": [0.2, 0.9], "b": [0.5, 0.6], "d": [0.1, 0.3], PAPERS_CLIP: [0.7, 0.7], "x": [0, 1]}
    )
    training = rows.assign(role="train", p_arousal_high=0.0)
    curves = segment_curves(
        pd.concat([training, rows]), LABELS, task=Task.AROUSAL_CLASS, segment_s=2
    )
    assert curves.groupby("clip_id")["true_class"].first().to_dict() == {
        PAPERS_CLIP: "high",
        "a": "high",
        "d": "low",
    }
    assert curves[curves["clip_id"] == "a"]["p"].tolist() == [0.2, 0.9]
    assert set(curves["class"]) == {"high"}
    assert set(curves["segment_s"]) == {2}


def test_all_four_probabilities_are_shown() -> None:
    rows = rows_of({"a": [0.2, 0.9], "d": [0.1, 0.3]}).rename(columns={"p_arousal_high": "p_q1"})
    rows = rows.assign(p_q2=0.0, p_q3=[0.1, 0.1, 0.2, 0.7], p_q4=0.0)
    curves = segment_curves(rows, LABELS, task=Task.QUADRANT, segment_s=1)
    assert curves.groupby("clip_id")["true_class"].first().to_dict() == {"a": "Q1", "d": "Q3"}
    assert len(curves) == 4 * 4
    third = curves[(curves["clip_id"] == "d") & (curves["class"] == "Q3")]
    assert third["p"].tolist() == [0.2, 0.7]
