"""Successive halving over nested, stratified samples of the training rows.

As the joint-learning paper searched: the smallest rung holds 10 % of the training rows, the
share doubles from rung to rung, and a quarter of the points goes on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from affectmix.errors import ConfigError
from affectmix.search.task import SearchResult, SearchTask

#: A rung that would train on fewer rows than this in some fold is left out.
MIN_ROWS = 20

#: ``evaluate(rows, wanted)``: training rows per fold, and which (point, target) pairs are wanted
#: [shape=(p, t), bool]; returns their RMSE (NaN elsewhere) and whether every fold converged,
#: both [shape=(p, t)].
Evaluate = Callable[[Sequence[np.ndarray], np.ndarray], tuple[np.ndarray, np.ndarray]]


def nested_order(strata: np.ndarray, priority: np.ndarray) -> np.ndarray:
    """Return an order of the rows of which every beginning is a stratified sample.

    The row that comes r-th by priority among the m of its stratum is placed at (r + ½) / m, so
    that each stratum fills in proportion, and a longer beginning holds every shorter one.

    Args:
        strata: stratum of each row [shape=(n,)].
        priority: order inside a stratum [shape=(n,)].

    Returns:
        Positions into the rows [shape=(n,), int].
    """
    by_priority = np.lexsort((priority, strata))
    _, first, sizes = np.unique(strata[by_priority], return_index=True, return_counts=True)
    rank = np.arange(len(strata)) - np.repeat(first, sizes)
    place = np.empty(len(strata))
    place[by_priority] = (rank + 0.5) / np.repeat(sizes, sizes)
    return np.lexsort((strata, priority, place))


def rung_shares(
    fewest_rows: int, *, smallest: float = 0.1, growth: float = 2.0, min_rows: int = MIN_ROWS
) -> list[float]:
    """Return the shares of the training rows, ascending; never empty.

    Args:
        fewest_rows: rows of the smallest training set over the folds.
        smallest: share of the first rung, in (0, 1].
        growth: by how much the share grows from rung to rung, above 1.
        min_rows: rungs with fewer rows than this are left out; when all are, one rung of all
            rows remains.
    """
    if not 0.0 < smallest <= 1.0 or growth <= 1.0:
        raise ConfigError(
            f"halving: smallest share {smallest} and growth {growth} found; "
            "the share must lie in (0, 1] and the growth above 1"
        )
    count = 1 + math.floor(math.log(1.0 / smallest, growth) + 1e-9)
    shares = [smallest * growth**k for k in range(count)]
    return [share for share in shares if round(share * fewest_rows) >= min_rows] or [1.0]


def rung_rows(task: SearchTask, share: float) -> list[np.ndarray]:
    """Return, for each fold, the sorted positions of its rung's training rows."""
    chosen = []
    for fold in task.folds:
        train = np.asarray(fold.train)
        if share >= 1.0:
            chosen.append(np.sort(train))
            continue
        order = nested_order(task.strata[train], task.priority[train])
        chosen.append(np.sort(train[order[: max(1, round(share * len(train)))]]))
    return chosen


def rank_points(rmse: np.ndarray, converged: np.ndarray, alive: np.ndarray) -> np.ndarray:
    """Return the points in ``alive``, best first.

    Converged points come before all others; ties go to the earlier point.
    """
    score = np.where(np.isnan(rmse[alive]), np.inf, rmse[alive])
    return alive[np.lexsort((alive, score, ~converged[alive]))]


def search(
    task: SearchTask,
    points: list[dict[str, Any]],
    evaluate: Evaluate,
    *,
    exhaustive: bool = False,
    factor: int = 4,
    smallest: float = 0.1,
) -> SearchResult:
    """Search the points by successive halving, or score all of them on all rows.

    Each target keeps candidates of its own; what both still want is evaluated together.

    Args:
        task: rows, targets and folds.
        points: the points of the space.
        evaluate: scores points on given training rows.
        exhaustive: one rung of all rows instead of halving.
        factor: one point in ``factor`` goes on to the next rung, rounded up.
        smallest: share of the training rows in the first rung.

    Returns:
        All points, the scores of every rung, and the best point of the last one per target.
    """
    if factor < 2:
        raise ConfigError(f"halving: factor {factor} found; it must be at least 2")
    fewest = min(len(fold.train) for fold in task.folds)
    shares = [1.0] if exhaustive else rung_shares(fewest, smallest=smallest)
    alive = [np.arange(len(points)) for _ in task.targets]
    tables: list[pd.DataFrame] = []
    unconverged: dict[int, int] = {}
    for rung, share in enumerate(shares):
        wanted = np.zeros((len(points), len(task.targets)), dtype=bool)
        for column, kept in enumerate(alive):
            wanted[kept, column] = True
        rmse, converged = evaluate(rung_rows(task, share), wanted)
        tables.append(_rung_table(task, rung, share, wanted, rmse, converged))
        unconverged[rung] = int((wanted & ~converged).sum())
        for column, kept in enumerate(alive):
            best = rank_points(rmse[:, column], converged[:, column], kept)
            alive[column] = best if rung + 1 == len(shares) else best[: -(-len(best) // factor)]
    chosen = {name: dict(points[alive[k][0]]) for k, name in enumerate(task.targets)}
    return SearchResult(points, pd.concat(tables, ignore_index=True), chosen, unconverged)


def _rung_table(
    task: SearchTask,
    rung: int,
    share: float,
    wanted: np.ndarray,
    rmse: np.ndarray,
    converged: np.ndarray,
) -> pd.DataFrame:
    """Return the wanted scores of one rung, sorted by target and point."""
    column, point = np.nonzero(wanted.T)
    return pd.DataFrame(
        {
            "rung": rung,
            "share": share,
            "point": point,
            "target": np.asarray(task.targets, dtype=object)[column],
            "rmse": rmse[point, column],
            "converged": converged[point, column],
        }
    )
