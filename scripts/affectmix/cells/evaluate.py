"""One cell: choose inside the training folds, fit, and predict the test fold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from affectmix.cells.beginnings import read_beginnings
from affectmix.cells.domain import Domain
from affectmix.cells.final import FinalModel
from affectmix.cells.rows import KEY, CellRows, prediction_table
from affectmix.cells.segment_rows import segment_table, training_report
from affectmix.cells.tables import CellTables
from affectmix.features.disk_rows import DiskRows, Features
from affectmix.features.logmel_recipes import FLOOR_DB
from affectmix.learners import UNPADDED, make_learner
from affectmix.learners.base import Choice, Learner, MeasuringLearner, TargetModel
from affectmix.learners.segments.recipe import grid_s
from affectmix.search.row_blocks import blocks
from affectmix.search.task import SearchFold, SearchTask
from affectmix.stems.names import sources_of
from affectmix.tasks import targets_of, task_of


@dataclass(frozen=True)
class FoldResult:
    """What one evaluation leaves behind.

    Attributes:
        predictions: ``schemas.CELL_PREDICTIONS``.
        train: ``schemas.TRAIN_ROWS``, the rows trained on.
        choice: what the search chose, and what it says of itself.
        segments: ``schemas.SEGMENTS`` of learners that hear segments.
    """

    predictions: pd.DataFrame
    train: pd.DataFrame
    choice: Choice
    segments: pd.DataFrame | None = None


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
    learner = learner_of(settings, threads=threads)
    X, Y = features_of(tables, settings, train), rows.labels_of(train, phase="train")
    if choice is None:
        folds = rows.inner_folds(train, outer=fold)
        choice = learner.search(_task(X, Y, train, folds, settings))
    copies = train["copies"].to_numpy()
    targets = targets_of(rows.task)
    models = learner.fit(X.repeat(copies, axis=0), Y.repeat(copies, axis=0), targets, choice)
    test_X, test_Y = features_of(tables, settings, tested), rows.labels_of(tested, phase="test")
    predicted = np.column_stack([_predictions(model, test_X) for model in models.values()])
    fits: dict[str, Any] = {"fits": {t: bool(model.converged) for t, model in models.items()}}
    if isinstance(learner, MeasuringLearner):
        fits["tested"] = learner.measure(models, test_X, test_Y)
    segments = None
    if settings["learner"]["kind"] == "segments":
        heard = train.loc[train.index.repeat(copies)], X.repeat(copies, axis=0)
        segments = segment_table(models, [("train", *heard), ("test", tested, test_X)])
        fits["training"] = training_report(models)
    return FoldResult(
        prediction_table(tested, train, test_Y, predicted, targets=targets),
        train[[*KEY, "copies"]],
        Choice(choice.points, {**choice.report, **fits}),
        segments,
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
    learner = learner_of(settings, threads=threads)
    X, Y = features_of(tables, settings, rows), cell.labels_of(rows, phase="train")
    return learner.search(_task(X, Y, rows, folds, settings))


def fit_final(tables: CellTables, settings: Mapping[str, Any], choice: Choice) -> FinalModel:
    """Return the cell's model of every target, fitted on all rows of its mixture."""
    cell = CellRows(tables, settings, repeat=0)
    rows = cell.all_training()
    X, Y = features_of(tables, settings, rows), cell.labels_of(rows, phase="train")
    models = learner_of(settings).fit(X, Y, targets_of(cell.task), choice)
    description = {
        "settings": dict(settings),
        "chosen": choice.points,
        "converged": {target: bool(model.converged) for target, model in models.items()},
        "rows": {str(corpus): int(n) for corpus, n in rows["corpus"].value_counts().items()},
        "label_means": dict(zip(models, map(float, Y.mean(axis=0)), strict=True)),
    }
    domain = Domain.fit(X, rows["fold"].to_numpy(), seed=settings["seed"])
    return FinalModel(models, tables.feature_names(), description, domain=domain)


def learner_of(settings: Mapping[str, Any], *, threads: int = 1) -> Learner:
    """Return the learner of a cell's settings."""
    stems = sources_of(settings["features"])
    return make_learner(settings["learner"], stems=stems, threads=threads)


def _predictions(model: TargetModel, X: Features) -> np.ndarray:
    """Return a model's predictions, of rows on disk a block at a time. [shape=(n,)]"""
    if isinstance(X, DiskRows):
        return np.concatenate([model.predict(block) for _, block in blocks(X)])
    return model.predict(X)


def features_of(tables: CellTables, settings: Mapping[str, Any], rows: pd.DataFrame) -> Any:
    """Return what the cell's learner is given of some rows. [shape=(n, ...)]

    That is an array, or :class:`DiskRows` of corpora too large for one table, which reach only
    learners that take them (:mod:`affectmix.config.large_corpora`).
    """
    if not tables.logmels:
        return tables.feature_rows(rows)
    learner = settings["learner"]
    if learner["kind"] == "segments":
        heard_s, grid = learner["clip_s"], grid_s(learner)
        return read_beginnings(tables.logmels, rows, duration_s=heard_s, grid_s=grid)
    beyond = np.nan if learner["kind"] in UNPADDED else FLOOR_DB
    return tables.excerpts(
        rows, duration_s=learner["excerpt_s"], seed=settings["seed"], beyond=beyond
    )


def _task(
    X: Features,
    Y: np.ndarray,
    rows: pd.DataFrame,
    folds: tuple[SearchFold, ...],
    settings: Mapping[str, Any],
) -> SearchTask:
    strata = rows.groupby(["corpus", "class"]).ngroup().to_numpy()
    targets = targets_of(task_of(settings["learner"]))
    return SearchTask(
        X, Y, targets, strata, rows["priority"].to_numpy(), folds, seed=settings["seed"]
    )
