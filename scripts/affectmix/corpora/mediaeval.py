"""What EmoMusic and DEAM have in common: songs by MediaEval number, rated from 1 to 9.

MediaEval's "Emotion in Music" task grew year by year: EmoMusic is its first round, 2013, and
DEAM holds all rounds. A number means the same song in both, in EmoMusic a 45 s clip of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pandas as pd

from affectmix.corpora.tabular import read_text_table
from affectmix.errors import CorpusError

SCALE: Final = (1.0, 9.0)
RECORDINGS: Final = "MediaEval song"
_VALUES: Final = ("valence", "arousal", "valence_sd", "arousal_sd")
# EmoMusic writes mean_arousal, DEAM arousal_mean, and copies of the one the other's.
_HEADERS: Final = (
    {"valence": "valence_mean", "arousal": "arousal_mean"}
    | {"valence_sd": "valence_std", "arousal_sd": "arousal_std"},
    {"valence": "mean_valence", "arousal": "mean_arousal"}
    | {"valence_sd": "std_valence", "arousal_sd": "std_arousal"},
)


def read_static(file: Path, *, corpus: str) -> pd.DataFrame:
    """Return the static annotations of a file as text: clip_id, `_VALUES`, path and row.

    Raises:
        CorpusError: the file is missing, unreadable, or lacks a column under either name.
    """
    faults: list[CorpusError] = []
    for header in _HEADERS:
        try:
            rows = read_text_table(file, {"clip_id": "song_id", **header}, corpus=corpus)
        except CorpusError as error:
            faults.append(error)
            continue
        rows["path"] = rows["clip_id"].map(lambda song: f"{song}.mp3", na_action="ignore")
        return rows
    raise faults[0]


def exchanged(rows: pd.DataFrame, chosen: pd.Series) -> pd.DataFrame:
    """Return rows whose valence and arousal, and deviations, change places where ``chosen``."""
    turned = rows.copy()
    for one, other in (("valence", "arousal"), ("valence_sd", "arousal_sd")):
        turned.loc[chosen, one] = rows.loc[chosen, other]
        turned.loc[chosen, other] = rows.loc[chosen, one]
    return turned


def recordings(clip_ids: pd.Series) -> pd.DataFrame:
    """Return clip_id and recording: what a song is called in every corpus of MediaEval."""
    return pd.DataFrame({"clip_id": clip_ids, "recording": RECORDINGS + " " + clip_ids})


def first_folder(root: Path, names: Sequence[str]) -> str:
    """Return the first of some folders that is under ``root``; the first of all if none is."""
    return next((name for name in names if (root / name).is_dir()), names[0])
