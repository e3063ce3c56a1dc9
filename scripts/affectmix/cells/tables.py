"""The tables that a cell reads, joined by clip id and never by row number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from affectmix import schemas
from affectmix.cells.excerpts import ExcerptReader
from affectmix.cells.feature_shards import disk_rows
from affectmix.cells.views import members
from affectmix.corpora.base import TARGETS
from affectmix.errors import ConfigError, TableError
from affectmix.features.disk_rows import Features
from affectmix.features.logmel_recipes import FLOOR_DB
from affectmix.features.stem_shards import feature_columns
from affectmix.splits.controls import control_labels
from affectmix.splits.mixtures import ViewRows
from affectmix.splits.schemes import Scheme
from affectmix.tables import read_table

Phase = Literal["train", "test"]


@dataclass(frozen=True)
class CellTables:
    """Labels, splits, groups and features of a cell's corpora.

    Attributes:
        labels: corpus → ``schemas.LABELS``.
        splits: corpus → ``schemas.SPLITS`` of the cell's scheme.
        groups: ``schemas.GROUPS`` of all corpora.
        features: corpus → ``schemas.FEATURES``; empty for learners that use none.
        logmels: corpus → stem → shards; empty for learners that do not listen to log-mels.
        shards: corpus → stem → shards of features, of corpora too large for one table.
    """

    labels: dict[str, pd.DataFrame]
    splits: dict[str, pd.DataFrame]
    groups: pd.DataFrame
    features: dict[str, pd.DataFrame]
    logmels: dict[str, dict[str, list[str | Path]]] = field(default_factory=dict)
    shards: dict[str, dict[str, list[str | Path]]] = field(default_factory=dict)

    @classmethod
    def read(cls, files: Mapping[str, Any]) -> CellTables:
        """Read the files named ``labels_<corpus>``, ``splits_…``, ``features_…`` and ``groups``.

        Of shards, ``logmels_<stem>_<corpus>`` and ``shards_<stem>_<corpus>``, the names alone
        are kept: they are read when excerpts or features are asked for.
        """
        kinds: dict[str, dict[str, pd.DataFrame]] = {"labels": {}, "splits": {}, "features": {}}
        declared = {
            "labels": schemas.LABELS,
            "splits": schemas.SPLITS,
            "features": schemas.FEATURES,
        }
        listed: dict[str, dict[str, dict[str, list[str | Path]]]] = {"logmels": {}, "shards": {}}
        for name, file in files.items():
            kind, _, corpus = name.partition("_")
            if kind in declared and corpus:
                kinds[kind][corpus] = read_table(file, declared[kind])
            elif kind in listed:
                stem, _, corpus = corpus.partition("_")
                listed[kind].setdefault(corpus, {})[stem] = list(file)
        groups = read_table(files["groups"], schemas.GROUPS)
        return cls(kinds["labels"], kinds["splits"], groups, kinds["features"], **listed)

    @classmethod
    def read_for_audit(
        cls,
        labels: Mapping[str, str],
        splits: Mapping[str, str],
        groups: str,
        *,
        scheme: str,
    ) -> CellTables:
        """Read what cells of one scheme are judged by.

        Args:
            labels: ``labels_<corpus>`` → file.
            splits: ``splits_<corpus>__<scheme>`` → file, of any schemes.
            groups: the groups of all corpora.
            scheme: the scheme whose splits are read.
        """
        own = {n.rpartition("__")[0]: f for n, f in splits.items() if n.endswith(f"__{scheme}")}
        return cls.read({**labels, **own, "groups": groups})

    def view_rows(
        self, views: Mapping[str, Mapping[str, Any]], *, scheme: Scheme, repeat: int
    ) -> list[ViewRows]:
        """Return each view's clips with fold, class, priority and group of one repeat."""
        return [
            ViewRows(view, definition["corpus"], self._view_frame(view, definition, scheme, repeat))
            for view, definition in views.items()
        ]

    def _view_frame(
        self, view: str, definition: Mapping[str, Any], scheme: Scheme, repeat: int
    ) -> pd.DataFrame:
        corpus = definition["corpus"]
        split = self.splits[corpus]
        labels = self.labels[corpus]
        if "balanced" in definition:  # as many as are wanted, of those that can be used
            labels = labels[labels["clip_id"].isin(split["clip_id"])]
        own = members(labels, definition, view=view)["clip_id"]
        chosen = (split["repeat"] == repeat) & split["clip_id"].isin(own)
        frame = split.loc[chosen, ["clip_id", "fold", "class", "priority"]]
        if frame.empty:
            raise ConfigError(
                f"views.{view}: no rated clip of corpus {corpus!r} belongs to it; "
                "check its categories"
            )
        lacking = sorted(set(scheme.test_folds()) - set(frame["fold"]))
        if lacking:
            raise ConfigError(
                f"views.{view}: folds {lacking} of scheme {scheme.name!r} hold none of its "
                f"{len(frame)} clips; take fewer folds or a larger view"
            )
        if not scheme.grouped:
            frame = frame.assign(group=corpus + "/" + frame["clip_id"])
        else:
            own = self.groups.loc[self.groups["corpus"] == corpus, ["clip_id", "group"]]
            frame = frame.merge(own, on="clip_id", how="left", validate="1:1")
        if frame["group"].isna().any():
            lost = frame.loc[frame["group"].isna(), "clip_id"].iloc[0]
            raise TableError(
                f"results/groups.parquet: clip {lost!r} of corpus {corpus!r} has no group; "
                "delete the file and run snakemake again"
            )
        return frame.sort_values("clip_id", ignore_index=True)

    def feature_rows(self, rows: pd.DataFrame) -> Features:
        """Return the raw features of (corpus, clip_id) rows. [shape=(n, d), float32]

        They are on disk where a corpus is too large for one table. Learners without features
        get one empty column per row's place. [shape=(n, 0)]
        """
        if self.shards:
            return disk_rows(rows, self.features, self.shards)
        if not self.features:
            return np.empty((len(rows), 0), dtype=np.float32)
        columns: list[str] | None = None
        matrix: np.ndarray | None = None
        for corpus, frame in self.features.items():
            names = [name for name in frame.columns if name != "clip_id"]
            if columns is not None and names != columns:
                raise TableError(
                    f"features of {corpus!r} have other columns than those of another corpus; "
                    "delete results/features and run snakemake again"
                )
            columns = names
            if matrix is None:
                matrix = np.empty((len(rows), len(names)), dtype=np.float32)
            own = np.flatnonzero(rows["corpus"].to_numpy() == corpus)
            place = pd.Index(frame["clip_id"]).get_indexer(rows["clip_id"].iloc[own])
            if (place < 0).any():
                lost = rows["clip_id"].iloc[own[place < 0][0]]
                raise TableError(f"features of {corpus!r} lack clip {lost!r}; delete the file")
            matrix[own] = frame[names].to_numpy(dtype=np.float32)[place]
        assert matrix is not None
        return matrix

    def excerpts(
        self, rows: pd.DataFrame, *, duration_s: float, seed: int, beyond: float = FLOOR_DB
    ) -> np.ndarray:
        """Return log-mels of (corpus, clip_id) rows. [shape=(n, stems, bands, frames), float16]

        Args:
            rows: the clips.
            duration_s: length of the excerpts.
            seed: of where in its clip each begins.
            beyond: what stands beyond a clip's end: the lowest level, or NaN.
        """
        return ExcerptReader(self.logmels).read(
            rows, duration_s=duration_s, seed=seed, beyond=beyond
        )

    def feature_names(self) -> list[str]:
        """Return the names of the feature columns, in order."""
        for stems in self.shards.values():
            return feature_columns(stems)
        for frame in self.features.values():
            return [name for name in frame.columns if name != "clip_id"]
        return []

    def controlled_labels(
        self,
        control: str,
        views: Sequence[ViewRows],
        *,
        seed: int,
        phase: Phase,
        quadrants: bool = False,
    ) -> pd.DataFrame:
        """Return corpus, clip_id and labels of all clips, as a control wants them.

        Args:
            control: ``none``, ``permuted`` or ``uniform-<view>``.
            views: the cell's views.
            seed: another seed gives other labels.
            phase: ``train`` or ``test``: whether they are trained on or tested against.
            quadrants: whether ``quadrant`` is asked for beside valence and arousal.
        """
        carried = ["quadrant"] if quadrants else []
        labels = pd.concat(
            [frame.assign(corpus=corpus) for corpus, frame in self.labels.items()],
            ignore_index=True,
        )[["corpus", "clip_id", *TARGETS, *carried]]
        clips = {view.view: (view.corpus, view.frame["clip_id"]) for view in views}
        return control_labels(
            labels, control, seed=seed, phase=phase, view_clips=clips, carried=carried
        )
