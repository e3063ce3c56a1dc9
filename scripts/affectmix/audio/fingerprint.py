"""Fingerprints by which the same recording is found again in another file.

The binary fingerprint of Haitsma and Kalker, "A Highly Robust Audio Fingerprinting System"
(ISMIR 2002), sections 4.2 and 5: one 32-bit word per frame of 0.37 s, whose bits are the
signs of the differences of band energies along time and frequency. Level does not change
them; coding noise and a shift in time change few of them. Unlike there, frames follow each
other every 23.2 ms rather than 11.6, which halves the size; the 33 bands reach down to 100 Hz
rather than 300, since many sounds have little above; and near-silent frames carry no word.
What this tells apart is measured by tests/benchmarks/fingerprint.py.
"""

from __future__ import annotations

import base64
from functools import lru_cache
from typing import Final

import numpy as np
from scipy import fft, signal

FRAME_S: Final = 0.37  # seconds
HOP_S: Final = 0.0232  # seconds
BITS: Final = 32
EMPTY: Final = np.uint32(0)  # word of a frame too quiet to tell anything
_LOW_HZ: Final = 100.0
_HIGH_HZ: Final = 2000.0
_LEAST_RATE: Final = 5000  # Hz after decimation: the bands with room for the filter's slope
_QUIET_DB: Final = -50.0  # of a frame's energy in the bands, below the loudest frame's
_FRAMES_AT_ONCE: Final = 1024


def fingerprint(mono: np.ndarray, sample_rate: int) -> np.ndarray:
    """Return the fingerprint of a recording.

    Args:
        mono: samples, [shape=(n,)], at any level.
        sample_rate: in Hz, at least 8000.

    Returns:
        One word per frame, uint32, [shape=(t,)]; t is 0 below two frames (0.4 s).
        ``EMPTY`` marks near-silent frames.
    """
    mono, rate = _decimated(mono, sample_rate)
    width, hop = round(FRAME_S * rate), HOP_S * rate
    frames = int((len(mono) - width) / hop) + 1 if len(mono) >= width else 0
    if frames < 2:
        return np.empty(0, np.uint32)
    starts = np.round(np.arange(frames) * hop).astype(int)  # no drift, whatever the rate
    windows = np.lib.stride_tricks.sliding_window_view(mono, width)
    energy = np.concatenate(
        [
            _band_energies(windows[starts[i : i + _FRAMES_AT_ONCE]], rate)
            for i in range(0, frames, _FRAMES_AT_ONCE)
        ]
    )
    along_bands = energy[:, :-1] - energy[:, 1:]
    bits = along_bands[1:] > along_bands[:-1]
    words = np.packbits(bits, axis=1, bitorder="little").view("<u4").ravel().astype(np.uint32)
    words[words == EMPTY] = np.uint32(1)
    loudness = energy.sum(axis=1)
    quiet = loudness <= loudness.max() * 10 ** (_QUIET_DB / 10)
    words[quiet[1:] | quiet[:-1]] = EMPTY
    return words


def to_text(words: np.ndarray) -> str:
    """Return a fingerprint as text, to be kept in a table."""
    return base64.b64encode(words.astype("<u4").tobytes()).decode("ascii")


def from_text(text: str) -> np.ndarray:
    """Return the fingerprint that :func:`to_text` wrote."""
    return np.frombuffer(base64.b64decode(text), dtype="<u4").astype(np.uint32)


def bit_error_rate(one: np.ndarray, other: np.ndarray, offset: int) -> tuple[float, int]:
    """Compare two fingerprints, ``other[t]`` with ``one[t + offset]``.

    Returns:
        The share of differing bits, about .5 for unrelated recordings, over the frames where
        both carry a word, and the number of these frames; (1.0, 0) if there are none.
    """
    first = max(0, -offset)
    last = min(len(other), len(one) - offset)
    if last <= first:
        return 1.0, 0
    left, right = one[first + offset : last + offset], other[first:last]
    told = (left != EMPTY) & (right != EMPTY)
    count = int(np.count_nonzero(told))
    if not count:
        return 1.0, 0
    wrong = np.bitwise_count(left ^ right)
    if count < len(told):
        wrong = wrong[told]
    return int(wrong.sum(dtype=np.int64)) / (BITS * count), count


def _decimated(mono: np.ndarray, sample_rate: int) -> tuple[np.ndarray, float]:
    factor = max(1, sample_rate // _LEAST_RATE)
    if factor == 1:
        return mono.astype(np.float32, copy=False), float(sample_rate)
    small = signal.upfirdn(
        _low_pass(factor), mono.astype(np.float32, copy=False), up=1, down=factor
    )
    return small, sample_rate / factor


@lru_cache
def _low_pass(factor: int) -> np.ndarray:
    # Only what would fold into the bands must go, so a short filter does.
    return signal.firwin(8 * factor + 1, 1 / factor).astype(np.float32)


@lru_cache
def _bands(width: int, rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the Hann window and, per band, the first bin of its spectrum (34 edges)."""
    edges = np.geomspace(_LOW_HZ, _HIGH_HZ, BITS + 2)
    bins = np.round(edges * fft.next_fast_len(width, real=True) / rate).astype(int)
    return signal.windows.hann(width, sym=False).astype(np.float32), bins


def _band_energies(frames: np.ndarray, rate: float) -> np.ndarray:
    width = frames.shape[1]
    window, bins = _bands(width, rate)
    size = fft.next_fast_len(width, real=True)
    spectrum = fft.rfft(frames * window, n=size, axis=1)[:, bins[0] : bins[-1]]
    power = spectrum.real**2 + spectrum.imag**2
    energies: np.ndarray = np.add.reduceat(power, bins[:-1] - bins[0], axis=1)
    return energies
