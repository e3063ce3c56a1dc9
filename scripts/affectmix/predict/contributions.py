"""How far each stem moves a prediction for new audio, from models of all combinations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from affectmix.cells.folder import MODEL
from affectmix.cells.store import read_description
from affectmix.errors import AffectMixError
from affectmix.evaluation.shapley import Coalition, coalitions, shapley_values
from affectmix.predict.predictor import Predictor
from affectmix.stems.names import MIX, sources_of
from affectmix.tasks import Task

_HOW = (
    "run an experiment whose cells are one learner on every combination of some stems, as "
    "config/examples/demo_stems.yaml has them, with a separator and without 'models: []', and name "
    "the model of all stems"
)


@dataclass(frozen=True)
class StemFamily:
    """A model of several stems, and beside it those of every combination of them.

    Attributes:
        whole: the model of all stems.
        parts: combination → its model; all but the empty one.
    """

    whole: Predictor
    parts: Mapping[Coalition, Predictor]

    @classmethod
    def of(cls, whole: Predictor) -> StemFamily:
        """Return the family of a model, whose other members lie in folders beside it.

        Raises:
            AffectMixError: the model is tuned to a listener, not of several stems or does not
                predict ratings, or combinations are missing; the message says what is needed.
        """
        stems = whole.hearing.stems
        if "tuned" in whole.model.description:
            raise AffectMixError(
                f"--stems: {whole.folder} is tuned to a listener, and the models of its stems are "
                "not; name the general model, or leave the option out"
            )
        if MIX in stems or len(stems) < 2 or whole.task is not Task.REGRESSION:
            heard = " and ".join(stems) or "nothing"
            raise AffectMixError(
                f"--stems: {whole.folder} predicts {whole.task} from {heard}; needed is a model of "
                f"valence and arousal from several stems: {_HOW}"
            )
        beside = _beside(whole)
        wanted = [combination for combination in coalitions(stems) if combination]
        missing = [" + ".join(sorted(c)) for c in wanted if c not in beside]
        if missing:
            raise AffectMixError(
                f"--stems: beside {whole.folder} there are no models of the same learner and "
                f"clips for {len(missing)} of {len(wanted)} combinations of its stems, the first "
                f"is {missing[0]}; {_HOW}"
            )
        return cls(
            whole,
            {c: whole if c == frozenset(stems) else Predictor.open(beside[c]) for c in wanted},
        )

    def contributions(self, values: np.ndarray) -> dict[str, np.ndarray]:
        """Return each stem's Shapley value in the predictions of some pieces.

        They sum to how far the prediction is from the mean of the training labels.

        Args:
            values: what the model of all stems is given [shape=(w, ...)].

        Returns:
            Target → one row per piece, one column per stem [shape=(w, stems)].
        """
        stems = self.whole.hearing.stems
        means = self.whole.model.description["label_means"]
        predicted = {
            combination: part.model.predict(self._given(values, part.hearing.stems))
            for combination, part in self.parts.items()
        }
        found = {}
        for place, target in enumerate(self.whole.model.models):
            nothing: Coalition = frozenset()
            worth = {nothing: np.full(len(values), float(means[target]))}
            worth |= {c: np.asarray(p[:, place], dtype=float) for c, p in predicted.items()}
            found[target] = shapley_values(worth, stems)
        return found

    def _given(self, values: np.ndarray, stems: Sequence[str]) -> np.ndarray:
        """Return what of the features is of some stems, in their order."""
        all_stems = self.whole.hearing.stems
        places = [all_stems.index(stem) for stem in stems]
        if values.ndim > 2:
            return values[:, places]
        pieces = np.split(values, len(all_stems), axis=1)
        return np.concatenate([pieces[place] for place in places], axis=1)


def _beside(whole: Predictor) -> dict[Coalition, Path]:
    """Return combination → folder of the models that differ from one in their stems alone."""
    own = _shared(whole.model.description)
    found: dict[Coalition, Path] = {}
    for file in sorted(whole.folder.resolve().parent.glob(f"*/{MODEL}")):
        try:
            description = read_description(file.parent)
        except AffectMixError:  # another model's fault is no concern of this one
            continue
        if _shared(description) == own:
            found.setdefault(
                frozenset(sources_of(description["settings"]["features"])), file.parent
            )
    return found


def _shared(description: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a family's models have in common."""
    settings = description["settings"]
    fields = {k: v for k, v in settings["fields"].items() if k != "features"}
    features = {k: v for k, v in settings["features"].items() if k != "stem"}
    rest = {k: settings.get(k) for k in ("learner", "shares", "views", "seed")}
    rest |= {k: description.get(k) for k in ("rows", "tuned")}
    return {"fields": fields, "features": features, **rest}
