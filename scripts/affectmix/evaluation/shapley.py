"""Exact Shapley values: how much each stem moves the prediction of each clip.

The players are stems, and what a coalition is worth is the prediction by a model trained on
these stems alone; the empty coalition's is the mean of the training labels. A stem's value
is its mean marginal contribution over all orders in which stems can join (Shapley, "A value
for n-person games", 1953), so that the values of a clip sum to how far the prediction
from all stems is from the mean.

With four stems there are 16 coalitions: the values are exact, and no model is asked about an
input that it was not trained for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from math import factorial

import numpy as np
import numpy.typing as npt

Coalition = frozenset[str]


def coalitions(players: Iterable[str]) -> list[Coalition]:
    """Return all subsets of the players, the empty one first.

    >>> [sorted(c) for c in coalitions(["bass", "drums"])]
    [[], ['bass'], ['drums'], ['bass', 'drums']]
    """
    names = list(players)
    return [
        frozenset(chosen) for size in range(len(names) + 1) for chosen in combinations(names, size)
    ]


def shapley_values(
    worth: Mapping[Coalition, npt.NDArray[np.float64]], players: Sequence[str]
) -> npt.NDArray[np.float64]:
    """Return each player's value in each game.

    Args:
        worth: coalition → what it is worth in each game [shape=(n,)]; all subsets of the
            players.
        players: their names.

    Returns:
        One row per game, one column per player [shape=(n, players)]. A row sums to what all
        players are worth together, less what none is.

    Raises:
        ValueError: a coalition is missing.
    """
    missing = [sorted(subset) for subset in coalitions(players) if subset not in worth]
    if missing:
        raise ValueError(f"{len(missing)} of {2 ** len(players)} coalitions lack: {missing}")
    count = len(players)
    columns = []
    for player in players:
        others = [name for name in players if name != player]
        columns.append(
            sum(
                (worth[subset | {player}] - worth[subset])
                * (factorial(len(subset)) * factorial(count - len(subset) - 1) / factorial(count))
                for subset in coalitions(others)
            )
        )
    return np.column_stack(columns)
