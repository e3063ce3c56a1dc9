"""One cell: choose inside the training folds, fit, and predict the test fold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from affectmix.cells.final import FinalModel
from affectmix.cells.rows import KEY, CellRows, prediction_table
from affectmix.cells.tables import TARGETS, CellTables
from affectmix.learners import make_learner
from affectmix.learners.base import Choice
from affectmix.search.task import SearchFold, SearchTask


@dataclass(frozen=True)
class FoldResult:
    """What one evaluation leaves behind.

    Attributes:
        predictions: ``schemas.CELL_PREDICTIONS``.
        train: ``schemas.TRAIN_ROWS``, the rows trained on.
        choice: what the search chose, and what it says of itself.
    """

    predictions: pd.DataFrame
    train: pd.DataFrame
    choice: Choice


def evaluate_fold(
    tables: CellTables,
    settings: Mapping[str, Any],
    *,
    repeat: int,
    fold: int,
    choice: Choice | None = None,
    threads: int = 1,
) -> FoldResult:
    """Train outside one test fold and predict it, for every view of the cell.

    Args:
        tables: the cell's tables.
        settings: the cell's settings (``Project.cell_settings``).
        repeat: which repeat of the scheme.
        fold: the tested fold.
        choice: hyper-parameters chosen beforehand (protocol: paper); None to choose them
            inside the training folds (protocol: nested).
        threads: threads that the search may use.
    """
    rows = CellRows(tables, settings, repeat)
    train, tested = rows.of_fold(fold)
    learner = make_learner(settings["learner"], threads=threads)
    X, Y = tables.feature_rows(train), rows.labels_of(train, phase="train")
    if choice is None:
        folds = rows.inner_folds(train, outer=fold)
        choice = learner.search(_task(X, Y, train, folds, settings))
    copies = train["copies"].to_numpy()
    test_X, test_Y = tables.feature_rows(tested), rows.labels_of(tested, phase="test")
    predicted = np.empty_like(test_Y)
    converged: dict[str, bool] = {}
    for column, target in enumerate(TARGETS):
        model = learner.fit(X.repeat(copies, axis=0), Y[:, column].repeat(copies), target, choice)
        predicted[:, column] = model.predict(test_X)
        converged[target] = bool(model.converged)
    return FoldResult(
        prediction_table(tested, train, test_Y, predicted),
        train[[*KEY, "copies"]],
        Choice(choice.points, {**choice.report, "fits": converged}),
    )


def search_over_all_folds(
    tables: CellTables, settings: Mapping[str, Any], *, repeat: int, threads: int = 1
) -> Choice:
    """Choose hyper-parameters over all folds of a repeat.

    This is the paper's protocol, where the folds are those that are reported later, and
    the search of a final model, of which nothing is reported.
    """
    cell = CellRows(tables, settings, repeat)
    rows, folds = cell.search_over_all()
    learner = make_learner(settings["learner"], threads=threads)
    X, Y = tables.feature_rows(rows), cell.labels_of(rows, phase="train")
    return learner.search(_task(X, Y, rows, folds, settings))


def fit_final(tables: CellTables, settings: Mapping[str, Any], choice: Choice) -> FinalModel:
    """Return the cell's model of every target, fitted on all rows of its mixture."""
    cell = CellRows(tables, settings, repeat=0)
    rows = cell.all_training()
    X, Y = tables.feature_rows(rows), cell.labels_of(rows, phase="train")
    learner = make_learner(settings["learner"])
    models = {
        target: learner.fit(X, Y[:, column], target, choice)
        for column, target in enumerate(TARGETS)
    }
    description = {
        "settings": dict(settings),
        "chosen": choice.points,
        "converged": {target: bool(model.converged) for target, model in models.items()},
        "rows": {str(corpus): int(n) for corpus, n in rows["corpus"].value_counts().items()},
    }
    return FinalModel(models, tables.feature_names(), description)


def _task(
    X: np.ndarray,
    Y: np.ndarray,
    rows: pd.DataFrame,
    folds: tuple[SearchFold, ...],
    settings: Mapping[str, Any],
) -> SearchTask:
    strata = rows.groupby(["corpus", "class"]).ngroup().to_numpy()
    return SearchTask(
        X, Y, TARGETS, strata, rows["priority"].to_numpy(), folds, seed=settings["seed"]
    )
