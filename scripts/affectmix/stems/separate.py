"""The stems of one shard's clips; a clip that has none is reported, not raised."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from affectmix.audio.decode import DecodeError, decode, to_mono
from affectmix.errors import AudioError
from affectmix.progress import counted
from affectmix.schemas import STEM_FILES
from affectmix.stems.blocks import separated_blocks
from affectmix.stems.flac import writing_stems
from affectmix.stems.separator import Separator

_MOST_CHANNELS = 2


def separate_shard(
    clips: Sequence[tuple[str, str | Path]],
    separator: Separator,
    folder: str | Path,
    *,
    seed: int,
    bits: int = 16,
) -> pd.DataFrame:
    """Write ``{folder}/{clip_id}/{stem}.flac`` of some clips.

    Stems have the clip's own sampling rate, length, level and one or two channels; audio of
    more is averaged to one first. They add up to the mix, to half a step of its whole numbers.

    Args:
        clips: (clip_id, path of the audio file), in any order.
        separator: takes a clip apart.
        folder: of the shard.
        seed: a clip's stems hang on it, and on the clip alone.
        bits: 16 or 24 per sample.

    Returns:
        A table by ``schemas.STEM_FILES``: a row per clip, sorted, whose ``status`` says why a clip
        has no stems.
    """
    rows = [
        {"clip_id": clip_id, **_separate(clip_id, path, separator, folder, seed, bits)}
        for clip_id, path in counted(sorted(clips), "clips")
    ]
    return pd.DataFrame(rows, columns=list(STEM_FILES.columns))


def _separate(
    clip_id: str,
    path: str | Path,
    separator: Separator,
    folder: str | Path,
    seed: int,
    bits: int,
) -> dict[str, Any]:
    drawn = int.from_bytes(hashlib.sha256(f"{seed}/{clip_id}".encode()).digest()[:4], "big")

    def blocks(mix: np.ndarray, rate: int) -> Iterable[np.ndarray]:
        return separated_blocks(mix, rate, separator, seed=drawn)

    row = write_clip(path, blocks, Path(folder) / clip_id, bits=bits)
    if row["status"] == "ok":
        row |= {"device": separator.device, "segment_s": separator.segment_s}
    return row


def write_clip(
    path: str | Path,
    blocks: Callable[[np.ndarray, int], Iterable[np.ndarray]],
    folder: str | Path,
    *,
    bits: int = 16,
) -> dict[str, Any]:
    """Write ``{folder}/{stem}.flac`` of one clip, and return what its row says of it.

    Args:
        path: the audio file of the mix.
        blocks: gives estimates of vocals, drums and bass, piece by piece [shape=(3, channels,
            n)], for the mix [shape=(channels, n)] and its sampling rate in Hz.
        folder: the clip's.
        bits: 16 or 24 per sample.
    """
    try:
        mix, rate = decode(path)
        if len(mix) > _MOST_CHANNELS:
            mix = to_mono(mix)[np.newaxis]
        done = 0
        with writing_stems(folder, sample_rate=rate, channels=len(mix), bits=bits) as writer:
            for block in blocks(mix, rate):
                writer.write(mix[:, done : done + block.shape[2]], block)
                done += block.shape[2]
    except AudioError as error:
        status = error.kind if isinstance(error, DecodeError) else "too_loud"
        message = str(error) if isinstance(error, DecodeError) else f"{path}: {error}"
        logging.warning("no stems: %s: %s", status, message)
        return {"status": status, "message": message}
    return {
        "status": "ok",
        "sample_rate": rate,
        "channels": len(mix),
        "duration_s": mix.shape[1] / rate,
        "moved": writer.moved,
    }
