"""Clips to shards by a hash of their id, and the shards' tables back into one.

A clip's shard depends on nothing but its own id and the number of shards, so that a new clip
changes one shard's job and leaves the others as they are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from affectmix.errors import ConfigError, TableError
from affectmix.parquet import read_parquet, unreadable, write_parquet
from affectmix.schemas import FEATURES
from affectmix.tables import check_table

_BITS_READ = 64  # of a digest
_COLUMNS = "affectmix_columns"
_SHARD = "shard of features"


def shard_name(index: int, shards: int) -> str:
    """Return the name of shard ``index``: as many lower-case hex digits as the last one needs.

    Raises:
        ConfigError: ``shards`` is not a power of two.
    """
    digits = max(1, -(-_bits(shards) // 4))
    return f"{index:0{digits}x}"


def shard_of(clip_id: str, shards: int) -> str:
    """Return the shard of a clip: the first bits of the SHA-256 of its id.

    Args:
        clip_id: the clip's id.
        shards: how many shards there are; a power of two.

    Returns:
        The shard's name, e.g. ``"0f"`` of 32.

    Raises:
        ConfigError: ``shards`` is not a power of two.
    """
    digest = int.from_bytes(hashlib.sha256(clip_id.encode()).digest()[: _BITS_READ // 8], "big")
    return shard_name(digest >> (_BITS_READ - _bits(shards)), shards)


def write_shard(features: pd.DataFrame, path: str | Path) -> None:
    """Write a shard's features compactly: one column holds all functionals of a clip.

    A Parquet file with a column per functional takes half a second and megabytes of column
    metadata however few its rows; this one takes neither. The functionals' names stand in
    the metadata, and the merged table has its column for each.

    Args:
        features: clip_id and one float32 column per functional.
        path: where to; written under a temporary name first.

    Raises:
        TableError: ``features`` is not a valid feature table.
    """
    check_table(features, FEATURES, where=str(path))
    features = features.sort_values("clip_id", kind="stable")
    columns = [name for name in features.columns if name != "clip_id"]
    values = features[columns].to_numpy(np.float32)
    table = pa.table(
        {
            "clip_id": pa.array(features["clip_id"], pa.string()),
            "values": pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), len(columns)),
        }
    ).replace_schema_metadata({"affectmix_table": "feature shard", _COLUMNS: json.dumps(columns)})
    write_parquet(table, path, dictionaries=["clip_id"])


class Shard(NamedTuple):
    """Features of a shard's clips: names of the columns, and values [shape=(n, d), float32]."""

    clip_ids: list[str]
    columns: list[str]
    values: np.ndarray

    def table(self) -> pd.DataFrame:
        """Return clip_id and one column per functional."""
        frame = pd.DataFrame(self.values, columns=self.columns)
        frame.insert(0, "clip_id", pd.Series(self.clip_ids, dtype="str"))
        return frame


def read_shard(path: str | Path) -> pd.DataFrame:
    """Return the features of a shard as a table.

    Raises:
        TableError: the file is not a readable shard.
    """
    return open_shard(path).table()


def open_shard(path: str | Path) -> Shard:
    """Return the features of a shard, without the time that a wide table costs.

    Raises:
        TableError: the file is not a readable shard, or was altered.
    """
    table = read_parquet(path, what=_SHARD)
    try:
        columns = json.loads(table.schema.metadata[_COLUMNS.encode()])
        values = table["values"].combine_chunks().flatten().to_numpy()
        clip_ids = table["clip_id"].to_pylist()
        shard = Shard(clip_ids, columns, values.reshape(len(clip_ids), len(columns)))
    except (pa.ArrowException, KeyError, TypeError, ValueError) as error:
        raise unreadable(path, _SHARD, error) from error
    return shard


def merge_shards(paths: Sequence[str | Path]) -> pd.DataFrame:
    """Return the rows of all shards, sorted by clip_id: a feature table.

    Raises:
        TableError: there is no shard, two have different columns, or a clip is in two.
    """
    if not paths:
        raise TableError("no shard to merge: the corpus has no clip. Check its folder.")
    frames = [read_shard(path) for path in paths]
    for path, frame in zip(paths[1:], frames[1:], strict=True):
        if list(frame.columns) != list(frames[0].columns):
            strange = sorted(set(frame.columns) ^ set(frames[0].columns))
            raise TableError(
                f"{path}: its columns are not those of {paths[0]} "
                f"({f'first difference: {strange[0]!r}' if strange else 'another order'}). "
                "Delete both files and run snakemake again: they will be made anew."
            )
    merged = pd.concat(frames, ignore_index=True)
    check_table(merged, FEATURES, where=f"{paths[0]} and {len(paths) - 1} more shards")
    return merged.sort_values("clip_id", kind="stable", ignore_index=True)


def of_clips(features: pd.DataFrame, clip_ids: Iterable[str]) -> pd.DataFrame:
    """Return the rows of the clips that can be used, which must all be there.

    Raises:
        TableError: a usable clip has no features.
    """
    wanted = set(clip_ids)
    lost = sorted(wanted - set(features["clip_id"]))
    if lost:
        raise TableError(
            f"features: {len(lost)} usable clips have none, the first is {lost[0]!r}; the log of "
            "extract_opensmile, and of stems that of separate_stems, under results/logs says why. "
            "If its file changed while the run went on, run snakemake again."
        )
    return features[features["clip_id"].isin(wanted)].reset_index(drop=True)


@lru_cache(typed=True)  # True is no 1
def _bits(shards: int) -> int:
    if (
        isinstance(shards, bool)
        or not isinstance(shards, int)
        or shards < 1
        or shards & (shards - 1)
    ):
        raise ConfigError(
            f"shards: {shards!r} is not a power of two. Write 1, 2, 4, 8, …, so that a shard "
            "holds 20 to 50 clips."
        )
    return shards.bit_length() - 1
