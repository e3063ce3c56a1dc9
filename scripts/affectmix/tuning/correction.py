"""A tuned model as `predict` uses it: what a listener's correction makes of a model's scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from affectmix.learners.base import TargetModel
from affectmix.tasks import Task, probabilities_from_scores, scores_from_probabilities
from affectmix.tuning.components import ComponentSpace
from affectmix.tuning.methods import METHODS
from affectmix.tuning.songs import Songs, TunedModel, quadrant_probabilities

if TYPE_CHECKING:
    from affectmix.cells.final import FinalModel
    from affectmix.learners.user_tuned.encoded import Encoded
    from affectmix.learners.user_tuned.model import GeneralModel

_TUNED, _SPACE = "tuned.", "space."


@dataclass(frozen=True)
class Ears:
    """How a stored model's features of audio become songs to tune on.

    Attributes:
        models: target → model of the general model.
        task: what the general model predicts.
        space: components of what it hears.
    """

    models: Mapping[str, TargetModel]
    task: Task
    space: ComponentSpace

    @classmethod
    def of_model(cls, model: FinalModel, task: Task) -> Ears:
        """Return ears whose components are those of what the model was trained on.

        A few rated songs could not tell them: those of n songs put all n equally far apart. A
        model that does not know where its training clips lie has no components.

        Args:
            model: the general model.
            task: what it predicts.
        """
        bare = cls(model.models, task, ComponentSpace.fit(np.empty((0, 0))))
        if bare.network is not None:
            from affectmix.tuning.hear_songs import space_of

            return cls(model.models, task, space_of(bare.network))
        if model.domain is None:
            return bare
        return cls(model.models, task, ComponentSpace.of_training(model.domain.space))

    @cached_property
    def network(self) -> GeneralModel | None:
        """The network of a model of kind ``user_tuned``, or None."""
        return getattr(next(iter(self.models.values())), "core", None)

    def hears(self, values: Sequence[np.ndarray]) -> np.ndarray:
        """Return whether each song can be told from others: a network needs a whole frame."""
        if self.network is None:
            return np.ones(len(values), dtype=bool)
        cut = self.network.cut
        return np.array([any(len(cut(piece[0])) for piece in pieces) for pieces in values])

    def songs(self, values: Sequence[np.ndarray]) -> Songs:
        """Return songs, one row for each piece or, of a network, each of its windows.

        Args:
            values: features of each song's pieces [each shape=(pieces, ...)]; all can be heard.
        """
        if self.network is not None:
            from affectmix.tuning.hear_songs import songs_of

            return songs_of(self.network, _encoded(self.network, values), self.space)
        rows = np.concatenate(list(values))
        song = np.repeat(np.arange(len(values)), [len(one) for one in values])
        scores = np.column_stack([model.predict(rows) for model in self.models.values()])
        regression = self.task is Task.REGRESSION
        predicted = scores if regression else probabilities_from_scores(scores, self.task)
        known = rows.ndim == 2 and rows.shape[1] == len(self.space.axes)
        components = self.space.apply(rows) if known else np.empty((len(rows), 0))
        return Songs(predicted, components, song)


@dataclass(frozen=True)
class Correction:
    """What tuning changed: added to a general model, it is a listener's.

    Attributes:
        method: of `METHODS`.
        model: the tuned model.
        ears: of the general model.
        quadrants: whether the listener rated quadrants, of which then scores are predicted.
    """

    method: str
    model: TunedModel
    ears: Ears
    quadrants: bool

    def songs(self, values: Sequence[np.ndarray]) -> Songs:
        """Return songs as the method takes them."""
        return as_rated(self.ears.songs(values), quadrants=self.quadrants)

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return scores of pieces of audio: one column per target. [shape=(n, t)]

        Those that a network cannot hear keep the general model's.
        """
        pieces = [piece[None] for piece in X]
        heard = np.flatnonzero(self.ears.hears(pieces))
        scores = np.column_stack([model.predict(X) for model in self.ears.models.values()])
        if self.quadrants and self.ears.task is Task.REGRESSION:
            likely = quadrant_probabilities(scores)
            scores = scores_from_probabilities(likely, Task.QUADRANT)
        if len(heard):
            songs = self.songs([pieces[number] for number in heard])
            values = songs.means(self.model.predict(songs))
            own = scores_from_probabilities(values, Task.QUADRANT) if self.quadrants else values
            scores[heard] = own
        return scores

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return everything that is not the general model's."""
        return {
            **{f"{_TUNED}{name}": array for name, array in self.model.to_arrays().items()},
            **{f"{_SPACE}{name}": array for name, array in self.ears.space.to_arrays().items()},
        }

    @classmethod
    def from_arrays(
        cls,
        arrays: Mapping[str, np.ndarray],
        models: Mapping[str, TargetModel],
        described: Mapping[str, Any],
    ) -> Correction:
        """Return the correction that :meth:`to_arrays` took apart.

        Args:
            arrays: of :meth:`to_arrays`.
            models: of the general model.
            described: ``tuned`` of ``model.json``.
        """
        space = ComponentSpace.from_arrays(_part(arrays, _SPACE))
        ears = Ears(models, Task(described["general_task"]), space)
        method = METHODS[described["method"]]
        options = {"model": ears.network} if method.of_network else {}
        model = method.load(_part(arrays, _TUNED), **options)
        return cls(described["method"], model, ears, described["rated"] == "quadrant")


def as_rated(songs: Songs, *, quadrants: bool) -> Songs:
    """Return songs with predictions in the form of the ratings."""
    if not quadrants or songs.output == "quadrant":
        return songs
    likely = quadrant_probabilities(songs.predicted)
    return Songs(likely, songs.components, songs.song, songs.encoded)


def _encoded(network: GeneralModel, values: Sequence[np.ndarray]) -> Encoded:
    """Return a network's features of songs, whose pieces follow one another."""
    from affectmix.learners.user_tuned.encoded import Encoded

    parts = [network.encode(list(pieces[:, 0])) for pieces in values]
    counts = np.array([part.counts.sum() for part in parts])
    return Encoded(np.concatenate([part.features for part in parts]), counts)


def _part(arrays: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {n.removeprefix(prefix): a for n, a in arrays.items() if n.startswith(prefix)}
