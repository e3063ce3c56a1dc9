"""Features of several stems side by side, as one table."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from affectmix.errors import TableError


def side_by_side(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return one table with the columns of all, each as ``{stem}__{feature}``.

    A single table keeps its columns' names, which are those of the same features of the mix.

    Args:
        tables: stem → clip_id and features; in the order that the columns take.

    Raises:
        TableError: a clip has features of one stem and not of another.
    """
    if len(tables) == 1:
        return next(iter(tables.values()))
    frames = {stem: table.set_index("clip_id").sort_index() for stem, table in tables.items()}
    first = next(iter(frames))
    for stem, frame in frames.items():
        lost = sorted(set(frame.index) ^ set(frames[first].index))
        if lost:
            raise TableError(
                f"features: clip {lost[0]!r} has those of only one of {first} and {stem}; the "
                "logs of separate_stems and extract_opensmile under results/logs say why"
            )
    joined = pd.concat([frame.add_prefix(f"{stem}__") for stem, frame in frames.items()], axis=1)
    return joined.reset_index()
