"""A stored model, ready to say what it thinks of audio that it has heard."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from affectmix.cells.card import COVERAGE
from affectmix.cells.domain import Nearness
from affectmix.cells.final import FinalModel
from affectmix.cells.store import load_model
from affectmix.errors import AffectMixError
from affectmix.predict.cutting import LONGEST_WHOLE_S, Cutting
from affectmix.predict.files import printable
from affectmix.predict.hearing import Hearing, check_versions
from affectmix.predict.listening import Heard
from affectmix.tasks import Task, classes_from_scores, probabilities_from_scores, task_of

_BATCH: Final = 64  # windows that a model is given at once, as a long file has thousands
_SHORTEST_WINDOW_S: Final = 1.0
_BEYOND_TRAINED: Final = 1.5  # by which a file may be longer than the longest training clip
_QUADRANTS: Final = {(True, True): 1, (False, True): 2, (False, False): 3, (True, False): 4}


@dataclass(frozen=True)
class Predictor:
    """A model and what it has to be given.

    Attributes:
        folder: the model's.
        model: as it was stored.
        hearing: which features it is given.
    """

    folder: Path
    model: FinalModel
    hearing: Hearing

    @classmethod
    def open(cls, folder: str | Path) -> Predictor:
        """Return the model of a folder, checked and fit for the versions that are installed.

        Raises:
            AffectMixError: the folder is not a whole and unaltered model, or its features
                cannot be computed here as they were for its training.
        """
        model = load_model(folder)
        if "hearing" not in model.description:
            raise AffectMixError(
                f"{folder}: does not say how its features are made; make it anew with snakemake"
            )
        hearing = Hearing.of_model(model.description)
        check_versions(folder, model.description["versions"], hearing)
        if hearing.separator is not None:
            from affectmix.predict.unmixing import check_separator

            check_separator(folder, hearing.separator)
        return cls(Path(folder), model, hearing)

    @property
    def task(self) -> Task:
        """What it predicts."""
        return task_of(self.model.description["settings"]["learner"])

    @property
    def window_s(self) -> float:
        """The length of windows of its own: what it was trained on, the median clip."""
        if self.hearing.excerpt_s is not None:
            return float(self.hearing.excerpt_s)
        trained = self.model.description.get("clip_s", {}).get("median", 10.0)
        return max(_SHORTEST_WINDOW_S, float(f"{trained:.3g}"))

    def cutting(self, *, interval: float | None = None, window: float | None = None) -> Cutting:
        """Return how recordings are cut for it.

        Args:
            interval: seconds between the points of a curve; None for one prediction per file.
            window: length in seconds of the windows; None for the model's own.

        Raises:
            AffectMixError: the model's windows have a fixed length, and another is asked for.
        """
        fixed = self.hearing.excerpt_s
        if fixed is not None and window is not None and window != fixed:
            raise AffectMixError(
                f"--window {window:g}: {self.folder} takes excerpts of {fixed:g} s and no others; "
                "leave the option out"
            )
        whole = self._longest_whole_s() if fixed is None else float(fixed)
        return Cutting(self.window_s if window is None else window, interval, whole)

    def _longest_whole_s(self) -> float:
        """Return up to which length in seconds files are heard as a whole.

        Functionals hang on the length of what they are of, so that a song is not given whole
        to a model that knows excerpts of half a minute.
        """
        trained = self.model.description.get("clip_s", {}).get("longest", LONGEST_WHOLE_S)
        return float(min(LONGEST_WHOLE_S, _BEYOND_TRAINED * trained))

    def rows(
        self,
        heard: Heard,
        *,
        coverage: float = COVERAGE,
        curve: bool = False,
        contributions: Mapping[str, np.ndarray] | None = None,
    ) -> list[Row]:
        """Return what is predicted of a file.

        Args:
            heard: what the model is given of it.
            coverage: of the intervals, in (0, 1).
            curve: a row for each window, rather than the mean of all.
            contributions: target → how far each stem moves it in each piece
                [shape=(w, stems)], to be told too.
        """
        batches = range(0, len(heard.values), _BATCH)
        pieces = [heard.values[start : start + _BATCH] for start in batches]
        scores = np.concatenate([np.asarray(self.model.predict(p), dtype=float) for p in pieces])
        domain = self.model.domain
        if domain is None:
            distances = np.full(len(scores), math.nan)
        else:
            distances = np.concatenate([domain.distance(piece) for piece in pieces])
        starts, ends, moved = heard.starts, heard.ends, self._moved(contributions or {})
        if not curve:
            starts, ends = np.zeros(1), np.array([max(ends[-1], heard.duration_s)])
            scores = scores.mean(axis=0, keepdims=True)
            distances = np.median(distances, keepdims=True)
            moved = {name: values.mean(keepdims=True) for name, values in moved.items()}
        return [
            {
                "file": printable(heard.path),
                "start_s": float(starts[piece]),
                "end_s": float(ends[piece]),
                **self._said(scores[piece], coverage),
                **{name: float(values[piece]) for name, values in moved.items()},
                **self._nearness(float(distances[piece])),
            }
            for piece in range(len(scores))
        ]

    def _moved(self, contributions: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return how far each stem moves each target, by the name of its column."""
        return {
            f"{target}_by_{stem}": values[:, place]
            for target, values in contributions.items()
            for place, stem in enumerate(self.hearing.stems)
        }

    def _said(self, score: np.ndarray, coverage: float) -> Row:
        if self.task is not Task.REGRESSION:
            shares = probabilities_from_scores(score[np.newaxis], self.task)[0]
            chosen = int(classes_from_scores(score[np.newaxis], self.task)[0])
            classes = self.task.classes
            named = {f"p_{c}": float(p) for c, p in zip(classes, shares, strict=True)}
            return {str(self.task): classes[chosen], **named}
        said: Row = {}
        beyond = []
        held = {}
        for target, value in zip(self.model.models, score, strict=True):
            held[target] = float(np.clip(value, -1, 1))
            if held[target] != value:
                beyond.append(target)
            said[target] = held[target]
            if self.model.calibration is not None:
                half = self.model.calibration.half_width(target, coverage)
                said[f"{target}_low"] = float(max(-1.0, min(1.0, value - half)))
                said[f"{target}_high"] = float(min(1.0, max(-1.0, value + half)))
        if {"valence", "arousal"} <= held.keys():
            said["quadrant"] = f"Q{_QUADRANTS[held['valence'] > 0, held['arousal'] > 0]}"
        return {**said, "clipped": " ".join(beyond)}

    def _nearness(self, distance: float) -> Row:
        domain = self.model.domain
        if domain is None or math.isnan(distance):
            return {"domain": str(Nearness.UNKNOWN), "domain_distance": None}
        return {"domain": str(domain.nearness(distance)), "domain_distance": distance}


Row = dict[str, Any]
