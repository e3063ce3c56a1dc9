"""True stems, which a corpus brings, in the form of separated ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from affectmix.audio.decode import DecodeError, decode, to_mono
from affectmix.schemas import STEM_FILES
from affectmix.stems.separate import write_clip
from affectmix.stems.separator import ESTIMATED

_TOLERANCE_S: Final = 0.1  # by which a true stem's length may differ from the mix's
_BLOCK: Final = 1 << 20  # samples written at once


def given_shard(
    clips: Sequence[tuple[str, str | Path]],
    true: Mapping[str, Mapping[str, str | Path]],
    folder: str | Path,
    *,
    bits: int = 16,
) -> pd.DataFrame:
    """Write the true stems of some clips as :func:`separate.separate_shard` writes its own.

    They get the mix's length, and they add up to it: ``other`` is what vocals, drums and
    bass leave, so that what mastering did to the mix is there.

    Args:
        clips: (clip_id, path of the mix), in any order.
        true: clip_id → stem → file of the true stem.
        folder: of the shard.
        bits: 16 or 24 per sample.

    Returns:
        A table by ``schemas.STEM_FILES``: a row per clip, sorted; the status of a clip whose
        stems do not fit its mix is ``misfit``.
    """
    rows = []
    for clip_id, path in sorted(clips):
        files = [true[clip_id][stem] for stem in ESTIMATED]

        def blocks(mix: np.ndarray, rate: int, files: list[Any] = files) -> Iterator[np.ndarray]:
            stems = np.stack([aligned(file, mix, rate) for file in files])
            for start in range(0, mix.shape[1], _BLOCK):
                yield stems[..., start : start + _BLOCK]

        rows.append(
            {"clip_id": clip_id, **write_clip(path, blocks, Path(folder) / clip_id, bits=bits)}
        )
    return pd.DataFrame(rows, columns=list(STEM_FILES.columns))


def aligned(path: str | Path, mix: np.ndarray, sample_rate: int) -> npt.NDArray[np.float32]:
    """Return a true stem's samples, cut or padded to its mix's [shape=(channels, n)].

    Args:
        path: the stem's file.
        mix: samples of the mix [shape=(channels, n)].
        sample_rate: of the mix, in Hz.

    Raises:
        DecodeError: the file cannot be decoded, or differs from the mix in rate or length.
    """
    samples, own = decode(path)
    channels, length = mix.shape
    if own != sample_rate or abs(samples.shape[1] - length) > _TOLERANCE_S * sample_rate:
        raise DecodeError(
            "misfit",
            f"{path}: {samples.shape[1]} samples at {own} Hz, but its mix has {length} at "
            f"{sample_rate} Hz; a true stem must be as long as its mix and have its sampling rate",
        )
    if len(samples) != channels:
        samples = np.broadcast_to(to_mono(samples), (channels, samples.shape[1]))
    found = np.zeros((channels, length), dtype=np.float32)
    found[:, : samples.shape[1]] = samples[:, :length]
    return found
