"""A cell's search as tables, which a program in another Python environment can read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from affectmix.cells.rows import KEY, CellRows
from affectmix.cells.tables import TARGETS, CellTables
from affectmix.search.task import SearchFold


@dataclass(frozen=True)
class PosedTask:
    """What an AutoML program is given.

    Attributes:
        rows: ``schemas.AUTOML_ROWS``: features and labels of every row that is trained on,
            validated or predicted. A row that is only predicted has no labels here, so that
            no program can learn from them.
        folds: ``schemas.AUTOML_FOLDS``: which rows each inner fold and each refit trains on
            (role ``train``) and predicts (role ``test``), and how often.
    """

    rows: pd.DataFrame
    folds: pd.DataFrame


def pose_task(
    tables: CellTables, settings: Mapping[str, Any], *, repeat: int, fold: int | None
) -> PosedTask:
    """Return the search of one outer fold, or of the paper's protocol, with its refits.

    Args:
        tables: the cell's tables.
        settings: the cell's settings (``Project.cell_settings``).
        repeat: which repeat of the scheme.
        fold: the outer fold, inside whose training rows is searched, and which the refit
            predicts. None for the paper's protocol: a search over all reported folds, then
            a refit for each of them, as the paper did.
    """
    cell = CellRows(tables, settings, repeat)
    if fold is None:
        searched, inner = cell.search_over_all()
        reported = list(cell.scheme.test_folds())
    else:
        searched, _ = cell.of_fold(fold)
        inner, reported = cell.inner_folds(searched, outer=fold), [fold]
    parts = [
        part for number, own in enumerate(inner) for part in _search_parts(searched, number, own)
    ]
    learned = [searched[KEY]]
    for number in reported:
        train, tested = cell.of_fold(number)
        parts.append(_part(train[KEY], "refit", number, "train", train["copies"].to_numpy()))
        once = tested[KEY].drop_duplicates()
        parts.append(_part(once, "refit", number, "test", np.ones(len(once), dtype=np.int32)))
        learned.append(train[KEY])
    folds = pd.concat(parts, ignore_index=True)
    return PosedTask(_rows(cell, pd.concat(learned).drop_duplicates(), folds), folds)


def _search_parts(rows: pd.DataFrame, number: int, fold: SearchFold) -> list[pd.DataFrame]:
    validated = np.concatenate(list(fold.validate.values()))
    return [
        _part(rows[KEY].iloc[places], "search", number, role, counts.astype(np.int32))
        for role, positions in (("train", fold.train), ("test", validated))
        for places, counts in [np.unique(positions, return_counts=True)]
    ]


def _part(
    rows: pd.DataFrame, phase: str, number: int, role: str, copies: np.ndarray
) -> pd.DataFrame:
    return rows.assign(phase=phase, fold=np.int32(number), role=role, copies=copies)


def _rows(cell: CellRows, learned: pd.DataFrame, folds: pd.DataFrame) -> pd.DataFrame:
    """Return features of all rows, and labels of those that something is learned from."""
    rows = folds[KEY].drop_duplicates().sort_values(KEY, ignore_index=True)
    known = pd.MultiIndex.from_frame(rows).isin(pd.MultiIndex.from_frame(learned))
    labels = np.full((len(rows), len(TARGETS)), np.nan)
    labels[known] = cell.labels_of(rows[known], phase="train")
    features = pd.DataFrame(cell.tables.feature_rows(rows)[:], columns=cell.tables.feature_names())
    return pd.concat([rows, pd.DataFrame(labels, columns=list(TARGETS)), features], axis=1)
