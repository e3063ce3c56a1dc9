"""The choice of segment length and epoch inside the training folds, and songs' statistics there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from affectmix.learners.segments.machines import choose_machines, enough, stratified_folds
from affectmix.learners.segments.recipe import Recipe
from affectmix.learners.segments.songs import statistics
from affectmix.learners.segments.system import share_above
from affectmix.learners.segments.workshop import Workshop
from affectmix.search.task import SearchFold, SearchTask

_DIGITS = 6  # of statistics that a search file holds


@dataclass(frozen=True)
class Tried:
    """One segment length on the inner folds.

    Attributes:
        recipe: the length and all else.
        folds: the inner folds that were used, by their numbers.
        watched: per used fold, the outputs of its validated segments after each epoch.
        reports: per used fold, how training went.
        rmse: mean over folds, views and targets, after each epoch [shape=(epochs,)].
    """

    recipe: Recipe
    folds: dict[int, SearchFold]
    watched: list[list[npt.NDArray[np.float32]]]
    reports: list[dict[str, Any]]
    rmse: npt.NDArray[np.float64]

    @property
    def epoch(self) -> int:
        """The best epoch, from 1."""
        return int(np.argmin(np.nan_to_num(self.rmse, nan=np.inf))) + 1

    @property
    def best(self) -> float:
        """The error after the best epoch."""
        return float(self.rmse[self.epoch - 1])

    def to_json(self) -> dict[str, Any]:
        """Return what the search file says of the length."""
        return {
            "segment_s": self.recipe.segment_s,
            "epoch": self.epoch,
            "rmse": self.best,
            "rmse_by_epoch": [round(float(value), 6) for value in self.rmse],
            "folds": dict(zip(map(str, self.folds), self.reports, strict=True)),
        }


def used_folds(task: SearchTask, wanted: int | None) -> dict[int, SearchFold]:
    """Return as many inner folds as are wanted, all for None, by their numbers."""
    numbers = np.arange(len(task.folds))
    if wanted is not None and wanted < len(numbers):
        drawn = np.random.default_rng([task.seed, len(numbers)]).permutation(numbers)
        numbers = np.sort(drawn[:wanted])
    return {int(number): task.folds[number] for number in numbers}


def try_length(workshop: Workshop, task: SearchTask, recipe: Recipe, wanted: int | None) -> Tried:
    """Train a network on every used inner fold, and judge it after each epoch.

    A score is the mean over a clip's segments; its error is that of all other learners, the
    mean over views of the RMSE, for classes that of 2p - 1.
    """
    folds = used_folds(task, wanted)
    segments = workshop.segments(recipe)
    watched, reports, errors = [], [], []
    for number, fold in folds.items():
        rows = fold.validation_rows
        trained = workshop.train(
            recipe,
            fold.train,
            epochs=recipe.epochs,
            watch=rows,
            name=f"segments of {recipe.segment_s:g} s, inner fold {number}",
        )
        places = segments.of(rows)
        own = []
        # A clip too short for a segment is not watched: the prior stands for it.
        outputs_by_epoch = trained.watched or [np.empty((0, 1), np.float32)] * recipe.epochs
        for outputs in outputs_by_epoch:
            scores = workshop.mean_scores(segments, places, outputs, fold.train)
            own.append(float(np.mean(fold.rmse(scores[rows] - task.Y[rows]))))
        watched.append(outputs_by_epoch)
        reports.append(trained.to_json())
        errors.append(own)
    return Tried(recipe, folds, watched, reports, np.mean(errors, axis=0))


def song_level_data(workshop: Workshop, task: SearchTask, tried: Tried) -> dict[str, Any] | None:
    """Return statistics of songs by networks that did not hear them, and the machines' choice.

    Statistics of songs that a network was trained on are surer than those of others can be,
    so that a machine trained on them trusts the network too much.

    Returns:
        Plain data that a choice can hold; None where too few songs have statistics.
    """
    segments = workshop.segments(tried.recipe)
    threshold = share_above(tried.recipe, workshop.answers)
    made, labels, numbers = [], [], []
    for (number, fold), outputs in zip(tried.folds.items(), tried.watched, strict=True):
        places = segments.of(fold.validation_rows)
        if not len(places):
            continue
        own = statistics(
            outputs[tried.epoch - 1],
            segments.clip[places],
            len(workshop.clips),
            share_above=threshold,
        )
        rows = np.unique(segments.clip[places])
        made.append(own[rows])
        labels.append(task.Y[rows])
        numbers.append(np.full(len(rows), number))
    if not made or not enough(np.concatenate(labels)):
        return None
    songs, Y = np.concatenate(made).round(_DIGITS), np.concatenate(labels)
    folds = np.concatenate(numbers) if len(made) > 1 else stratified_folds(Y)
    points = choose_machines(songs, Y, folds, workshop.answers, seed=task.seed)
    return {"statistics": songs.tolist(), "labels": Y.tolist(), "points": points}


def best_of(tried: Sequence[Tried]) -> Tried:
    """Return the length with the lowest error; of equal ones the first."""
    return min(tried, key=lambda each: each.best if np.isfinite(each.best) else np.inf)
