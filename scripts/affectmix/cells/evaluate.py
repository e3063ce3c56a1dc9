"""One cell: choose inside the training folds, fit, and predict the test fold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from affectmix.cells.final import FinalModel
from affectmix.cells.tables import TARGETS, CellTables, Phase
from affectmix.errors import TableError
from affectmix.learners import make_learner
from affectmix.learners.base import Choice
from affectmix.search.task import SearchFold, SearchTask
from affectmix.splits.arithmetic import reference_rows
from affectmix.splits.inner import inner_search_folds, reported_search_folds
from affectmix.splits.mixtures import ViewRows, test_rows, training_rows
from affectmix.splits.schemes import Scheme

_KEY = ["corpus", "clip_id"]


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
    scheme, views = _scheme_and_views(tables, settings, repeat)
    arithmetic = settings["fields"]["arithmetic"]
    if arithmetic == "clean":
        train = training_rows(views, settings["shares"], held_out={fold})
        tested = test_rows(views, fold=fold)
    else:
        train, tested = reference_rows(
            views, settings["shares"], fold=fold, version=arithmetic, phase="evaluation"
        )
    learner = make_learner(settings["learner"], threads=threads)
    X, Y = _rows(tables, settings, views, train, phase="train")
    if choice is None:
        folds = inner_search_folds(train, views, settings["shares"], scheme=scheme, outer=fold)
        choice = learner.search(_task(X, Y, train, folds, settings))
    copies = train["copies"].to_numpy()
    test_X, test_Y = _rows(tables, settings, views, tested, phase="test")
    predicted = np.empty_like(test_Y)
    converged: dict[str, bool] = {}
    for column, target in enumerate(TARGETS):
        model = learner.fit(X.repeat(copies, axis=0), Y[:, column].repeat(copies), target, choice)
        predicted[:, column] = model.predict(test_X)
        converged[target] = bool(model.converged)
    return FoldResult(
        _predictions(tested, train, test_Y, predicted),
        train[[*_KEY, "copies"]],
        Choice(choice.points, {**choice.report, "fits": converged}),
    )


def search_over_all_folds(
    tables: CellTables, settings: Mapping[str, Any], *, repeat: int, threads: int = 1
) -> Choice:
    """Choose hyper-parameters over all folds of a repeat.

    This is the paper's protocol, where the folds are those that are reported later, and
    the search of a final model, of which nothing is reported.
    """
    scheme, views = _scheme_and_views(tables, settings, repeat)
    shares, fields = settings["shares"], settings["fields"]
    if fields["protocol"] == "paper":
        rows, folds = reported_search_folds(
            views, shares, scheme=scheme, arithmetic=fields["arithmetic"]
        )
    else:
        rows = training_rows(views, shares, held_out=())
        folds = inner_search_folds(rows, views, shares, scheme=scheme, outer=None)
    learner = make_learner(settings["learner"], threads=threads)
    X, Y = _rows(tables, settings, views, rows, phase="train")
    return learner.search(_task(X, Y, rows, folds, settings))


def fit_final(tables: CellTables, settings: Mapping[str, Any], choice: Choice) -> FinalModel:
    """Return the cell's model of every target, fitted on all rows of its mixture."""
    _, views = _scheme_and_views(tables, settings, repeat=0)
    rows = training_rows(views, settings["shares"], held_out=())
    X, Y = _rows(tables, settings, views, rows, phase="train")
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


def _scheme_and_views(
    tables: CellTables, settings: Mapping[str, Any], repeat: int
) -> tuple[Scheme, list[ViewRows]]:
    scheme = Scheme.parse(settings["fields"]["scheme"], repeats=repeat + 1)
    return scheme, tables.view_rows(settings["views"], scheme=scheme, repeat=repeat)


def _rows(
    tables: CellTables,
    settings: Mapping[str, Any],
    views: list[ViewRows],
    rows: pd.DataFrame,
    *,
    phase: Phase,
) -> tuple[np.ndarray, np.ndarray]:
    """Return raw features and labels of rows. [shapes=(n, d), (n, t)]"""
    labels = tables.controlled_labels(
        settings["fields"]["control"], views, seed=settings["seed"], phase=phase
    )
    keys = pd.MultiIndex.from_frame(labels[_KEY])
    place = keys.get_indexer(pd.MultiIndex.from_frame(rows[_KEY]))
    if (place < 0).any():
        lost = rows.iloc[int(np.argmin(place))]
        raise TableError(
            f"labels of {lost['corpus']!r} lack clip {lost['clip_id']!r}, which has a fold; "
            "delete its splits and run snakemake again"
        )
    return tables.feature_rows(rows), labels[list(TARGETS)].to_numpy(dtype=float)[place]


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


def _predictions(
    tested: pd.DataFrame, train: pd.DataFrame, y_true: np.ndarray, y_pred: np.ndarray
) -> pd.DataFrame:
    """Return one row per tested clip and target, with how often the clip was trained on."""
    counted = tested.merge(train[[*_KEY, "copies"]], on=_KEY, how="left")
    in_train = counted["copies"].fillna(0).astype(np.int32)
    frames = [
        tested[["corpus", "view", "clip_id"]].assign(
            target=target,
            y_true=y_true[:, column],
            y_pred=y_pred[:, column],
            in_train=in_train.to_numpy(),
        )
        for column, target in enumerate(TARGETS)
    ]
    return pd.concat(frames, ignore_index=True)
