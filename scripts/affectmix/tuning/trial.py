"""Tuning put to the test: every method, way of choosing and number of songs, on one listener."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from affectmix.evaluation.user_measures import Measure, affect_measures, quadrant_measures
from affectmix.schemas import QUADRANTS
from affectmix.tuning.library import Library
from affectmix.tuning.methods import Method
from affectmix.tuning.songs import (
    Output,
    Songs,
    TunedModel,
    bounded,
    quadrant_probabilities,
    quadrants_of,
    targets_of_ratings,
)
from affectmix.tuning.suggest import Chooser, choose

GENERAL, BOUND = "general", "upper_bound"
NOBODY = "none"  # stands for the chooser where no song was chosen

Row = dict[str, Any]
Pooled = dict[tuple[str, str, int], list[tuple[np.ndarray, np.ndarray]]]


@dataclass(frozen=True)
class Trial:
    """One listener and the songs of one fold.

    Attributes:
        library: the songs that the listener has heard.
        asked: numbers of those that the listener may be asked about.
        others: numbers of those that tuning is measured on.
        truth: the valence and arousal that the listener feels [shape=(n, 2)].
        ratings: those that the listener says [shape=(n, 2)].
        bound: the upper bound's predictions of all rows, or None where it is not known.
        seed: of the songs that are drawn.
    """

    library: Library
    asked: np.ndarray
    others: np.ndarray
    truth: np.ndarray
    ratings: np.ndarray
    bound: np.ndarray | None
    seed: int

    def run(
        self,
        methods: Mapping[str, Method],
        choosers: Sequence[Chooser],
        counts: Sequence[int],
        *,
        paper_counts: Sequence[int],
        pooled: Pooled,
    ) -> Iterator[Row]:
        """Yield method, chooser, songs, song_set, clips, target, metric and value.

        Args:
            methods: those that are tried, by name.
            choosers: ways of choosing songs.
            counts: numbers of songs; those above the songs that may be asked about are left.
            paper_counts: those of ``counts`` that methods of networks are tried on.
            pooled: takes the quadrants' probabilities of the others and the true quadrants,
                by method, chooser and number of songs: calibration needs many songs.
        """
        songs = self.library.songs
        yield from self._measured(GENERAL, NOBODY, 0, np.array([], int), songs.predicted, pooled)
        if self.bound is not None:
            yield from self._measured(BOUND, NOBODY, 0, np.array([], int), self.bound, pooled)
        most = min(max(counts), len(self.asked))
        quadrants = quadrants_of(self.ratings)
        library = self._probabilities(songs.predicted).mean(axis=0)
        for chooser in choosers:
            own = choose(
                chooser, songs.take(self.asked), quadrants[self.asked], most, seed=self.seed
            )
            for count in [n for n in counts if n <= most]:
                # A suggestion of many begins with a suggestion of few; a listener's picks too.
                chosen = self.asked[own[:count]]
                for name, method in methods.items():
                    if method.of_network and count not in paper_counts:
                        continue
                    tuned = self._fitted(method, chooser, chosen, library)
                    if tuned is not None:
                        model, given = tuned
                        predicted = model.predict(given)
                        yield from self._measured(name, chooser, count, chosen, predicted, pooled)

    def _fitted(
        self, method: Method, chooser: Chooser, chosen: np.ndarray, library: np.ndarray
    ) -> tuple[TunedModel, Songs] | None:
        """Return the tuned model and what it takes; None where it is not for such a model."""
        given = self._as_input(method.outputs)
        if given.output not in method.outputs:
            return None
        targets = targets_of_ratings(self.ratings[chosen], given.output)
        options: dict[str, Any] = {}
        if method.weighs_picks and chooser == "picked":
            options["library"] = library
        if method.of_network:
            options |= {"model": self.library.network, "seed": self.seed}
        return method.fit(given.take(chosen), targets, **options), given

    def _as_input(self, outputs: Sequence[Output]) -> Songs:
        songs = self.library.songs
        if songs.output in outputs:
            return songs
        return replace(songs, predicted=self._probabilities(songs.predicted))

    def _measured(
        self,
        method: str,
        chooser: str,
        count: int,
        chosen: np.ndarray,
        predicted: np.ndarray,
        pooled: Pooled,
    ) -> Iterator[Row]:
        songs = self.library.songs
        by_song = bounded(songs.means(predicted))
        probabilities = songs.means(self._probabilities(predicted))
        shares = None if predicted.shape[1] == 2 else songs.shares(predicted)
        fixed = {"method": method, "chooser": chooser, "songs": count}
        general = self.library.affect
        sets = {
            "tuned": (chosen, self.truth),
            "other": (self.others, self.truth),
            "all": (np.arange(len(songs)), self.truth),
            "general": (self.others, None if np.isnan(general).any() else general),
        }
        for name, (numbers, truth) in sets.items():
            if truth is None or not len(numbers):
                continue
            found = _measures(
                by_song[numbers],
                probabilities[numbers],
                None if shares is None else shares[numbers],
                truth[numbers],
            )
            for target, metric, value in found:
                yield {
                    **fixed,
                    "song_set": name,
                    "clips": len(numbers),
                    "target": target,
                    "metric": metric,
                    "value": value,
                }
        key = (method, chooser, count)
        felt = quadrants_of(self.truth)[self.others]
        pooled.setdefault(key, []).append((probabilities[self.others], felt))

    def _probabilities(self, predicted: np.ndarray) -> np.ndarray:
        if predicted.shape[1] == len(QUADRANTS):
            return predicted
        return quadrant_probabilities(predicted)


def _measures(
    by_song: np.ndarray, probabilities: np.ndarray, shares: np.ndarray | None, truth: np.ndarray
) -> Iterator[Measure]:
    felt = quadrants_of(truth)
    if shares is not None:
        yield from quadrant_measures(probabilities, shares, felt)
        return
    yield from affect_measures(by_song, truth)
    decided = np.eye(len(QUADRANTS))[quadrants_of(by_song)]
    for target, metric, value in quadrant_measures(probabilities, decided, felt):
        if metric != "difference_error":  # one value of a song has no windows to count
            yield target, metric, value
