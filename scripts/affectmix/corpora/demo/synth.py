"""Building blocks of the demo's synthesis: oscillators, envelopes, filters and levels.

Signals are mono float32 [shape=(n,)] at ``RATE``; times are in seconds, frequencies in Hz.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from scipy import fft

Signal = npt.NDArray[np.float32]

RATE = 22_050
TABLE = 4096  # samples of one period
ROUGH_HZ = 45.0  # amplitude beats at this rate are heard as roughness
ROOM_DB = -46.0
HIGHEST_HZ = 9_500.0
_PIVOT_HZ = 700.0  # a spectral tilt leaves this frequency as it is


def wavetable(amplitudes: Sequence[float] | npt.NDArray[np.float64]) -> Signal:
    """Return one period [shape=(TABLE,)] of a tone with these harmonics' amplitudes."""
    spectrum = np.zeros(TABLE // 2 + 1, dtype=complex)
    spectrum[1 : len(amplitudes) + 1] = -0.5j * TABLE * np.asarray(amplitudes, dtype=float)
    return fft.irfft(spectrum).astype(np.float32)


def harmonics(shape: str, top_hz: float) -> npt.NDArray[np.float64]:
    """Return harmonic amplitudes of a ``saw``, ``square`` or ``soft`` tone.

    There are as many as stay below ``HIGHEST_HZ`` for a fundamental of ``top_hz``.
    """
    order = np.arange(1, max(2, min(40, int(HIGHEST_HZ / top_hz))) + 1)
    if shape == "soft":
        return 1.0 / np.square(order)
    if shape == "square":
        return np.where(order % 2 == 1, 1.0 / order, 0.15 / order)
    return 1.0 / order


def oscillate(frequency: npt.NDArray[np.floating], table: Signal) -> Signal:
    """Play ``table`` at a frequency given for every sample [shape=(n,)]."""
    phase = np.cumsum(frequency, dtype=np.float64)
    phase *= TABLE / RATE
    return table[phase.astype(np.int64) & (TABLE - 1)]


def hold(values: npt.ArrayLike, onsets: npt.NDArray[np.int64], length: int) -> Signal:
    """Return, for every sample, the value of the last event begun; ``onsets[0]`` is 0."""
    return np.repeat(np.asarray(values, dtype=np.float32), np.diff(onsets, append=length))


def age(onsets: npt.NDArray[np.int64], length: int) -> Signal:
    """Return, for every sample, the seconds since the last event began."""
    return (np.arange(length) - np.repeat(onsets, np.diff(onsets, append=length))).astype(
        np.float32
    ) / np.float32(RATE)


def envelope(since: Signal, *, attack: float, decay: float) -> Signal:
    """Rise within about ``attack`` seconds of an event, then fall with time constant ``decay``."""
    rise = np.minimum(since / np.float32(attack), np.float32(1.0))
    return rise * np.exp(-since / np.float32(decay))


def shape_spectrum(
    signal: Signal, gain: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]
) -> Signal:
    """Multiply the spectrum of ``signal`` by ``gain`` (a function of Hz), without delay."""
    length = fft.next_fast_len(len(signal), real=True)
    spectrum = fft.rfft(signal, length)
    spectrum *= gain(fft.rfftfreq(length, 1.0 / RATE)).astype(np.float32)
    return fft.irfft(spectrum, length)[: len(signal)]


def tilt(brightness: float) -> Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]:
    """Return the gain that makes a spectrum dull (-1) or bright (1): -5 to 4 dB per octave."""
    slope = (-0.5 + 4.5 * brightness) / 6.02

    def gain(hertz: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return (np.maximum(hertz, 60.0) / _PIVOT_HZ) ** slope

    return gain


def formants(
    peaks: Sequence[float], *, width: float = 0.12, floor: float = 0.04
) -> Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]:
    """Return the gain of a vocal tract with resonances at ``peaks`` Hz."""

    def gain(hertz: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        total = np.full(len(hertz), floor)
        for order, peak in enumerate(peaks):
            total += 0.7**order / (1.0 + ((hertz - peak) / (width * peak)) ** 2)
        return total

    return gain


def distort(signal: Signal, roughness: float) -> Signal:
    """Bend the peaks of ``signal`` over, hardly (roughness -1) or much (1), at the same RMS."""
    level = float(np.sqrt(np.mean(signal**2))) + 1e-9
    drive = np.float32(0.3 * 20.0 ** ((roughness + 1.0) / 2.0) / level)
    driven = np.tanh(drive * signal)
    driven *= np.float32(level / (float(np.sqrt(np.mean(driven**2))) + 1e-9))
    return driven


def beats(length: int, roughness: float) -> Signal:
    """Return a gain that beats at ``ROUGH_HZ``: steady (roughness -1) to sharp pulses (1)."""
    time = np.arange(length, dtype=np.float32) / np.float32(RATE)
    wave = 0.5 + 0.5 * np.sin(np.float32(2 * np.pi * ROUGH_HZ) * time)
    amount = np.float32(0.5 * (roughness + 1.0))
    return 1.0 - amount + amount * wave * wave


def level_gain(mix: Signal, loudness: float) -> float:
    """Return the factor that brings ``mix`` to -36 (loudness -1) to -14 dB RMS (loudness 1)."""
    target = 10.0 ** ((-26.0 + 14.0 * loudness) / 20.0)
    return float(target / (np.sqrt(np.mean(np.square(mix, dtype=np.float64))) + 1e-9))


def room(length: int, rng: np.random.Generator) -> Signal:
    """Return the background of every recording: pink noise at ``ROOM_DB``, however loud a clip.

    What is quiet stands less clear of it, as in real recordings.
    """
    noise = rng.standard_normal(length, dtype=np.float32)
    noise = shape_spectrum(noise, lambda hertz: np.sqrt(_PIVOT_HZ / np.maximum(hertz, 60.0)))
    return noise * np.float32(10.0 ** (ROOM_DB / 20.0) / np.sqrt(np.mean(noise**2)))


def limiter(mix: Signal, ceiling: float = 0.9) -> Signal:
    """Return the gain [shape=(n,)] that keeps ``mix`` under ``ceiling``, smooth over 10 ms.

    The same gain applied to every stem keeps their sum equal to the limited mix.
    """
    block = RATE // 100
    count = -(-len(mix) // block)
    padded = np.zeros(count * block, dtype=np.float32)
    padded[: len(mix)] = np.abs(mix)
    peaks = padded.reshape(count, block).max(axis=1)
    around = np.maximum.reduce(
        [peaks, np.roll(peaks, 1), np.roll(peaks, -1)]
    )  # gain is linear between block centres, so neighbours count
    gain = np.minimum(1.0, ceiling / np.maximum(around, 1e-9))
    centres = (np.arange(count) + 0.5) * block
    return np.interp(np.arange(len(mix)), centres, gain).astype(np.float32)


def fade(signal: Signal, seconds: float = 0.005) -> Signal:
    """Fade ``signal`` in and out, in place, so that its ends do not click."""
    count = min(len(signal) // 2, int(seconds * RATE))
    ramp = np.linspace(0.0, 1.0, count, dtype=np.float32)
    signal[:count] *= ramp
    signal[len(signal) - count :] *= ramp[::-1]
    return signal


def midi_to_hertz(pitch: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the frequency of MIDI pitches (69 is 440 Hz)."""
    return 440.0 * 2.0 ** ((np.asarray(pitch, dtype=float) - 69.0) / 12.0)
