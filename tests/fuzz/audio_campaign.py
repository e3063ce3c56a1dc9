"""Mutated audio files, one after the other, and what came of each."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
from audio_mutations import MUTATIONS
from audio_path import Task, make_judge
from audio_seeds import Seed
from outcomes import Trial
from workers import Watched

LIMIT_S = 10.0  # of processor time for one file
_SLOW_EVERY = 20  # of which one goes through the slower stages too


def tasks(seeds: Sequence[Seed], count: int, seed: int) -> Iterator[tuple[str, str, str, Task]]:
    """Yield format, mutation, name and task: every pair of the two once before any comes again."""
    pairs = list(itertools.product(seeds, MUTATIONS))
    order = np.random.default_rng(seed).permutation(len(pairs))
    for number in range(count):
        intact, mutation = pairs[order[number % len(pairs)]]
        mutated = MUTATIONS[mutation](intact, np.random.default_rng([seed, number]))
        task = Task(intact, mutated, number % _SLOW_EVERY == 0)
        yield intact.name, mutation, f"{number}", task


def run_audio(seeds: Sequence[Seed], count: int, seed: int) -> Iterator[Trial]:
    """Yield what came of each mutated file."""
    with Watched(make_judge, limit_s=LIMIT_S) as judge:
        for family, mutation, name, task in tasks(seeds, count, seed):
            yield Trial(family, mutation, name, judge(task))
