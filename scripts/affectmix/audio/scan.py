"""What each audio file is: hash, format, length, level, fingerprint, or why it cannot be used.

A scan survives bad files: each becomes a row whose ``status`` says what is wrong.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from affectmix.audio import fingerprint as prints
from affectmix.audio.decode import DecodeError, open_stream, to_mono
from affectmix.errors import Problem
from affectmix.stems.names import loudest_mix
from affectmix.tables import Column, Schema

OK: Final = "ok"
SILENT: Final = "silent"
SHORT: Final = "short"
LOUD: Final = "too_loud"
MAX_PEAK: Final = loudest_mix(16)  # whether or not stems are asked for: what is usable stays so
_SILENT_SWING: Final = 2e-4  # peak to peak, about that of dither at 14 bits; a constant is silent

SCAN: Final = Schema(
    "scan",
    {
        "clip_id": Column(pa.string()),
        "path": Column(pa.string()),
        "status": Column(
            pa.string(),
            allowed=(
                OK,
                SILENT,
                "missing",
                "unreadable",
                "truncated",
                "zero_length",
                "not_finite",
                LOUD,
                "sample_rate",
            ),
        ),
        "message": Column(pa.string(), nullable=True),
        "sha256": Column(pa.string(), nullable=True),
        "duration_s": Column(pa.float64(), nullable=True, low=0.0),
        "sample_rate": Column(pa.int32(), nullable=True, low=1),
        "channels": Column(pa.int32(), nullable=True, low=1),
        "peak": Column(pa.float64(), nullable=True, low=0.0),
        "rms_db": Column(pa.float64(), nullable=True),
        "fingerprint": Column(pa.string(), nullable=True),
    },
    key=("clip_id",),
)


def scan_clips(clips: pd.DataFrame, locate: Callable[[str], Path]) -> pd.DataFrame:
    """Scan the clips of a corpus or of a shard.

    Args:
        clips: columns clip_id and path, as ``Corpus.clips`` gives them.
        locate: from such a path to the file, as ``Corpus.audio_path``.

    Returns:
        A table by :data:`SCAN`, a row per clip, sorted by clip_id.
    """
    rows = [
        {"clip_id": clip_id, "path": path, **scan_clip(locate(path))}
        for clip_id, path in clips[["clip_id", "path"]].itertuples(index=False)
    ]
    table = pd.DataFrame(rows, columns=list(SCAN.columns))
    return table.sort_values("clip_id", ignore_index=True)


def scan_clip(path: Path) -> dict[str, Any]:
    """Scan one audio file; the columns of :data:`SCAN` but clip_id and path.

    ``peak`` is the largest absolute sample, ``rms_db`` the level of the mono mix in dB
    relative to 1; duration in seconds. What is not known is None.
    """
    row: dict[str, Any] = dict.fromkeys(list(SCAN.columns)[2:])
    try:
        if path.is_file():
            with path.open("rb") as file:
                row["sha256"] = hashlib.file_digest(file, "sha256").hexdigest()
        row |= _measure(path)
    except DecodeError as error:
        row |= {"status": error.kind, "message": str(error)}
    except OSError as error:
        row |= {"status": "unreadable", "message": f"{path}: {error.strerror}; make it readable"}
    return row


def usable(scan: pd.DataFrame, *, min_duration_s: float) -> pd.DataFrame:
    """Return the scanned clips that can be used: decodable, audible, long enough, not too loud."""
    fits = (scan["duration_s"] >= min_duration_s) & (scan["peak"] <= MAX_PEAK)
    return scan[(scan["status"] == OK) & fits]


def scan_problems(scan: pd.DataFrame, *, min_duration_s: float) -> list[Problem]:
    """Return what is wrong with scanned clips, those too short for a feature window included.

    Args:
        scan: a table by :data:`SCAN`.
        min_duration_s: shortest usable clip, in seconds.
    """
    bad = scan[scan["status"] != OK]
    problems = [
        Problem(path, status, message)
        for path, status, message in bad[["path", "status", "message"]].itertuples(index=False)
    ]
    short = scan[(scan["status"] == OK) & (scan["duration_s"] < min_duration_s)]
    loud = scan[(scan["status"] == OK) & (scan["peak"] > MAX_PEAK)]
    problems += [
        Problem(
            path,
            LOUD,
            f"reaches {peak:.1f} times full scale; at most {MAX_PEAK:.0f} times can be taken "
            "apart into stems; export it again at a level below full scale, or leave the clip out",
        )
        for path, peak in loud[["path", "peak"]].itertuples(index=False)
    ]
    return problems + [
        Problem(
            path,
            SHORT,
            f"lasts {duration:.3f} s; at least {min_duration_s:g} s are needed for a feature "
            "window; leave the clip out",
        )
        for path, duration in short[["path", "duration_s"]].itertuples(index=False)
    ]


def _measure(path: Path) -> dict[str, Any]:
    stream = open_stream(path)
    blocks, lows, highs = [], [], []
    for block in stream.blocks:
        lows.append(block.min(axis=0))
        highs.append(block.max(axis=0))
        blocks.append(to_mono(block.T))
    mono = np.concatenate(blocks)
    blocks.clear()
    low, high = np.min(lows, axis=0), np.max(highs, axis=0)
    row = {
        "status": OK,
        "duration_s": len(mono) / stream.sample_rate,
        "sample_rate": stream.sample_rate,
        "channels": stream.channels,
        "peak": float(max(-low.min(), high.max())),
    }
    if (high - low).max() <= _SILENT_SWING:
        message = f"{path}: all silence; leave the clip out or export it again"
        return {**row, "status": SILENT, "message": message}
    if np.ptp(mono) <= _SILENT_SWING:
        message = f"{path}: its channels cancel each other in the mono mix; invert one of them"
        return {**row, "status": SILENT, "message": message}
    power = float(np.dot(mono, mono)) / len(mono)
    words = prints.fingerprint(mono, stream.sample_rate)
    return {**row, "rms_db": 10 * np.log10(power), "fingerprint": prints.to_text(words)}
