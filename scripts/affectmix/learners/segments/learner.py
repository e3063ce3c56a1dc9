"""The learner ``segments``: length and epoch chosen inside the training folds, then one network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from affectmix.learners.base import Choice
from affectmix.learners.devices import choose_device
from affectmix.learners.segments.answers import Answers
from affectmix.learners.segments.clips import Clips
from affectmix.learners.segments.grid import cut
from affectmix.learners.segments.machines import (
    choose_machines,
    enough,
    fit_machines,
    stratified_folds,
)
from affectmix.learners.segments.model import SegmentsModel
from affectmix.learners.segments.recipe import Recipe, recipes, song_level
from affectmix.learners.segments.search import best_of, song_level_data, try_length
from affectmix.learners.segments.songs import statistics
from affectmix.learners.segments.system import SegmentSystem, share_above
from affectmix.learners.segments.training import Trained
from affectmix.learners.segments.workshop import Workshop
from affectmix.search.task import SearchTask


class SegmentsLearner:
    """Semi-supervised self-learning on segments, and a song level above it.

    The search trains a network for every segment length and used inner fold, and takes length
    and epoch from the inner folds' errors. With ``song_level: out_of_fold`` the song level's
    machines are trained on what those networks say of the songs that they did not hear;
    with ``in_sample``, presumably the paper's way, on what the last network says of the songs
    that it was trained on.

    Args:
        settings: ``learners.<name>`` of the configuration, validated.
        threads: threads that torch may use.
    """

    uses_features = True

    def __init__(self, settings: Mapping[str, Any], *, threads: int = 1) -> None:
        self._recipes = recipes(settings)
        self._song_level = song_level(settings)
        self._inner_folds = settings["inner_folds"]
        self._device = choose_device(settings["device"])
        self._threads = threads

    def search(self, task: SearchTask) -> Choice:
        """Choose one segment length and epoch for all targets, by the mean of segments."""
        workshop = self._workshop(task.X[:], task.Y, task.targets, task.seed)
        answers = workshop.answers
        report: dict[str, Any] = {
            "device": self._device,
            "missing_classes": answers.missing,
            "without_segment": self._without_segment(workshop.clips),
            "chosen_converged": dict.fromkeys(task.targets, True),
        }
        recipe = self._recipes[0]
        point: dict[str, Any] = {"segment_s": recipe.segment_s, "epoch": recipe.epochs}
        songs = None
        if _learnable(answers) and self._inner_folds != 0:
            tried = [try_length(workshop, task, r, self._inner_folds) for r in self._recipes]
            best = best_of(tried)
            point = {"segment_s": best.recipe.segment_s, "epoch": best.epoch}
            report["lengths"] = [each.to_json() for each in tried]
            report["chosen_converged"] = dict.fromkeys(task.targets, bool(np.isfinite(best.best)))
            if self._song_level == "out_of_fold":
                songs = song_level_data(workshop, task, best)
                report["songs"] = 0 if songs is None else len(songs["labels"])
        points: dict[str, dict[str, Any]] = {
            target: {**point, "seed": task.seed} for target in task.targets
        }
        if songs is not None:  # once, as it holds a row per song
            points[task.targets[0]]["songs"] = songs
        return Choice(points, report)

    def fit(
        self, X: np.ndarray, Y: np.ndarray, targets: Sequence[str], choice: Choice
    ) -> dict[str, SegmentsModel]:
        """Train the chosen network and the song level; all targets' models share them."""
        point = choice.points[targets[0]]
        workshop = self._workshop(X, Y, targets, point["seed"])
        recipe = next(r for r in self._recipes if r.segment_s == point["segment_s"])
        rows = np.arange(len(X))
        system = SegmentSystem(
            recipe,
            workshop.answers,
            self._song_level,
            (workshop.clips.stems, workshop.clips.bands, workshop.clips.frames),
            workshop.prior(rows),
            network=None,
            scale=None,
            device=self._device,
        )
        report: dict[str, Any] = {"missing_classes": workshop.answers.missing}
        report["without_segment"] = self._without_segment(workshop.clips, recipe)
        clean = np.empty(0)
        if _learnable(workshop.answers):
            trained = workshop.train(
                recipe, rows, epochs=point["epoch"], name=f"segments of {recipe.segment_s:g} s"
            )
            clean = trained.clean if trained.partitioned else clean
            system.network, system.scale = trained.network, trained.passes.scale
            system.machines = self._machines(workshop, recipe, trained, point.get("songs"))
            report |= trained.to_json() | {"song_level": _level_of(system)}
        return {
            target: SegmentsModel(system, column, report, clean)
            for column, target in enumerate(targets)
        }

    def _machines(
        self, workshop: Workshop, recipe: Recipe, trained: Trained, songs: Mapping[str, Any] | None
    ) -> Mapping[str, Any]:
        """Return the song level's machines, if it has any."""
        answers = workshop.answers
        if songs is not None:
            made, Y = np.asarray(songs["statistics"]), np.asarray(songs["labels"])
            return fit_machines(made, Y, answers, songs["points"])
        if self._song_level != "in_sample":
            return {}
        segments = workshop.segments(recipe)
        found = trained.passes.predict(trained.network, workshop.clips.places(segments))
        heard = np.unique(segments.clip)
        made = statistics(
            found.cpu().numpy(),
            segments.clip,
            len(workshop.clips),
            share_above=share_above(recipe, answers),
        )[heard]
        Y = workshop.Y[heard]
        if not enough(Y):
            return {}
        folds = stratified_folds(Y)
        points = choose_machines(made, Y, folds, answers, seed=workshop.seed)
        return fit_machines(made, Y, answers, points)

    def _workshop(
        self, X: np.ndarray, Y: np.ndarray, targets: Sequence[str], seed: int
    ) -> Workshop:
        torch.set_num_threads(self._threads)
        torch.backends.cudnn.benchmark = True
        clips = Clips(X, device=self._device)
        return Workshop(clips, np.asarray(Y, dtype=float), Answers.of(Y, targets), seed)

    def _without_segment(self, clips: Clips, recipe: Recipe | None = None) -> int:
        """Return how many clips are shorter than a segment, of the longest length."""
        recipe = recipe or max(self._recipes, key=lambda each: each.segment_s)
        segments = cut(clips.heard, frames=clips.frames, recipe=recipe)
        return len(clips) - len(np.unique(segments.clip))


def _learnable(answers: Answers) -> bool:
    """Return whether there is more than one answer to choose from."""
    return answers.classes is None or len(answers.classes) > 1


def _level_of(system: SegmentSystem) -> str:
    """Return the song level that was possible: machines need songs of more than one class."""
    if system.song_level in ("out_of_fold", "in_sample") and not system.machines:
        return "mean"
    return system.song_level
