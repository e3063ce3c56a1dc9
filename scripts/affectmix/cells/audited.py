"""Finished cells as the audit takes them: from their own files, and the tables that judge them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from affectmix.cells.tables import CellTables
from affectmix.schemas import CELL_PREDICTIONS, TRAIN_ROWS
from affectmix.splits.audit import AuditedRun
from affectmix.splits.schemes import Scheme
from affectmix.tables import read_table


@dataclass(frozen=True)
class CellRun:
    """One evaluation of a cell: what it is, of how many repeats, and where its tables lie."""

    settings: Mapping[str, Any]
    repeats: int
    repeat: int
    fold: int
    predictions: Path
    train: Path


def audited_runs(
    runs: list[CellRun], tables_by_scheme: Mapping[str, CellTables]
) -> Iterator[AuditedRun]:
    """Yield each evaluation with the folds, views and shares by which it is judged.

    Args:
        runs: the evaluations.
        tables_by_scheme: labels, splits of that scheme, and groups.
    """
    for run in runs:
        fields = dict(run.settings["fields"])
        scheme = Scheme.parse(fields["scheme"], repeats=run.repeats)
        tables = tables_by_scheme[fields["scheme"]]
        yield AuditedRun(
            cell="__".join(fields.values()),
            kin="__".join(value for name, value in fields.items() if name != "mixture"),
            shares=run.settings["shares"],
            scheme=scheme,
            arithmetic=fields["arithmetic"],
            repeat=run.repeat,
            fold=run.fold,
            views=tables.view_rows(run.settings["views"], scheme=scheme, repeat=run.repeat),
            train=read_table(run.train, TRAIN_ROWS),
            predictions=read_table(run.predictions, CELL_PREDICTIONS),
        )
