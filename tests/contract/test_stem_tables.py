"""The tables that stems bring: what they hold, and what they may not."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from affectmix.errors import TableError
from affectmix.features.concatenated import side_by_side
from affectmix.schemas import FEATURES, SEPARATION, STEM_FILES
from affectmix.tables import check_table, read_table, write_table


def stem_files(**changes: object) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "clip_id": ["b", "a"],
            "status": ["ok", "unreadable"],
            "message": [None, "a.wav: not readable"],
            "sample_rate": [44100, None],
            "channels": [2, None],
            "duration_s": [3.5, None],
            "moved": [0, None],
            "device": ["cpu", None],
            "segment_s": [None, None],
        }
    )
    return frame.assign(**changes)


def test_stem_files_come_back_as_they_were(tmp_path: Path) -> None:
    write_table(stem_files(), tmp_path / "0.parquet", STEM_FILES)
    read = read_table(tmp_path / "0.parquet", STEM_FILES)
    assert read["status"].tolist() == ["unreadable", "ok"]
    assert read["channels"].tolist()[1] == 2


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"channels": [6, None]}, "'channels' has 6; most allowed is 2"),
        ({"moved": [-1, None]}, "'moved' has -1; least allowed is 0"),
        ({"clip_id": ["a", "a"]}, "repeat the key"),
        ({"status": ["ok", None]}, "'status' has 1 nulls"),
    ],
)
def test_what_stem_files_may_not_hold(changes: dict[str, object], said: str) -> None:
    with pytest.raises(TableError) as caught:
        check_table(stem_files(**changes), STEM_FILES, where="here")
    assert said in str(caught.value)


def test_separation_names_the_four_stems() -> None:
    ratios = {name: [1.0, None] for name in ("sdr", "si_sdr", "mix_sdr", "mix_si_sdr")}
    frame = pd.DataFrame({"clip_id": ["a", "a"], "stem": ["bass", "other"], **ratios})
    check_table(frame, SEPARATION, where="here")
    with pytest.raises(TableError, match="'stem' has 'guitar'"):
        check_table(frame.assign(stem=["bass", "guitar"]), SEPARATION, where="here")
    with pytest.raises(TableError, match="repeat the key"):
        check_table(frame.assign(stem="bass"), SEPARATION, where="here")


def features(ids: list[str], value: float) -> pd.DataFrame:
    return pd.DataFrame({"clip_id": ids, "f": [value] * len(ids)}).astype({"f": "float32"})


def test_stems_side_by_side() -> None:
    joined = side_by_side({"mix": features(["a", "b"], 1), "bass": features(["b", "a"], 2)})
    check_table(joined, FEATURES, where="here")
    assert list(joined.columns) == ["clip_id", "mix__f", "bass__f"]
    assert joined.to_numpy().tolist() == [["a", 1, 2], ["b", 1, 2]]
    alone = side_by_side({"bass": features(["a"], 2)})
    assert list(alone.columns) == ["clip_id", "f"]
    with pytest.raises(TableError, match="clip 'c' has those of only one of mix and bass"):
        side_by_side({"mix": features(["a", "c"], 1), "bass": features(["a"], 2)})
