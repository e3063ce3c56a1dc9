"""Inputs that hypothesis draws, so many and the same again for a seed, and what came of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy
from outcomes import Outcome, Trial
from workers import Judge, Watched

LIMIT_S = 10.0  # of processor time for one input


def run_drawn(
    strategy: SearchStrategy[Any],
    make_judge: Callable[[], Judge],
    count: int,
    number: int,
    describe: Callable[[Any], tuple[str, str]],
    found: Callable[[Any, Outcome], None] = lambda drawn, outcome: None,
) -> list[Trial]:
    """Return what came of ``count`` inputs.

    Args:
        strategy: draws an input.
        make_judge: as of :class:`workers.Watched`.
        count: how many.
        number: the seed.
        describe: an input's family and mutation.
        found: told of every input and what came of it.
    """
    trials: list[Trial] = []
    with Watched(make_judge, limit_s=LIMIT_S) as judge:

        @seed(number)
        @settings(
            max_examples=count,
            database=None,
            deadline=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )
        @given(strategy)
        def draw(drawn: Any) -> None:
            outcome = judge(drawn)
            trials.append(Trial(*describe(drawn), str(len(trials)), outcome))
            found(drawn, outcome)

        draw()
    return trials
