"""The shards of a corpus's features as a dataset: read one after the other, stems side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np

from affectmix.errors import TableError
from affectmix.features.shards import Shard, open_shard

#: Stem → its shards, in the same order for every stem.
StemShards: TypeAlias = Mapping[str, Sequence[str | Path]]


def shards_of(stems: StemShards) -> Iterator[Shard]:
    """Yield the features of each shard, of several stems as ``{stem}__{feature}`` side by side.

    Raises:
        TableError: a shard is not readable, or a clip has features of one stem alone.
    """
    for files in zip(*stems.values(), strict=True):
        parts = [open_shard(file) for file in files]
        first = parts[0]
        if len(parts) == 1:
            yield first
            continue
        for file, part in zip(files, parts, strict=True):
            if part.clip_ids != first.clip_ids:
                lost = sorted(set(part.clip_ids) ^ set(first.clip_ids))
                raise TableError(
                    f"{file}: its clips are not those of {files[0]}, such as {lost[:1]}; the logs "
                    "of separate_stems and extract_opensmile under results/logs say why"
                )
        names = [
            f"{stem}__{name}"
            for stem, part in zip(stems, parts, strict=True)
            for name in part.columns
        ]
        yield Shard(first.clip_ids, names, np.hstack([part.values for part in parts]))


def feature_columns(stems: StemShards) -> list[str]:
    """Return the names of the features, as the first shard has them."""
    return next(shards_of({stem: files[:1] for stem, files in stems.items()})).columns
