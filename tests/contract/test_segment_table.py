"""The table of segments beside a cell's predictions: what it holds, and what it may not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from affectmix.errors import TableError
from affectmix.schemas import SEGMENTS
from affectmix.tables import check_table, read_table, write_table


def segments(**changes: object) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "corpus": "music",
            "clip_id": ["b", "a", "a"],
            "role": ["train", "test", "test"],
            "start_s": [0.0, 1.0, 0.0],
            "clean_probability": [0.9, np.nan, np.nan],
            "p_q1": np.array([0.25, 0.5, 0.75], dtype=np.float32),
        }
    )
    return frame.assign(**changes)


def test_segments_come_back_sorted_by_clip_and_start(tmp_path: Path) -> None:
    write_table(segments(), tmp_path / "0-0.segments.parquet", SEGMENTS)
    read = read_table(tmp_path / "0-0.segments.parquet", SEGMENTS)
    assert read["start_s"].tolist() == [0.0, 1.0, 0.0]
    assert read["role"].tolist() == ["test", "test", "train"]
    assert read["p_q1"].dtype == np.float32
    assert read["clean_probability"].isna().tolist() == [True, True, False]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"start_s": [0.0, 1.0, 1.0]}, "repeat the key"),
        ({"role": "validation"}, "'role'"),
        ({"clean_probability": 1.5}, "'clean_probability' has 1.5"),
        ({"start_s": -1.0}, "'start_s' has -1"),
    ],
)
def test_what_no_table_of_segments_may_hold(changes: dict[str, object], said: str) -> None:
    with pytest.raises(TableError) as caught:
        check_table(segments(**changes), SEGMENTS, where="here")
    assert said in str(caught.value)
