"""Short excerpts of a few clips' stems, to be listened to in the report."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import soundfile
import soxr

from affectmix.audio.decode import decode_mono
from affectmix.schemas import EXCERPTS
from affectmix.stems.names import MIX, STEMS

LONGEST_S: Final = 6.0
_RATE: Final = 22_050  # Hz; enough to tell stems apart, and small
_CLIPS: Final = 3


def telling_clips(contributions: pd.DataFrame, *, clips: int = _CLIPS) -> list[tuple[str, str]]:
    """Return the (corpus, clip_id) in which one stem moves a prediction most, of each stem one.

    Args:
        contributions: ``schemas.STEM_CONTRIBUTIONS``; those without a control count.
        clips: how many at most.
    """
    rows = contributions[contributions["control"] == "none"]
    rows = rows.assign(size=rows["contribution"].abs())
    ranked = rows.sort_values(
        ["size", "corpus", "clip_id", "stem", "target"], ascending=[False, *[True] * 4]
    )
    found: dict[str, tuple[str, str]] = {}
    for stem, corpus, clip_id in ranked[["stem", "corpus", "clip_id"]].itertuples(index=False):
        clip = (str(corpus), str(clip_id))
        if stem not in found and clip not in found.values():
            found[stem] = clip
        if len(found) == clips:
            break
    return list(found.values())


def cut_excerpts(clips: Sequence[Sequence[Any]], chosen: Sequence[tuple[str, str]]) -> pd.DataFrame:
    """Return the middle of the mix and of each stem of some clips, as data URIs of mp3.

    Args:
        clips: [corpus, clip_id, mix, folder of its stems].
        chosen: the (corpus, clip_id) to cut.

    Returns:
        ``schemas.EXCERPTS``; a clip whose stems could not be made has no rows.
    """
    rows = []
    for corpus, clip_id, mix, folder in clips:
        if (corpus, clip_id) not in chosen or not Path(folder).is_dir():
            continue
        for stem in (MIX, *STEMS):
            file = mix if stem == MIX else Path(folder) / f"{stem}.flac"
            samples, start_s = _middle(*decode_mono(file))
            rows.append(
                {
                    "corpus": corpus,
                    "clip_id": clip_id,
                    "stem": stem,
                    "start_s": start_s,
                    "duration_s": len(samples) / _RATE,
                    "audio": _data_uri(samples),
                }
            )
    return pd.DataFrame(rows, columns=list(EXCERPTS.columns))


def cut_beginnings(
    clips: Sequence[Sequence[Any]], chosen: Sequence[tuple[str, str]], *, longest_s: float = 30.0
) -> pd.DataFrame:
    """Return some clips from their start, as data URIs of mp3.

    Args:
        clips: [corpus, clip_id, file].
        chosen: the (corpus, clip_id) to cut.
        longest_s: what is kept of each, in seconds.

    Returns:
        ``schemas.EXCERPTS``, of the mix alone.
    """
    rows = []
    for corpus, clip_id, file in clips:
        if (corpus, clip_id) in chosen:
            decoded, rate = decode_mono(file)
            samples = soxr.resample(decoded[: round(longest_s * rate)], rate, _RATE)
            place = {"corpus": corpus, "clip_id": clip_id, "stem": MIX, "start_s": 0.0}
            heard = {"duration_s": len(samples) / _RATE, "audio": _data_uri(samples)}
            rows.append({**place, **heard})
    return pd.DataFrame(rows, columns=list(EXCERPTS.columns))


def _middle(samples: np.ndarray, rate: int) -> tuple[np.ndarray, float]:
    """Return the middle seconds at the excerpts' sampling rate, and where they start (s)."""
    length = min(len(samples), round(LONGEST_S * rate))
    start = (len(samples) - length) // 2
    return soxr.resample(samples[start : start + length], rate, _RATE), start / rate


def _data_uri(samples: np.ndarray) -> str:
    """Return mono audio as mp3, which every browser plays and whose bytes hold no chance."""
    stream = io.BytesIO()
    soundfile.write(stream, np.clip(samples, -1, 1), _RATE, format="MP3", subtype="MPEG_LAYER_III")
    return "data:audio/mpeg;base64," + base64.b64encode(stream.getvalue()).decode("ascii")
