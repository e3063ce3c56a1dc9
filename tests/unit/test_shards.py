"""Clips to shards by a hash of their id, and back into one table."""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from affectmix.errors import ConfigError, TableError
from affectmix.features.shards import (
    merge_shards,
    of_clips,
    read_shard,
    shard_name,
    shard_of,
    write_shard,
)
from affectmix.schemas import FEATURES
from affectmix.tables import read_table, write_table
from hypothesis import given
from hypothesis import strategies as st


def test_known_shards() -> None:
    digest = hashlib.sha256(b"clip-1").hexdigest()
    assert shard_of("clip-1", 16) == digest[0]
    assert shard_of("clip-1", 256) == digest[:2]
    assert shard_of("clip-1", 32) == f"{int(digest[:2], 16) >> 3:02x}"
    assert shard_of("clip-1", 1) == "0"


@given(st.text(min_size=1), st.integers(0, 12))
def test_doubling_the_shards_splits_each_in_two(clip_id: str, bits: int) -> None:
    coarse = int(shard_of(clip_id, 1 << bits), 16)
    fine = int(shard_of(clip_id, 2 << bits), 16)
    assert fine >> 1 == coarse


@pytest.mark.parametrize("shards", [1, 2, 8, 16, 32, 512])
def test_every_clip_falls_into_a_named_shard(shards: int) -> None:
    named = [shard_name(index, shards) for index in range(shards)]
    assert named == sorted(named)
    assert len({len(name) for name in named}) == 1
    found = pd.Series([shard_of(f"clip{i}", shards) for i in range(40 * shards)]).value_counts()
    assert set(found.index) == set(named)
    assert found.max() < 80  # 40 on average


@pytest.mark.parametrize("shards", [0, -4, 3, 48, 2.0, True, "8"])
def test_not_a_power_of_two(shards: object) -> None:
    with pytest.raises(ConfigError, match="power of two"):
        shard_of("a", shards)  # type: ignore[arg-type]


def features(ids: list[str], names: tuple[str, ...] = ("f1", "f2")) -> pd.DataFrame:
    values = np.arange(len(ids) * len(names), dtype=np.float32).reshape(len(ids), len(names))
    frame = pd.DataFrame(values, columns=list(names))
    frame.insert(0, "clip_id", pd.Series(ids, dtype="str"))
    return frame


def stored(folder: Path, name: str, frame: pd.DataFrame) -> Path:
    write_shard(frame, folder / name)
    return folder / name


def test_a_shard_comes_back_as_it_was(tmp_path: Path) -> None:
    frame = features(["a", "b"])
    frame["f1"] = np.array([np.nan, -np.inf], np.float32)
    pd.testing.assert_frame_equal(read_shard(stored(tmp_path, "0.parquet", frame)), frame)
    assert [path.name for path in tmp_path.iterdir()] == ["0.parquet"]


def test_unusable_clips_are_left_out_and_lost_ones_are_named() -> None:
    frame = features(["a", "b", "c"])
    assert of_clips(frame, ["c", "a"])["clip_id"].tolist() == ["a", "c"]
    with pytest.raises(TableError, match="1 usable clips have none, the first is 'd'"):
        of_clips(frame, ["a", "d"])


def test_a_shard_is_checked(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="'clip_id' is missing"):
        write_shard(features(["a"]).drop(columns="clip_id"), tmp_path / "0.parquet")
    other = tmp_path / "1.parquet"
    other.write_bytes(b"PAR1 and no more")
    with pytest.raises(TableError, match=r"1\.parquet: not a readable shard.*Delete"):
        read_shard(other)


def test_merged_rows_are_sorted_whatever_the_order_of_shards(tmp_path: Path) -> None:
    first = stored(tmp_path, "0.parquet", features(["d", "a"]))
    second = stored(tmp_path, "1.parquet", features(["c", "b"]))
    empty = stored(tmp_path, "2.parquet", features([]))
    merged = merge_shards([second, empty, first])
    assert merged["clip_id"].tolist() == ["a", "b", "c", "d"]
    assert merged["f1"].tolist() == [2, 2, 0, 0]
    assert merged["f1"].dtype == np.float32
    pd.testing.assert_frame_equal(merged, merge_shards([first, second, empty]))
    write_table(merged, tmp_path / "all.parquet", FEATURES)
    pd.testing.assert_frame_equal(merged, read_table(tmp_path / "all.parquet", FEATURES))


def test_shards_with_other_columns_are_refused(tmp_path: Path) -> None:
    first = stored(tmp_path, "0.parquet", features(["a"]))
    other = stored(tmp_path, "1.parquet", features(["b"], ("f1", "f3")))
    turned = stored(tmp_path, "2.parquet", features(["c"], ("f2", "f1")))
    with pytest.raises(TableError, match=r"1\.parquet.*first difference: 'f2'.*Delete"):
        merge_shards([first, other])
    with pytest.raises(TableError, match=r"2\.parquet.*another order"):
        merge_shards([first, turned])


def test_a_clip_in_two_shards_is_refused(tmp_path: Path) -> None:
    first = stored(tmp_path, "0.parquet", features(["a", "b"]))
    second = stored(tmp_path, "1.parquet", features(["b"]))
    with pytest.raises(TableError, match=r"repeat the key \{'clip_id': 'b'\}"):
        merge_shards([first, second])


def test_nothing_to_merge() -> None:
    with pytest.raises(TableError, match="no shard"):
        merge_shards([])


def test_the_usable_clips_are_kept_and_must_be_there() -> None:
    kept = of_clips(features(["a", "b", "c"]), ["c", "a"])
    assert kept["clip_id"].tolist() == ["a", "c"]
    assert kept["f1"].tolist() == [0, 4]
    assert kept.index.tolist() == [0, 1]
    with pytest.raises(TableError, match=r"2 usable clips have none, the first is 'x'.*log"):
        of_clips(features(["a"]), ["y", "a", "x"])
