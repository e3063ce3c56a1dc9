"""Separation by a demucs model (Rouard, Massa, Défossez: hybrid transformers, 2023)."""

from __future__ import annotations

import logging
import random
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import soxr
import torch
from demucs.apply import BagOfModels, apply_model
from demucs.htdemucs import HTDemucs

from affectmix.errors import AffectMixError, ConfigError
from affectmix.stems.separator import ESTIMATED

_SHORTEST_SEGMENT_S: Final = 1.0


class DemucsSeparator:
    """A demucs model on a GPU where there is one, else on the CPU.

    A clip is brought to the model's sampling rate and channels (44.1 kHz, stereo: a mono clip
    stands on both), and its stems back to the clip's own. Where the GPU's memory does not
    suffice, segments are halved until it does; the log and the shard's table say so.

    Args:
        model: as ``demucs.pretrained.get_model`` gives it; it must know vocals, drums, bass.
        shifts: random shifts of up to half a second that are averaged; 0 for none.
        overlap: of the segments, from 0 to below 1.
        segment_s: length of the segments in seconds; None for the model's own.
        threads: threads that it may use on a CPU.

    Raises:
        ConfigError: the model lacks a stem, or cannot take segments of this length.
    """

    def __init__(
        self,
        model: Any,
        *,
        shifts: int = 0,
        overlap: float = 0.25,
        segment_s: float | None = None,
        threads: int = 1,
    ) -> None:
        missing = [stem for stem in ESTIMATED if stem not in model.sources]
        if missing:
            raise ConfigError(
                f"the demucs model separates {list(model.sources)}; {missing[0]!r} is missing. "
                "Name a model that separates vocals, drums and bass"
            )
        self._model = model
        self._parts: list[Any] = list(model.models) if isinstance(model, BagOfModels) else [model]
        longest = min((float(p.segment) for p in self._parts if _is_fixed(p)), default=np.inf)
        if segment_s is not None and segment_s > longest:
            raise ConfigError(
                f"segment: {segment_s:g} s is longer than what the demucs model was trained on; "
                f"at most {longest:g} s are possible, or leave the key out"
            )
        self._shifts, self._overlap = shifts, overlap
        self._given_segment_s = segment_s
        self.segment_s: float | None = segment_s or min(float(p.segment) for p in self._parts)
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        model.to(self.device)
        torch.set_num_threads(threads)

    def __call__(self, mix: np.ndarray, sample_rate: int, *, seed: int) -> npt.NDArray[np.float32]:
        """Return estimates of vocals, drums and bass.

        See :class:`affectmix.stems.separator.Separator`.
        """
        model = self._model
        wave = _resampled(mix, sample_rate, model.samplerate)
        wave = np.broadcast_to(
            wave if len(wave) == model.audio_channels else wave.mean(axis=0),
            (model.audio_channels, wave.shape[1]),
        )
        found = self._applied(torch.from_numpy(np.array(wave)), seed)
        chosen = found[[list(model.sources).index(stem) for stem in ESTIMATED]]
        if len(mix) != model.audio_channels:
            chosen = np.broadcast_to(
                chosen.mean(axis=1, keepdims=True), (len(ESTIMATED), len(mix), wave.shape[1])
            )
        length = mix.shape[1]
        stems = np.zeros((len(ESTIMATED), *mix.shape), dtype=np.float32)
        for stem, estimate in zip(stems, chosen, strict=True):
            back = _resampled(estimate, model.samplerate, sample_rate)[:, :length]
            stem[:, : back.shape[1]] = back
        return stems

    def _applied(self, wave: torch.Tensor, seed: int) -> np.ndarray:
        """Return all sources of a piece [shapes=(channels, n), (sources, channels, n)]."""
        while True:
            random.seed(seed)  # demucs draws its shifts from it
            try:
                found = apply_model(
                    self._model,
                    wave[None],
                    shifts=self._shifts,
                    overlap=self._overlap,
                    device=self.device,
                    segment=self._given_segment_s,
                )
                return found[0].numpy()
            except torch.cuda.OutOfMemoryError as error:
                self._shorten(error)

    def _shorten(self, error: Exception) -> None:
        """Go on with segments of half the length, which need half the GPU's memory."""
        assert self.segment_s is not None
        half = self.segment_s / 2
        if half < _SHORTEST_SEGMENT_S:
            raise AffectMixError(
                f"the GPU's memory does not suffice even for segments of {self.segment_s:g} s "
                f"({error}). End what else runs on it, let fewer jobs run on it at a time "
                "(--resources gpu=1), or hide it with CUDA_VISIBLE_DEVICES= to use the CPU."
            ) from error
        logging.warning(
            "the GPU's memory does not suffice for segments of %g s; going on with %g s, which "
            "separates a little worse",
            self.segment_s,
            half,
        )
        self.segment_s = self._given_segment_s = half
        for part in self._parts:
            if _is_fixed(part):
                part.use_train_segment = False  # else it pads to the length it was trained on
        torch.cuda.empty_cache()


def _is_fixed(model: Any) -> bool:
    """Return whether a model takes no longer segments than it was trained on."""
    return isinstance(model, HTDemucs) and bool(model.use_train_segment)


def _resampled(wave: np.ndarray, rate: int, wanted: int) -> np.ndarray:
    """Resample [shape=(channels, n)] between rates in Hz."""
    if rate == wanted:
        return wave
    resampled: np.ndarray = soxr.resample(wave.T, rate, wanted).T
    return resampled
