"""The files of DEAM, as its archives hold them."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from affectmix.corpora.deam_check import round_of
from affectmix.corpora.mediaeval import SCALE, first_folder, read_static
from affectmix.corpora.tabular import read_text_table, to_numbers
from affectmix.errors import CorpusError, Problem
from affectmix.schemas import RATINGS

_ANNOTATIONS: Final = ("annotations", "DEAM_Annotations/annotations", "annotations/annotations")
_METADATA: Final = ("metadata/metadata", "metadata", "DEAM_metadata")
_AVERAGED: Final = "annotations averaged per song"
_STATIC: Final = (
    f"{_AVERAGED}/song_level/static_annotations_averaged_songs_1_2000.csv",
    f"{_AVERAGED}/song_level/static_annotations_averaged_songs_2000_2058.csv",
)
_DYNAMIC: Final = {
    target: f"{_AVERAGED}/dynamic (per second annotations)/{target}.csv"
    for target in ("valence", "arousal")
}
_RATERS: Final = "annotations per each rater/song_level"
_RATER_FILES: Final = {
    f"{_RATERS}/static_annotations_songs_1_2000.csv": {
        "rater": "workerID",
        "clip_id": "SongId",
        "valence": "Valence",
        "arousal": "Arousal",
    },
    f"{_RATERS}/static_annotations_songs_2000_2058.csv": {
        "rater": "WorkerId",
        "clip_id": "SongId",
        "valence": "Valence_Average",
        "arousal": "Arousal_Average",
    },
}
# Where song number, artist and genre stand: fields beyond the header make names useless.
_SONGS: Final = {
    "metadata_2013.csv": (0, 2, 6),
    "metadata_2014.csv": (0, 1, 4),
    "metadata_2015.csv": (0, 3, 5),
}


def needed(root: Path) -> list[Path]:
    """Return the averaged annotations, static and dynamic; the later songs' if they are there."""
    folder = _annotations(root)
    first, later = (folder / name for name in _STATIC)
    dynamic = [folder / name for name in _DYNAMIC.values()]
    return [first, *([later] if later.is_file() else []), *dynamic]


def optional(root: Path) -> list[Path]:
    """Return the files of single raters and of metadata that are there."""
    songs = root / first_folder(root, _METADATA)
    wanted = [*(_annotations(root) / name for name in _RATER_FILES), *(songs / n for n in _SONGS)]
    return [file for file in wanted if file.is_file()]


def static(root: Path, *, corpus: str) -> pd.DataFrame:
    """Return the averaged static annotations as text, as `mediaeval.read_static` does.

    Raises:
        CorpusError: a file is missing, unreadable, or lacks a column.
    """
    files = needed(root)[: -len(_DYNAMIC)]
    return pd.concat([read_static(f, corpus=corpus) for f in files], ignore_index=True)


def dynamic_means(root: Path, *, corpus: str) -> pd.DataFrame:
    """Return the mean valence and arousal over time, -1 to 1, by clip_id (text).

    Raises:
        CorpusError: a file is missing or unreadable.
    """
    means = {}
    for target, name in _DYNAMIC.items():
        file = _annotations(root) / name
        fault = "the static annotations are checked against it; put it there"
        if not file.is_file():
            raise CorpusError(corpus, [Problem(str(file), "missing", f"no such file; {fault}")])
        try:
            table = pd.read_csv(file, index_col=0, skipinitialspace=True)
            if table.index.has_duplicates:
                twice = table.index[table.index.duplicated()][0]
                raise ValueError(f"song {twice} stands twice")
            means[target] = table.astype(float).mean(axis=1)
        except (OSError, ValueError, IndexError) as error:
            raise CorpusError(
                corpus, [Problem(str(file), "unreadable", f"{error}; {fault}")]
            ) from error
    frame = pd.DataFrame(means)
    return frame.set_axis(frame.index.astype(str), axis=0)


def metadata(root: Path) -> pd.DataFrame:
    """Return clip_id, source (artist) and category (first genre) of the songs with metadata."""
    folder = root / first_folder(root, _METADATA)
    rows = []
    for name, places in _SONGS.items():
        if not (folder / name).is_file():
            continue
        with (folder / name).open(encoding="utf-8", errors="replace", newline="") as stream:
            for fields in csv.reader(stream):
                texts = [fields[place].strip() if place < len(fields) else "" for place in places]
                if texts[0].isdigit():
                    rows.append(texts)
    songs = pd.DataFrame(rows, columns=["clip_id", "source", "category"], dtype=object)
    songs["category"] = songs["category"].map(lambda genres: genres.split("-")[0].strip())
    return songs.replace("", None).drop_duplicates("clip_id")


def ratings(root: Path, labels: pd.DataFrame, *, corpus: str) -> pd.DataFrame | None:
    """Return ``schemas.RATINGS`` of the labelled songs, or None without the raters' files.

    Args:
        root: the corpus's folder.
        labels: rows of ``schemas.LABELS``; a round's targets change places in the raters'
            file where their means then come nearer to these.
        corpus: its name, for messages.

    Raises:
        CorpusError: a file is unreadable or lacks a column.
    """
    files = [name for name in _RATER_FILES if (_annotations(root) / name).is_file()]
    if not files:
        return None
    tables = [
        read_text_table(_annotations(root) / name, dict(_RATER_FILES[name]), corpus=corpus)
        for name in files
    ]
    rows = pd.concat(tables, ignore_index=True).dropna(subset=["rater", "clip_id"])
    low, high = SCALE
    for target in ("valence", "arousal"):
        numbers = (to_numbers(rows[target])[0] - (low + high) / 2) / ((high - low) / 2)
        rows[target] = numbers.where(numbers.abs() <= 1)
    rows = rows[rows["clip_id"].isin(labels["clip_id"])]
    # Some raters heard a song twice.
    once = rows.groupby(["clip_id", "rater"], as_index=False)[["valence", "arousal"]].mean()
    return _named_as(once, labels)[list(RATINGS.columns)]


def _named_as(rated: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    known = labels.set_index("clip_id")[["valence", "arousal"]]
    means = rated.groupby("clip_id")[["valence", "arousal"]].mean()
    years = pd.Series([round_of(song) for song in means.index], index=means.index, dtype=object)
    named = rated.copy()
    for year in years.dropna().unique():
        own = means[years == year]
        wanted = known.loc[own.index].to_numpy()
        straight = np.nanmean(np.abs(own.to_numpy() - wanted))
        crossed = np.nanmean(np.abs(own.to_numpy()[:, ::-1] - wanted))
        if crossed < straight:
            place = rated["clip_id"].map(round_of) == year
            named.loc[place, "valence"] = rated.loc[place, "arousal"]
            named.loc[place, "arousal"] = rated.loc[place, "valence"]
    return named


def _annotations(root: Path) -> Path:
    found = [name for name in _ANNOTATIONS if (root / name / _AVERAGED).is_dir()]
    return root / (found[0] if found else _ANNOTATIONS[0])
