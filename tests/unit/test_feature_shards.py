"""Features as a dataset of shards reach a cell as its merged table would."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from affectmix.cells.tables import CellTables
from affectmix.errors import TableError
from affectmix.features.concatenated import side_by_side
from affectmix.features.disk_rows import DiskRows
from affectmix.features.shards import merge_shards, write_shard
from affectmix.features.stem_shards import StemShards
from affectmix.search.row_blocks import blocks

NAMES = ["f1", "f2", "f3"]


def write_shards(folder: Path, clips: list[list[str]], names: list[str], seed: int) -> list[Path]:
    folder.mkdir()
    rng = np.random.default_rng(seed)
    paths = []
    for index, own in enumerate(clips):
        frame = pd.DataFrame(rng.normal(size=(len(own), len(names))), columns=names)
        frame = frame.astype(np.float32)
        frame.insert(0, "clip_id", own)
        paths.append(folder / f"{index}.parquet")
        write_shard(frame, paths[-1])
    return paths


def tables(features: dict, shards: dict[str, StemShards]) -> CellTables:
    return CellTables({}, {}, pd.DataFrame(), features, shards=shards)  # type: ignore[arg-type]


def wanted() -> pd.DataFrame:
    clips = [("b", "x"), ("a", "c4"), ("a", "c1"), ("b", "y"), ("a", "c2")]
    return pd.DataFrame(clips, columns=["corpus", "clip_id"])


def test_rows_of_shards_and_of_tables_are_those_of_tables(tmp_path: Path) -> None:
    large = write_shards(tmp_path / "a", [["c4", "c9"], [], ["c2", "c1"]], NAMES, 1)
    small = merge_shards(write_shards(tmp_path / "b", [["x", "y", "z"]], NAMES, 2))
    merged = tables({"a": merge_shards(large), "b": small}, {})
    shared = tables({"b": small}, {"a": {"mix": large}})
    found = shared.feature_rows(wanted())
    assert isinstance(found, DiskRows)
    np.testing.assert_array_equal(found[:], merged.feature_rows(wanted()))
    assert shared.feature_names() == merged.feature_names() == NAMES
    assert len(list(blocks(found))) == 1


def test_stems_stand_side_by_side(tmp_path: Path) -> None:
    clips = [["c1", "c2"], ["c4", "x"]]
    stems = {s: write_shards(tmp_path / s, clips, NAMES, n) for n, s in enumerate(("mix", "bass"))}
    joined = side_by_side({stem: merge_shards(paths) for stem, paths in stems.items()})
    rows = wanted().query("corpus == 'a'")
    shared = tables({}, {"a": stems})
    np.testing.assert_array_equal(
        shared.feature_rows(rows)[:], tables({"a": joined}, {}).feature_rows(rows)
    )
    assert shared.feature_names() == [f"{stem}__{name}" for stem in stems for name in NAMES]
    stems["bass"] = write_shards(tmp_path / "other", [["c1"], ["c4", "x"]], NAMES, 3)
    with pytest.raises(TableError, match=r"clips are not those of.*'c2'"):
        shared.feature_rows(rows)


@pytest.mark.parametrize(
    ("clips", "names", "message"),
    [
        ([["c4"], ["c2"]], NAMES, "'a' lack clip 'c1'"),
        ([["c4", "c1"], ["c2", "c4"]], NAMES, "clip 'c4' is in two shards"),
        ([["c4"], ["c2", "c1"]], ["f1", "f3", "f2"], "have other columns"),
    ],
)
def test_shards_that_do_not_fit_are_named(
    tmp_path: Path, clips: list[list[str]], names: list[str], message: str
) -> None:
    large = write_shards(tmp_path / "a", clips, names, 1)
    small = merge_shards(write_shards(tmp_path / "b", [["x", "y", "z"]], NAMES, 2))
    with pytest.raises(TableError, match=message):
        tables({"b": small}, {"a": {"mix": large}}).feature_rows(wanted())
