"""Long clips in blocks: memory that does not grow with a clip's length."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from affectmix.stems.separator import ESTIMATED, Separator

BLOCK_S: Final = 90.0  # what is separated at once; longer clips are cut
OVERLAP_S: Final = 5.0  # over which one block fades into the next
_SILENT: Final = 1e-8  # standard deviation


def separated_blocks(
    mix: np.ndarray,
    sample_rate: int,
    separator: Separator,
    *,
    seed: int,
    block_s: float = BLOCK_S,
    overlap_s: float = OVERLAP_S,
) -> Iterator[npt.NDArray[np.float32]]:
    """Yield estimates of vocals, drums and bass, block after block.

    The separator is given the clip at zero mean and unit standard deviation over its whole
    length, as demucs' own command line does (the blocks of a long clip are treated alike),
    and the estimates are brought back to the clip's level.

    Args:
        mix: float32, one or two channels [shape=(channels, n)].
        sample_rate: in Hz.
        separator: takes a block apart.
        seed: of whatever is random in it; every block has the same.
        block_s: length of a block in seconds.
        overlap_s: of two blocks, in seconds.

    Yields:
        [shape=(3, channels, m)], whose lengths m add up to n.
    """
    mean, spread = _level(mix)
    if spread < _SILENT:
        yield np.zeros((len(ESTIMATED), *mix.shape), dtype=np.float32)
        return
    length = mix.shape[1]
    overlap = round(overlap_s * sample_rate)
    step = round(block_s * sample_rate) - overlap
    count = max(1, -(-(length - overlap) // step))
    ramp = np.linspace(0.0, 1.0, overlap, dtype=np.float32)
    tail: np.ndarray | None = None
    for block in range(count):
        piece = mix[:, block * step : block * step + step + overlap]
        found = separator((piece - np.float32(mean)) / np.float32(spread), sample_rate, seed=seed)
        found *= np.float32(spread)
        if tail is not None:
            found[..., :overlap] = found[..., :overlap] * ramp + tail * (1 - ramp)
        if block == count - 1:
            yield found
        else:
            yield found[..., :step]
            tail = found[..., step:].copy()


def _level(mix: np.ndarray) -> tuple[float, float]:
    """Return mean and standard deviation of the mean of the channels [shape=(channels, n)]."""
    mono = mix.mean(axis=0)
    return float(mono.mean(dtype=np.float64)), float(mono.std(dtype=np.float64))
