"""Features of corpora whose shards are the dataset: to disk, shard by shard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from affectmix.errors import TableError
from affectmix.features.disk_rows import DiskRows
from affectmix.features.stem_shards import StemShards, feature_names, shard_tables

_PART = 4096  # rows of a table in memory that are written at a time


def disk_rows(
    rows: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    shards: Mapping[str, StemShards],
) -> DiskRows:
    """Return the raw features of (corpus, clip_id) rows, on disk. [shape=(n, d)]

    Args:
        rows: the clips, each once.
        tables: corpus → ``schemas.FEATURES`` of corpora in one table.
        shards: corpus → the shards of all others.

    Raises:
        TableError: a clip has no features or has them twice, or columns differ.
    """
    parts = {
        **{corpus: _parts(frame) for corpus, frame in tables.items()},
        **{corpus: shard_tables(stems) for corpus, stems in shards.items()},
    }
    columns: list[str] | None = None
    found: DiskRows | None = None
    filled = np.zeros(len(rows), dtype=bool)
    for corpus, frames in parts.items():
        own = np.flatnonzero(rows["corpus"].to_numpy() == corpus)
        places = pd.Series(own, index=rows["clip_id"].iloc[own])
        for frame in frames:
            if found is None or columns is None:
                columns = feature_names(frame)
                found = DiskRows.empty(len(rows), len(columns))
            _check_columns(frame, columns, corpus)
            kept = frame[frame["clip_id"].isin(places.index)]
            at = places.loc[kept["clip_id"]].to_numpy()
            if filled[at].any() or len(np.unique(at)) < len(at):
                twice = kept["clip_id"].iloc[int(np.argmax(filled[at]))]
                raise TableError(
                    f"features of {corpus!r}: clip {twice!r} is in two shards; delete "
                    "results/features and run snakemake again"
                )
            found.write(at, kept[columns].to_numpy(dtype=np.float32))
            filled[at] = True
    if found is None or not filled.all():
        lost = rows.iloc[int(np.argmin(filled))]
        raise TableError(
            f"features of {lost['corpus']!r} lack clip {lost['clip_id']!r}; the log of "
            "extract_opensmile, and of stems that of separate_stems, under results/logs says why"
        )
    return found


def _parts(frame: pd.DataFrame) -> Iterator[pd.DataFrame]:
    for start in range(0, len(frame), _PART):
        yield frame.iloc[start : start + _PART]


def _check_columns(frame: pd.DataFrame, columns: list[str], corpus: str) -> None:
    if feature_names(frame) != columns:
        raise TableError(
            f"features of {corpus!r} have other columns than those of another shard or corpus; "
            "delete results/features and run snakemake again"
        )
