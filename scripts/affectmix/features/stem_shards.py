"""The shards of a corpus's features as a dataset: read one after the other, stems side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import pandas as pd

from affectmix.features.concatenated import side_by_side
from affectmix.features.shards import read_shard

#: Stem → its shards, in the same order for every stem.
StemShards: TypeAlias = Mapping[str, Sequence[str | Path]]


def shard_tables(stems: StemShards) -> Iterator[pd.DataFrame]:
    """Yield the features of each shard, those of several stems side by side."""
    for files in zip(*stems.values(), strict=True):
        yield side_by_side(
            {stem: read_shard(file) for stem, file in zip(stems, files, strict=True)}
        )


def feature_columns(stems: StemShards) -> list[str]:
    """Return the names of the features, as the first shard has them."""
    return feature_names(next(shard_tables({stem: files[:1] for stem, files in stems.items()})))


def feature_names(frame: pd.DataFrame) -> list[str]:
    """Return the names of a table's features, in order."""
    return [name for name in frame.columns if name != "clip_id"]
