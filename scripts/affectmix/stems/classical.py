"""Separation without a trained model: textbook masks on one spectrogram.

Far from what a network reaches, but it needs no weights, so that everything runs anywhere.
"""

from __future__ import annotations

from typing import Final

import librosa
import numpy as np
import numpy.typing as npt

_WINDOW_S: Final = 0.093  # 4096 samples at 44.1 kHz
_MEDIAN: Final = 17  # frames, and bins, that tell a steady sound from a stroke
_BASS_HZ: Final = 200.0  # where a harmonic sound is half bass
_BASS_OCTAVES: Final = 0.5  # how wide the passage from bass to the rest is
_REPEAT_S: Final = 2.0  # frames nearer than this do not count as a repetition
_NEIGHBOURS: Final = 15  # repetitions that the background is the median of
_FOREGROUND_MARGIN: Final = 4.0  # how far vocals must stand out of the background


class ClassicalSeparator:
    """Masks by what is known of drums, bass and voices, after librosa's own examples.

    Drums are what is percussive (median filtering, Fitzgerald 2010). Of the harmonic rest,
    bass is what lies below 200 Hz; vocals are what stands out of the most similar frames
    elsewhere in the clip (nearest neighbours, REPET-SIM, Rafii and Pardo 2012), as an
    accompaniment repeats and a voice does not. Masks are made on the mean of the channels
    and applied to each; they add up to 1.
    """

    device: str = "cpu"
    segment_s: float | None = None

    def __call__(self, mix: np.ndarray, sample_rate: int, *, seed: int) -> npt.NDArray[np.float32]:
        """Return estimates of vocals, drums and bass; nothing here is random.

        See :class:`affectmix.stems.separator.Separator`.
        """
        n_fft = 1 << max(8, round(np.log2(_WINDOW_S * sample_rate)))
        hop = n_fft // 4
        spectra = [librosa.stft(channel, n_fft=n_fft, hop_length=hop) for channel in mix]
        loudness = np.abs(np.mean(spectra, axis=0))
        harmonic, percussive = librosa.decompose.hpss(loudness, kernel_size=_MEDIAN, mask=True)
        low = _low_pass(librosa.fft_frequencies(sr=sample_rate, n_fft=n_fft))[:, np.newaxis]
        standing_out = _foreground(loudness, round(_REPEAT_S * sample_rate / hop))
        masks = (harmonic * (1 - low) * standing_out, percussive, harmonic * low)
        return np.stack(
            [
                [
                    librosa.istft(mask * s, n_fft=n_fft, hop_length=hop, length=mix.shape[1])
                    for s in spectra
                ]
                for mask in masks
            ]
        ).astype(np.float32)


def _low_pass(frequencies: np.ndarray) -> np.ndarray:
    """Return how much of each frequency is bass, from 1 to 0, a half at 200 Hz."""
    octaves = np.log2(np.maximum(frequencies, 1.0) / _BASS_HZ)
    gain: np.ndarray = 0.5 * (1 - np.clip(octaves / _BASS_OCTAVES, -1, 1))
    return gain


def _foreground(loudness: np.ndarray, apart: int) -> np.ndarray:
    """Return how much of each bin is not found again elsewhere in the clip, from 0 to 1.

    Args:
        loudness: magnitudes [shape=(bins, frames)].
        apart: frames that a repetition is away at least; fewer where the clip is too short.
    """
    frames = loudness.shape[1]
    apart = min(apart, (frames - 1) // 4)
    if apart < 1:
        return np.zeros_like(loudness)  # too short for anything to repeat
    repeated = librosa.decompose.nn_filter(
        loudness,
        aggregate=np.median,
        metric="cosine",
        width=apart,
        k=min(_NEIGHBOURS, frames - 2 * apart),
    )
    background = np.minimum(loudness, repeated)
    mask: np.ndarray = librosa.util.softmask(
        loudness - background, _FOREGROUND_MARGIN * background, power=2
    )
    return mask
