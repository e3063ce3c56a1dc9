"""Members that are sums of regression trees, kept as plain arrays of nodes.

Extremely randomised trees (Geurts, Ernst and Wehenkel, 2006) and stochastic gradient boosting
(Friedman, 2002) with few columns tried per split, both grown by scikit-learn on the ranks of
the columns. A boosted member's first trees are a member of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numba
import numpy as np

from affectmix.learners.stack.training import Rows, TrainingSet

Member = Mapping[str, Any]
#: A split looks at no fewer columns than this, or all where there are fewer.
FEWEST_COLUMNS = 8


@dataclass(frozen=True)
class Forest:
    """Trees one after the other; a leaf is its own child.

    Attributes:
        roots: position of each tree's root among the nodes [shape=(k,), int32].
        child: children of each node, left and right [shape=(nodes, 2), int32].
        column: what a node looks at [shape=(nodes,), int32].
        threshold: up to which a value goes left [shape=(nodes,), float64].
        value: prediction of a node [shape=(nodes,), float64].
    """

    roots: np.ndarray
    child: np.ndarray
    column: np.ndarray
    threshold: np.ndarray
    value: np.ndarray

    @classmethod
    def of(cls, trees: Sequence[Any]) -> Forest:
        """Join scikit-learn's trees of one output."""
        sizes = [tree.tree_.node_count for tree in trees]
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int32)
        children, columns = [], []
        for start, tree in zip(starts, (tree.tree_ for tree in trees), strict=True):
            pair = np.column_stack([tree.children_left, tree.children_right])
            leaf = pair[:, 0] < 0
            own = np.arange(tree.node_count)[:, None]
            children.append(np.where(leaf[:, None], own, pair) + start)
            columns.append(np.where(leaf, 0, tree.feature))
        return cls(
            starts,
            np.concatenate(children).astype(np.int32),
            np.concatenate(columns).astype(np.int32),
            np.concatenate([tree.tree_.threshold for tree in trees]),
            np.concatenate([tree.tree_.value[:, 0, 0] for tree in trees]),
        )

    def first(self, count: int) -> Forest:
        """Return the first trees."""
        if count >= len(self.roots):
            return self
        end = self.roots[count]
        nodes = (self.child, self.column, self.threshold, self.value)
        return Forest(self.roots[:count], *(array[:end] for array in nodes))

    def sums(self, rows: np.ndarray, counts: Sequence[int]) -> np.ndarray:
        """Return the sums over the first ``counts`` trees [shape=(m, len(counts))].

        Args:
            rows: float32 values of the columns [shape=(m, d)].
            counts: ascending numbers of trees.
        """
        contiguous = np.ascontiguousarray(rows, dtype=np.float32)
        ends = np.asarray(counts, dtype=np.int64)
        return _sums(
            contiguous, self.roots, self.child, self.column, self.threshold, self.value, ends
        )


@numba.njit(cache=True, nogil=True)
def _sums(
    rows: np.ndarray,
    roots: np.ndarray,
    child: np.ndarray,
    column: np.ndarray,
    threshold: np.ndarray,
    value: np.ndarray,
    ends: np.ndarray,
) -> np.ndarray:
    out = np.empty((len(rows), len(ends)))
    for i in range(len(rows)):
        row, total, k = rows[i], 0.0, 0
        for tree in range(len(roots)):
            node = roots[tree]
            while child[node, 0] != node:
                side = 0 if row[column[node]] <= threshold[node] else 1
                node = child[node, side]
            total += value[node]
            if tree + 1 == ends[k]:
                out[i, k] = total
                k += 1
                if k == len(ends):
                    break
    return out


@dataclass(frozen=True)
class Trees:
    """Fitted members that are the beginnings of one forest.

    Attributes:
        members: their places in the list that was fitted.
        targets: the one column of the targets that they were fitted to.
        input: what the trees look at.
        forest: the trees.
        counts: how many trees each member has, ascending.
        scale: what each member's sum is multiplied with [shape=(members,)].
        offset: what is added.
    """

    members: Sequence[int]
    targets: Sequence[int]
    input: str
    forest: Forest
    counts: Sequence[int]
    scale: np.ndarray
    offset: float

    @property
    def converged(self) -> np.ndarray:
        """True: trees have no solver that could fail [shape=(members, 1)]."""
        return np.ones((len(self.members), 1), dtype=bool)

    def predict(self, rows: Rows) -> np.ndarray:
        """Return each member's predictions [shape=(m, members, 1)]."""
        sums = self.forest.sums(rows.rows(self.input), self.counts)
        return (sums * self.scale + self.offset)[:, :, None]


def fit_trees(training: TrainingSet, Y: np.ndarray, members: Sequence[Member]) -> Iterator[Trees]:
    """Yield the fitted members, those that are the beginnings of one forest together.

    Args:
        training: the training rows.
        Y: their targets [shape=(n, t)].
        members: of the families ``extratrees`` and ``boosting``; neighbours that differ in
            ``trees`` alone, ascending, share a forest.
    """

    def shared(place: int) -> list[tuple[str, Any]]:
        return sorted((key, value) for key, value in members[place].items() if key != "trees")

    for _, group in groupby(range(len(members)), key=shared):
        places = list(group)
        counts = [int(members[place]["trees"]) for place in places]
        largest = members[places[-1]]
        fit = _extra_trees if largest["family"] == "extratrees" else _boosting
        for target in range(Y.shape[1]):
            forest, scale, offset = fit(training, Y[:, target], largest, counts)
            yield Trees(places, [target], largest["input"], forest, counts, scale, offset)


def _columns(member: Member, d: int) -> int:
    return min(d, max(FEWEST_COLUMNS, round(member["columns"] * d)))


def _extra_trees(
    training: TrainingSet, y: np.ndarray, member: Member, counts: Sequence[int]
) -> tuple[Forest, np.ndarray, float]:
    from sklearn.ensemble import ExtraTreesRegressor  # here, as what predicts has no use for it

    rows = training.rows(member["input"])
    grown = ExtraTreesRegressor(
        counts[-1],
        max_features=_columns(member, rows.shape[1]),
        min_samples_leaf=member["leaf"],
        random_state=member["seed"],
    ).fit(rows, y)
    return Forest.of(grown.estimators_), 1.0 / np.asarray(counts, dtype=float), 0.0


def _boosting(
    training: TrainingSet, y: np.ndarray, member: Member, counts: Sequence[int]
) -> tuple[Forest, np.ndarray, float]:
    from sklearn.ensemble import GradientBoostingRegressor

    rows = training.rows(member["input"])
    rate = float(member["rate"])
    grown = GradientBoostingRegressor(
        learning_rate=rate,
        n_estimators=counts[-1],
        subsample=member["subsample"],
        max_depth=member["depth"],
        max_features=_columns(member, rows.shape[1]),
        min_samples_leaf=member["leaf"],
        random_state=member["seed"],
    ).fit(rows, y)
    forest = Forest.of(grown.estimators_[:, 0])
    return forest, np.full(len(counts), rate), float(np.mean(y))
