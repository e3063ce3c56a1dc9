"""How near separated stems come to the true ones, where those are known."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import torch
from torchmetrics.functional.audio import (
    scale_invariant_signal_distortion_ratio,
    signal_distortion_ratio,
)

from affectmix.audio.decode import decode_mono
from affectmix.errors import AudioError
from affectmix.schemas import SEPARATION
from affectmix.stems.given import aligned
from affectmix.stems.names import STEMS

_SILENT: Final = 1e-6  # standard deviation of a true stem that no ratio is defined for

_SDR: Final[Mapping[str, Callable[..., torch.Tensor]]] = {
    "sdr": signal_distortion_ratio,
    "si_sdr": scale_invariant_signal_distortion_ratio,
}


def clip_quality(
    mix: str | Path, estimates: Mapping[str, str | Path], true: Mapping[str, str | Path]
) -> pd.DataFrame:
    """Return SDR and SI-SDR of a clip's stems, in dB, as torchmetrics computes them.

    ``sdr`` is that of BSS Eval version 4 (a distortion filter of 512 taps is forgiven),
    ``si_sdr`` that of Le Roux et al. 2019 (a gain is); both on the mean of the channels.
    ``mix_sdr`` and ``mix_si_sdr`` are what the mix itself reaches as the estimate of a stem:
    what separation is better than that is its merit.

    Args:
        mix: file of the mix.
        estimates: stem → file of the separated stem.
        true: stem → file of the true stem.

    Returns:
        The columns of ``schemas.SEPARATION`` but clip_id, a row per stem; values are NaN
        where the true stem is silent, or the estimate is.

    Raises:
        AudioError: a file cannot be decoded, or the files differ in rate or length.
    """
    whole, rate = decode_mono(mix)
    rows = []
    for stem in STEMS:
        truth, found = (
            aligned(file, whole[np.newaxis], rate)[0] for file in (true[stem], estimates[stem])
        )
        row: dict[str, float | str] = {"stem": stem}
        for prefix, signal in (("", found), ("mix_", whole)):
            for name, ratio in _SDR.items():
                defined = truth.std() > _SILENT and signal.std() > _SILENT
                value = ratio(_tensor(signal), _tensor(truth)).item() if defined else np.nan
                row[prefix + name] = value
        rows.append(row)
    return pd.DataFrame(rows, columns=[name for name in SEPARATION.columns if name != "clip_id"])


def corpus_quality(clips: Sequence[Sequence[Any]]) -> pd.DataFrame:
    """Return ``schemas.SEPARATION`` of a corpus's clips.

    A clip without separated stems, or whose true stems do not fit, is named in the log.

    Args:
        clips: [clip_id, mix, folder of its stems, stem → file of the true stem].
    """
    tables = []
    for clip_id, mix, folder, true in clips:
        estimates = {stem: Path(folder) / f"{stem}.flac" for stem in STEMS}
        try:
            tables.append(clip_quality(mix, estimates, true).assign(clip_id=clip_id))
        except AudioError as error:
            logging.warning("not measured: %s: %s", clip_id, error)
    empty = pd.DataFrame(columns=list(SEPARATION.columns))
    return pd.concat(tables, ignore_index=True) if tables else empty


def _tensor(signal: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(signal.astype(np.float64))
