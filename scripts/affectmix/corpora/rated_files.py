"""Corpora that are label files beside audio files: the part that all such adapters share.

An adapter only reads its rows (:meth:`RatedFiles._read`); here they become clips, labels,
ratings and problems.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
import pandas as pd

from affectmix.corpora import rows as row_checks
from affectmix.corpora.audio_index import AudioIndex
from affectmix.corpora.base import NOTES, Corpus, normal_path
from affectmix.corpora.rows import TEXTS, Scale
from affectmix.errors import CorpusError, Problem
from affectmix.files import is_folder
from affectmix.schemas import LABELS


@dataclass(frozen=True)
class Reading:
    """Rows of a corpus as its files hold them.

    Attributes:
        rows: text columns ``path`` (relative to the audio folder) and any of valence,
            arousal, valence_sd, arousal_sd, quadrant, category, source, rater, clip_id,
            row (where the row stands, for messages). With ``rater``, one row is one rating.
        scales: target -> (low, high), the corpus's own scale, mapped to -1 and 1.
        problems: faults found while reading.
    """

    rows: pd.DataFrame
    scales: Mapping[str, Scale]
    problems: tuple[Problem, ...] = ()


class RatedFiles(Corpus):
    """A corpus whose labels stand in files; see the module's text.

    Attributes:
        obtain: where the corpus is to be had, for whoever lacks it; empty for one's own.
    """

    obtain: ClassVar[str] = ""

    @abstractmethod
    def _read(self) -> Reading:
        """Read the label files; raise CorpusError if they cannot be read."""

    @property
    def _audio_folder(self) -> str:
        """Folder under root, posix, that the rows' paths are relative to."""
        return "."

    @cached_property
    def _index(self) -> AudioIndex:
        return AudioIndex(self.root / self._audio_folder)

    @cached_property
    def _tables(self) -> _Tables:
        if not is_folder(self.root):
            source = f"ask for the corpus at {self.obtain}, " if self.obtain else ""
            fault = f"no such folder; {source}put the corpus there or correct 'root'"
            return _Tables.empty([Problem(str(self.root), "missing", fault)])
        try:
            reading = self._read()
        except CorpusError as error:
            return _Tables.empty(list(error.problems))
        return _build(reading, self._index, self._audio_folder)

    def problems(self) -> list[Problem]:
        """Return every fault visible without decoding audio, sorted."""
        return sorted(set(self._tables.problems))

    def _checked(self) -> _Tables:
        fatal = [p for p in self.problems() if p.kind not in NOTES and p.kind != "missing"]
        if fatal or self._tables.labels.empty:
            raise CorpusError(self.name, fatal or self.problems())
        return self._tables

    def clips(self) -> pd.DataFrame:
        """Return the labelled clips: clip_id, path, by clip_id; their files may be missing.

        Raises:
            CorpusError: the labels cannot be used.
        """
        return self._checked().clips.copy()

    def labels(self) -> pd.DataFrame:
        """Return ``schemas.LABELS``, sorted by clip_id.

        Raises:
            CorpusError: the labels cannot be used.
        """
        return self._checked().labels.copy()

    def ratings(self) -> pd.DataFrame | None:
        """Return ``schemas.RATINGS``, sorted, or None when no rater is named.

        Raises:
            CorpusError: the labels cannot be used.
        """
        ratings = self._checked().ratings
        return None if ratings is None else ratings.copy()


@dataclass(frozen=True)
class _Tables:
    clips: pd.DataFrame
    labels: pd.DataFrame
    ratings: pd.DataFrame | None
    problems: list[Problem]

    @classmethod
    def empty(cls, problems: list[Problem]) -> _Tables:
        clips = pd.DataFrame(columns=["clip_id", "path"])
        return cls(clips, pd.DataFrame(columns=list(LABELS.columns)), None, problems)


def _build(reading: Reading, index: AudioIndex, folder: str) -> _Tables:
    problems = list(reading.problems)
    rows = row_checks.identified(reading.rows, problems)
    rows = row_checks.scaled(rows, reading.scales, problems)
    ratings = None
    if "rater" in rows:
        ratings = row_checks.single_ratings(rows)
        rows = row_checks.averaged(rows, problems)
    rows = row_checks.labelled(rows, problems)
    found = [index.find(path) for path in rows["path"]]
    rows["file"] = pd.Series(found, index=rows.index, dtype=object)
    problems += row_checks.missing(rows, index)
    problems += row_checks.unlabelled(reading.rows, index)
    if rows.empty and not any(p.kind not in NOTES for p in problems):
        problems.append(
            Problem(str(index.folder), "empty", "no labelled clip; add rows to the label file")
        )
    if ratings is not None:
        ratings = ratings[ratings["clip_id"].isin(rows["clip_id"])].reset_index(drop=True)
    rows = rows.sort_values("clip_id", ignore_index=True)
    before = "" if normal_path(folder) == "." else f"{normal_path(folder)}/"
    names = [file or path for file, path in zip(rows["file"], rows["path"], strict=True)]
    paths = [before + normal_path(name) for name in names]
    clips = pd.DataFrame({"clip_id": rows["clip_id"], "path": paths})
    return _Tables(clips, _labels(rows), ratings, problems)


def _labels(rows: pd.DataFrame) -> pd.DataFrame:
    labels = pd.DataFrame({"clip_id": rows["clip_id"].astype(object)})
    for name in LABELS.columns:
        if name in rows:
            labels[name] = rows[name]
        elif name != "clip_id":
            labels[name] = None if name in TEXTS else np.nan
    for name in TEXTS:
        labels[name] = labels[name].astype(object).where(labels[name].notna(), None)
    return labels
