"""Features of corpora whose shards are the dataset: to disk, shard by shard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from affectmix.errors import TableError
from affectmix.features.disk_rows import DiskRows
from affectmix.features.shards import Shard
from affectmix.features.stem_shards import StemShards, shards_of

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
        **{corpus: shards_of(stems) for corpus, stems in shards.items()},
    }
    columns: list[str] | None = None
    found: DiskRows | None = None
    filled = np.zeros(len(rows), dtype=bool)
    for corpus, shards_or_parts in parts.items():
        own = np.flatnonzero(rows["corpus"].to_numpy() == corpus)
        clips = pd.Index(rows["clip_id"].iloc[own])
        for shard in shards_or_parts:
            if found is None or columns is None:
                columns = shard.columns
                found = DiskRows.empty(len(rows), len(columns))
            if shard.columns != columns:
                raise TableError(
                    f"features of {corpus!r} have other columns than those of another shard or "
                    "corpus; delete results/features and run snakemake again"
                )
            place = clips.get_indexer(shard.clip_ids)
            wanted = np.flatnonzero(place >= 0)
            at = own[place[wanted]]
            if filled[at].any() or len(np.unique(at)) < len(at):
                twice = shard.clip_ids[wanted[int(np.argmax(filled[at]))]]
                raise TableError(
                    f"features of {corpus!r}: clip {twice!r} is in two shards; delete "
                    "results/features and run snakemake again"
                )
            found.write(at, shard.values[wanted])
            filled[at] = True
    if found is None or not filled.all():
        lost = rows.iloc[int(np.argmin(filled))]
        raise TableError(
            f"features of {lost['corpus']!r} lack clip {lost['clip_id']!r}; the log of "
            "extract_opensmile, and of stems that of separate_stems, under results/logs says why"
        )
    return found


def _parts(frame: pd.DataFrame) -> Iterator[Shard]:
    columns = [name for name in frame.columns if name != "clip_id"]
    for start in range(0, len(frame), _PART):
        part = frame.iloc[start : start + _PART]
        yield Shard(part["clip_id"].tolist(), columns, part[columns].to_numpy(np.float32))
