"""How a recording is cut into what a model hears at once, block by block as it is decoded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

LONGEST_WHOLE_S: Final = 600.0  # openSMILE's memory grows with length: 0.75 GB at 48 kHz


@dataclass(frozen=True)
class Cutting:
    """Whole recordings, or windows of them.

    Attributes:
        window_s: length of a window in seconds.
        hop_s: seconds from one window's beginning to the next; None where a recording is heard
            as a whole, or, where it is longer than ``whole_s``, in windows side by side.
        whole_s: length in seconds up to which a recording is heard as a whole.
    """

    window_s: float
    hop_s: float | None = None
    whole_s: float = LONGEST_WHOLE_S

    def windows(
        self, blocks: Iterable[np.ndarray], sample_rate: int
    ) -> Iterator[tuple[float, np.ndarray]]:
        """Yield the beginning in seconds and the samples of every piece that is heard.

        No more than one window, or ``whole_s``, and one block are held at a time. What is left
        at the end is heard too where it is half a window at least, or all there is; of windows
        that overlap, only whole ones.

        Args:
            blocks: samples [each shape=(channels, n)].
            sample_rate: in Hz.
        """
        if self.hop_s is not None:
            hop = max(1, round(self.hop_s * sample_rate))
            yield from _overlapping(blocks, sample_rate, round(self.window_s * sample_rate), hop)
            return
        held: list[np.ndarray] = []
        count, remaining = 0, iter(blocks)
        for block in remaining:
            held.append(block)
            count += block.shape[1]
            if count > self.whole_s * sample_rate:
                window = round(self.window_s * sample_rate)
                rest = _chained(held, remaining)
                yield from _overlapping(rest, sample_rate, window, window)
                return
        if held:
            yield 0.0, np.concatenate(held, axis=1)


def _chained(held: list[np.ndarray], remaining: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    """Yield what was held back, letting go of it, and what follows."""
    held.reverse()
    while held:
        yield held.pop()
    yield from remaining


def _overlapping(
    blocks: Iterable[np.ndarray], sample_rate: int, window: int, hop: int
) -> Iterator[tuple[float, np.ndarray]]:
    held: np.ndarray | None = None
    start = skip = 0  # in samples: of what is held, and of what comes before the next window
    found = False
    for block in blocks:
        held = block if held is None or not held.shape[1] else np.concatenate([held, block], axis=1)
        dropped = min(skip, held.shape[1])
        held, skip = held[:, dropped:], skip - dropped
        while held.shape[1] >= window:
            yield start / sample_rate, held[:, :window]
            found = True
            start += hop
            skip = max(0, hop - held.shape[1])
            held = held[:, hop:]
    rest = 0 if held is None else held.shape[1]
    if held is not None and rest and (not found or (hop == window and 2 * rest >= window)):
        yield start / sample_rate, held
