"""Log-mel spectrograms of the clips of one shard, of the mix or of a stem."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import librosa
import numpy as np
import numpy.typing as npt
import soxr

from affectmix.audio.decode import DecodeError, decode_mono
from affectmix.features.logmel_recipes import FLOOR_DB, LogmelRecipe, Reference
from affectmix.features.logmel_table import Logmel
from affectmix.progress import counted

_TINY = 1e-30  # below any power that float32 audio gives, so that the floor alone holds


def mel_power(
    samples: np.ndarray, sample_rate: int, recipe: LogmelRecipe
) -> npt.NDArray[np.float32]:
    """Return the mel power spectrogram of a mono clip [shape=(bands, frames)].

    Frames are centred on multiples of the hop, and the audio is taken to be silent before its
    beginning and after its end.

    Args:
        samples: float32 [shape=(n,)].
        sample_rate: in Hz; resampled to the recipe's where it differs.
        recipe: how.
    """
    if sample_rate != recipe.sample_rate:
        samples = soxr.resample(samples, sample_rate, recipe.sample_rate)
    power: npt.NDArray[np.float32] = librosa.feature.melspectrogram(
        y=samples,
        sr=recipe.sample_rate,
        n_fft=recipe.n_fft,
        hop_length=recipe.hop,
        n_mels=recipe.bands,
    )
    return power


def to_levels(power: np.ndarray, loudest: float) -> npt.NDArray[np.float32]:
    """Return power in dB relative to ``loudest``, -80 at least, same shape.

    This is librosa's ``power_to_db(power, ref=np.max)`` of EmoMucs (section 4), but for what
    is quiet: librosa's lowest power is a fixed 1e-10, which lifts the floor of quiet clips
    above that of padding, and makes silence 0 dB, the loudest level there is. Here the floor
    is 80 dB below the reference however quiet that is, and silence is at the floor.

    Args:
        power: at least 0.
        loudest: the power that is 0 dB; 0 makes everything silent.
    """
    if loudest <= 0:
        return np.full(power.shape, FLOOR_DB, dtype=np.float32)
    levels = librosa.power_to_db(power, ref=loudest, amin=_TINY, top_db=None)
    return np.maximum(levels, FLOOR_DB).astype(np.float32)


def logmel_shard(
    clips: Sequence[tuple[str, str | Path]],
    recipe: LogmelRecipe,
    *,
    mixes: Mapping[str, str | Path],
) -> dict[str, Logmel]:
    """Return the spectrograms of some clips; a clip that has none is named in the log.

    Args:
        clips: (clip_id, audio file of the clip or of its stem).
        recipe: how they are made.
        mixes: clip_id → file of the whole mix, which the reference ``mix`` is measured on.
    """
    made: dict[str, Logmel] = {}
    for clip_id, path in counted(sorted(clips), "clips"):
        try:
            samples, rate = decode_mono(path)
            power = mel_power(samples, rate, recipe)
            whole = power
            if recipe.reference is Reference.MIX and Path(mixes[clip_id]) != Path(path):
                whole = mel_power(*decode_mono(mixes[clip_id]), recipe)
            levels = to_levels(power, float(whole.max()))
            made[clip_id] = Logmel(levels.T, len(samples) / rate)
        except DecodeError as error:
            logging.warning("no log-mels: %s: %s", error.kind, error)
    return made
