"""The principal axes of each fold's training rows, kept for all rungs of a search."""

from __future__ import annotations

from collections.abc import Iterable

from affectmix.search.axes import Axes
from affectmix.search.task import SearchTask


class FoldAxes:
    """Axes of the folds' whole training sets, made when they are first asked for.

    Args:
        task: rows and folds.
        shares: shares of variance that will be asked for; further axes are not kept.
    """

    def __init__(self, task: SearchTask, shares: Iterable[float]) -> None:
        self._task = task
        self._largest = max(shares)
        self._made: dict[int, Axes] = {}

    def __getitem__(self, fold: int) -> Axes:
        if fold not in self._made:
            axes = Axes.fit(self._task.X, self._task.folds[fold].train)
            self._made[fold] = axes.cut(axes.size(self._largest))
        return self._made[fold]
