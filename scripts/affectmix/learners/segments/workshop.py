"""The training of networks on sets of clips, of one search or one fit."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from affectmix.errors import AffectMixError
from affectmix.learners.segments.answers import Answers
from affectmix.learners.segments.clips import Clips
from affectmix.learners.segments.grid import Segments, cut
from affectmix.learners.segments.recipe import Recipe
from affectmix.learners.segments.songs import means
from affectmix.learners.segments.system import network_of, objective_of
from affectmix.learners.segments.training import Job, Trained, train


@dataclass(frozen=True)
class Workshop:
    """Clips, their labels, and what is learned from them.

    Attributes:
        clips: log-mels.
        Y: labels of the clips in [-1, 1] [shape=(n, t)].
        answers: what networks answer.
        seed: another one gives other networks.
    """

    clips: Clips
    Y: np.ndarray
    answers: Answers
    seed: int

    def segments(self, recipe: Recipe) -> Segments:
        """Return the segments of all clips."""
        return cut(self.clips.heard, frames=self.clips.frames, recipe=recipe)

    def train(
        self,
        recipe: Recipe,
        rows: np.ndarray,
        *,
        epochs: int,
        watch: np.ndarray | None = None,
        name: str,
    ) -> Trained:
        """Train a network on some clips.

        Args:
            recipe: how.
            rows: the clips [shape=(m,)].
            epochs: how many of the recipe's are run.
            watch: clips that are predicted after each epoch.
            name: of the network, for its seed and for messages.

        Raises:
            AffectMixError: none of the clips is as long as a segment.
        """
        segments = self.segments(recipe)
        places = segments.of(rows)
        if not len(places):
            raise AffectMixError(
                f"{name}: none of {len(rows)} training clips is as long as a segment "
                f"({recipe.segment_s:g} s). Take a shorter segment_s, or leave such clips out."
            )
        job = Job(
            segments,
            places,
            self.answers.encode(self.Y)[segments.clip[places]],
            seed=int(np.random.default_rng([self.seed, zlib.crc32(name.encode())]).integers(2**62)),
            epochs=epochs,
            watch=np.empty(0, dtype=np.int64) if watch is None else segments.of(watch),
            name=name,
        )
        shape = self.clips.stems, self.clips.bands
        return train(
            self.clips,
            job,
            recipe,
            objective_of(self.answers, recipe),
            lambda: network_of(recipe, self.answers, shape, segments.width),
        )

    def prior(self, rows: np.ndarray) -> np.ndarray:
        """Return the mean output that some clips' labels ask for. [shape=(k,)]"""
        return self.answers.encode(self.Y[rows]).mean(axis=0)

    def mean_scores(
        self, segments: Segments, places: np.ndarray, outputs: np.ndarray, rows: np.ndarray
    ) -> np.ndarray:
        """Return scores of all clips by the means of their segments; others get the prior.

        Args:
            segments: of all clips.
            places: which of them were predicted [shape=(w,)].
            outputs: what was predicted [shape=(w, k)].
            rows: clips that were trained on, for the prior.

        Returns:
            Scores [shape=(n, t)].
        """
        pooled = means(outputs, segments.clip[places], len(self.clips))
        pooled = np.where(np.isnan(pooled), self.prior(rows), pooled)
        return self.answers.scores(pooled)
