"""Which rows a cell trains on, chooses on and predicts: the same for every learner.

Nothing here knows a learner, so that what only hangs on rows is not done again when a
learner changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from affectmix.cells.tables import CellTables, Phase
from affectmix.errors import TableError
from affectmix.search.task import SearchFold
from affectmix.splits.arithmetic import reference_rows
from affectmix.splits.inner import inner_search_folds, reported_search_folds
from affectmix.splits.mixtures import ViewRows, test_rows, training_rows
from affectmix.splits.schemes import Scheme
from affectmix.tasks import Task, targets_from, task_of

KEY = ["corpus", "clip_id"]


@dataclass(frozen=True)
class CellRows:
    """The rows of one cell in one repeat of its scheme.

    Attributes:
        tables: the cell's tables.
        settings: the cell's settings (``Project.cell_settings``).
        repeat: which repeat of the scheme.
    """

    tables: CellTables
    settings: Mapping[str, Any]
    repeat: int

    @cached_property
    def task(self) -> Task:
        """What the cell's learner is to predict."""
        return task_of(self.settings["learner"])

    @cached_property
    def scheme(self) -> Scheme:
        """How the cell's corpora are cut."""
        return Scheme.parse(self.settings["fields"]["scheme"], repeats=self.repeat + 1)

    @cached_property
    def views(self) -> list[ViewRows]:
        """The rows of the cell's views."""
        return self.tables.view_rows(self.settings["views"], scheme=self.scheme, repeat=self.repeat)

    def of_fold(self, fold: int) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the rows trained on and those predicted when ``fold`` is reported."""
        arithmetic, shares = self.settings["fields"]["arithmetic"], self.settings["shares"]
        if arithmetic == "clean":
            return training_rows(self.views, shares, held_out={fold}), test_rows(
                self.views, fold=fold
            )
        return reference_rows(self.views, shares, fold=fold, version=arithmetic, phase="evaluation")

    def all_training(self) -> pd.DataFrame:
        """Return all rows of the mixture, of which a final model is made."""
        return training_rows(self.views, self.settings["shares"], held_out=())

    def inner_folds(self, train: pd.DataFrame, *, outer: int | None) -> tuple[SearchFold, ...]:
        """Return the inner folds of ``train``, which lacks fold ``outer``, or no fold."""
        return inner_search_folds(
            train, self.views, self.settings["shares"], scheme=self.scheme, outer=outer
        )

    def search_over_all(self) -> tuple[pd.DataFrame, tuple[SearchFold, ...]]:
        """Return the rows and folds of a search over all folds of the repeat.

        Under the paper's protocol these are the folds that are reported later; else it is
        the search of a final model, of which nothing is reported.
        """
        fields = self.settings["fields"]
        if fields["protocol"] == "paper":
            return reported_search_folds(
                self.views,
                self.settings["shares"],
                scheme=self.scheme,
                arithmetic=fields["arithmetic"],
            )
        rows = self.all_training()
        return rows, self.inner_folds(rows, outer=None)

    def labels_of(self, rows: pd.DataFrame, *, phase: Phase) -> np.ndarray:
        """Return the targets of (corpus, clip_id) rows, as the cell's control wants them.

        Classes are those of the controlled labels, so that a clip's labels move together.

        Returns:
            One column per target of the cell's task, in [-1, 1]. [shape=(n, t)]

        Raises:
            TableError: a row has no labels.
        """
        labels = self.tables.controlled_labels(
            self.settings["fields"]["control"],
            self.views,
            seed=self.settings["seed"],
            phase=phase,
            quadrants=self.task is not Task.REGRESSION,
        )
        keys = pd.MultiIndex.from_frame(labels[KEY])
        place = keys.get_indexer(pd.MultiIndex.from_frame(rows[KEY]))
        if (place < 0).any():
            lost = rows.iloc[int(np.argmin(place))]
            raise TableError(
                f"labels of {lost['corpus']!r} lack clip {lost['clip_id']!r}, which has a fold; "
                "delete its splits and run snakemake again"
            )
        return targets_from(labels.iloc[place], self.task)


def prediction_table(
    tested: pd.DataFrame,
    train: pd.DataFrame,
    y_true: np.ndarray,
    y_pred: np.ndarray,
    *,
    targets: Sequence[str],
) -> pd.DataFrame:
    """Return one row per tested clip and target, with how often the clip was trained on.

    Args:
        tested, train: of `CellRows.of_fold`.
        y_true, y_pred: one row per tested row, one column per target. [shape=(n, t)]
        targets: names of these columns.

    Returns:
        ``schemas.CELL_PREDICTIONS``.
    """
    counted = tested.merge(train[[*KEY, "copies"]], on=KEY, how="left")
    in_train = counted["copies"].fillna(0).astype(np.int32)
    frames = [
        tested[["corpus", "view", "clip_id"]].assign(
            target=target,
            y_true=y_true[:, column],
            y_pred=y_pred[:, column],
            in_train=in_train.to_numpy(),
        )
        for column, target in enumerate(targets)
    ]
    return pd.concat(frames, ignore_index=True)
