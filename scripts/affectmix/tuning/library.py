"""The songs of one test fold: those that a listener may be asked about, and those never."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from affectmix.corpora.base import TARGETS
from affectmix.errors import ConfigError
from affectmix.schemas import GROUPS
from affectmix.tasks import Task, probabilities_from_scores, quadrants_of, targets_of
from affectmix.tuning.songs import Songs

if TYPE_CHECKING:
    from affectmix.learners.user_tuned.model import GeneralModel

_STREAM = 70


@dataclass(frozen=True)
class Library:
    """What one general model predicted of songs that it was not trained on.

    The model is that of one outer fold, and the songs are those of the fold: neither they nor
    a song of their groups was trained on, so nothing that tuning starts from has seen them.

    Attributes:
        repeat, fold: of the cell's scheme.
        clips: corpus, clip_id, group, valence, arousal and quadrant of each song: the corpus'
            labels, null where it has none.
        songs: as the model predicted them.
        network: the model itself, where it is one of the learner ``user_tuned``.
    """

    repeat: int
    fold: int
    clips: pd.DataFrame
    songs: Songs
    network: GeneralModel | None = None

    @property
    def affect(self) -> np.ndarray:
        """The corpus' valence and arousal of each song, NaN where null [shape=(n, 2)]."""
        return self.clips[list(TARGETS)].to_numpy(dtype=float)

    def take(self, numbers: np.ndarray) -> Library:
        """Return some of the songs, in this order."""
        rows = self.clips.iloc[numbers].reset_index(drop=True)
        return replace(self, clips=rows, songs=self.songs.take(numbers))

    def halves(self, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the songs that may be asked about, and the others; no group is in both.

        What tuning is worth is measured on the others, which are the same for every method,
        number of songs and way of choosing them.
        """
        groups = np.sort(self.clips["group"].unique())
        order = np.random.default_rng([seed, _STREAM, self.repeat, self.fold]).permutation(groups)
        sizes = self.clips["group"].value_counts()
        before = np.cumsum([0, *sizes[order].to_numpy()[:-1]])
        asked = self.clips["group"].isin(order[before < len(self.clips) / 2]).to_numpy()
        return np.flatnonzero(asked), np.flatnonzero(~asked)


def read_library(
    predictions: pd.DataFrame,
    labels: pd.DataFrame,
    groups: pd.DataFrame,
    *,
    task: Task,
    repeat: int,
    fold: int,
) -> Library:
    """Return a fold's songs in the order of their ids, without components.

    Args:
        predictions: ``schemas.CELL_PREDICTIONS`` of the fold.
        labels: ``schemas.LABELS`` of all its corpora, with ``corpus``.
        groups: ``schemas.GROUPS``.
        task: what the cell's learner predicts.
        repeat, fold: of the cell's scheme.

    Raises:
        ConfigError: a song was trained on, or the task has no listeners.
    """
    if task not in (Task.REGRESSION, Task.QUADRANT):
        raise ConfigError(
            f"listeners: task {str(task)!r} found; listeners are tuned to models of "
            "task: regression or quadrant. Take another learner under listeners.from."
        )
    if predictions["in_train"].any():
        raise ConfigError(
            "listeners: a tested clip was trained on; take a cell with arithmetics: [clean]"
        )
    key = ["corpus", "clip_id"]
    wide = predictions.drop_duplicates([*key, "target"]).pivot(
        index=key, columns="target", values="y_pred"
    )
    scores = wide.sort_index()[list(targets_of(task))].dropna()
    clips = scores.reset_index()[key].merge(labels, on=key, how="left", validate="1:1")
    clips = clips.merge(groups[list(GROUPS.columns)], on=key, how="left", validate="1:1")
    clips["quadrant"] = quadrants_of(clips)
    values = scores.to_numpy()
    predicted = values if task is Task.REGRESSION else probabilities_from_scores(values, task)
    return Library(repeat, fold, clips, Songs.of_clips(predicted))
