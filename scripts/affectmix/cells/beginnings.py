"""The beginnings of clips as log-mels, NaN where a clip has ended: nothing is padded."""

from __future__ import annotations

import numpy as np
import pandas as pd

from affectmix.cells.excerpts import Shards
from affectmix.errors import TableError
from affectmix.features.logmel_table import read_durations, read_logmels
from affectmix.features.segments import frames_in

_ROUNDING = 1e-6  # by which a length may miss a multiple


def read_beginnings(
    shards: Shards, rows: pd.DataFrame, *, duration_s: float, grid_s: float
) -> np.ndarray:
    """Return log-mels of (corpus, clip_id) rows from each clip's start.

    Args:
        shards: corpus → stem → files; all corpora have the same stems in the same order.
        rows: the clips.
        duration_s: length of the beginnings.
        grid_s: only whole multiples of it are heard of a shorter clip, so that as many segments
            fit into it as into its length in seconds, whatever the frames.

    Returns:
        Levels in dB, to .03 dB, float16 [shape=(n, stems, bands, frames)].

    Raises:
        TableError: a clip has no log-mels, or the corpora's differ in bands or frames.
    """
    parts, places = [], []
    for corpus, stems in shards.items():
        own = np.flatnonzero(rows["corpus"].to_numpy() == corpus)
        if not own.size:
            continue
        clip_ids = rows["clip_id"].iloc[own].tolist()
        levels = np.stack(
            [
                read_logmels(files, clip_ids, duration_s=duration_s).astype(np.float16)
                for files in stems.values()
            ],
            axis=1,
        )
        lengths = read_durations(next(iter(stems.values()))).loc[clip_ids].to_numpy()
        heard = np.floor(np.minimum(lengths, duration_s) / grid_s + _ROUNDING) * grid_s
        for level, length in zip(levels, heard, strict=True):
            end = frames_in(length, frames=levels.shape[-1], clip_s=duration_s)
            level[..., end:] = np.nan
        parts.append(levels)
        places.append(own)
    if not parts:
        raise TableError("no clip to read log-mels of; check the cell's views")
    shapes = {part.shape[1:] for part in parts}
    if len(shapes) > 1:
        raise TableError(
            f"log-mels of the corpora {sorted(shards)} differ in stems, bands or frames: "
            f"{sorted(shapes)}; delete results/features and run snakemake again"
        )
    found = np.empty((len(rows), *parts[0].shape[1:]), dtype=np.float16)
    for own, part in zip(places, parts, strict=True):
        found[own] = part
    return found
