"""Clips beside the folders that hold their shards: a job may be given copies of those."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any


def in_shards(
    shards: Sequence[Sequence[Sequence[Any]]], *folders: Sequence[str]
) -> Iterator[tuple[Any, ...]]:
    """Yield each clip's own fields, and then its shard's folder of every kind.

    Args:
        shards: the clips shard by shard, each a list of fields.
        folders: of each kind, the shards' folders in the same order; none at all where the
            files are the user's own, for which the empty path stands.

    >>> for clip in in_shards([[["a", "a.wav"]], [["b", "b.wav"]]], ["x/0", "x/1"], []):
    ...     print(*clip)
    a a.wav x/0 .
    b b.wav x/1 .
    """
    for place, clips in enumerate(shards):
        own = [Path(kind[place]) if kind else Path() for kind in folders]
        for clip in clips:
            yield (*clip, *own)
