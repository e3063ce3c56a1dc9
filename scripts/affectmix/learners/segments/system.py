"""A trained system: network, song level and what a clip without segments is taken for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import numpy as np
import numpy.typing as npt
import torch

from affectmix.errors import TableError
from affectmix.learners.segments.answers import Answers
from affectmix.learners.segments.backbones import SegmentNetwork, make_network
from affectmix.learners.segments.clips import Clips, Scale
from affectmix.learners.segments.grid import Segments, cut
from affectmix.learners.segments.machines import machine_scores
from affectmix.learners.segments.objectives import CrossEntropy, Objective, SquaredError
from affectmix.learners.segments.passes import Passes
from affectmix.learners.segments.recipe import Recipe
from affectmix.learners.segments.songs import means, medians, statistics, votes
from affectmix.learners.svc.model import SvcModel


def objective_of(answers: Answers, recipe: Recipe) -> Objective:
    """Return what is minimised for these answers."""
    return SquaredError() if answers.classes is None else CrossEntropy(recipe.temperature)


def network_of(
    recipe: Recipe, answers: Answers, shape: tuple[int, int], width: int
) -> SegmentNetwork:
    """Return a new network for log-mels of some stems and bands, and segments of ``width``."""
    stems, bands = shape
    return make_network(
        recipe.backbone, stems=stems, outputs=answers.outputs, width=width, bands=bands
    )


@dataclass
class SegmentSystem:
    """What predicts segments and songs.

    Attributes:
        recipe: how the network was trained.
        answers: what its outputs stand for.
        song_level: ``out_of_fold``, ``in_sample``, ``mean`` or ``majority``.
        shape: stems, bands and frames of a clip.
        prior: mean of the training clips' outputs, for clips without a segment [shape=(k,)].
        network: None where all training clips were of one class.
        scale: by which levels are standardised.
        machines: target → machine; none where the song level needs, or has, none.
        device: where the network is.
    """

    recipe: Recipe
    answers: Answers
    song_level: str
    shape: tuple[int, int, int]
    prior: npt.NDArray[np.float32]
    network: SegmentNetwork | None
    scale: Scale | None
    machines: Mapping[str, SvcModel] = field(default_factory=dict)
    device: str = "cpu"

    def __post_init__(self) -> None:
        self._last: tuple[np.ndarray, np.ndarray] | None = None

    @property
    def finite(self) -> bool:
        """Whether training ended with finite numbers."""
        values = [] if self.network is None else self.network.state_dict().values()
        return all(bool(torch.isfinite(value).all()) for value in values)

    def outputs(self, X: np.ndarray | Clips) -> tuple[Segments, npt.NDArray[np.float32]]:
        """Return the segments of clips and what the network says of each.

        Args:
            X: log-mels [shape=(n, stems, bands, frames)].

        Returns:
            Segments, and probabilities or values [shape=(s, k)].
        """
        if isinstance(X, np.ndarray) and X.shape[1:] != self.shape:
            raise TableError(
                f"log-mels of shape {X.shape[1:]} (stems, bands, frames) found; this model was "
                f"trained on {self.shape}. Take features of the same recipe, stems and length."
            )
        clips = X if isinstance(X, Clips) else Clips(X, device=self.device)
        segments = cut(clips.heard, frames=self.shape[2], recipe=self.recipe)
        if self.network is None or not len(segments):
            return segments, np.tile(self.prior, (len(segments), 1))
        assert self.scale is not None
        passes = Passes(
            clips,
            segments.width,
            self.scale,
            objective_of(self.answers, self.recipe),
            precision=self.recipe.precision,
        )
        found = passes.predict(self.network, clips.places(segments))
        return segments, found.cpu().numpy()

    def songs(self, X: np.ndarray) -> npt.NDArray[np.float64]:
        """Return the scores of clips, in the units of labels. [shape=(n, t)]

        All targets' models ask for the same clips one after the other: the last answer is kept.
        """
        if self._last is None or self._last[0] is not X:
            segments, outputs = self.outputs(X)
            self._last = X, self.songs_of(segments, outputs, len(X))
        return self._last[1]

    def songs_of(
        self, segments: Segments, outputs: np.ndarray, clips: int
    ) -> npt.NDArray[np.float64]:
        """Return the scores of clips from their segments' outputs. [shape=(clips, t)]"""
        scores = np.tile(self.answers.scores(self.prior[None]), (clips, 1))
        heard = np.unique(segments.clip)
        if not len(heard):
            return scores
        if self.machines:
            found = statistics(
                outputs, segments.clip, clips, share_above=share_above(self.recipe, self.answers)
            )
            scores[heard] = machine_scores(self.machines, found[heard], self.answers)
            return scores
        pool = means
        if self.song_level == "majority":
            pool = medians if self.answers.classes is None else votes
        scores[heard] = self.answers.scores(pool(outputs, segments.clip, clips)[heard])
        return scores

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return everything as arrays; what is no number, as UTF-8 bytes of JSON."""
        text = json.dumps(
            {
                "recipe": asdict(self.recipe),
                "answers": self.answers.to_json(),
                "song_level": self.song_level,
                "shape": list(self.shape),
            },
            sort_keys=True,
        )
        arrays: dict[str, np.ndarray] = {
            "description": np.frombuffer(text.encode(), dtype=np.uint8),
            "prior": self.prior,
        }
        if self.network is not None:
            assert self.scale is not None
            state = self.network.state_dict()
            arrays |= {f"network.{k}": v.contiguous().cpu().numpy() for k, v in state.items()}
            arrays |= {"mean": self.scale.mean, "deviation": self.scale.deviation}
        for target, machine in self.machines.items():
            arrays |= {f"machine.{target}.{k}": v for k, v in machine.to_arrays().items()}
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> SegmentSystem:
        """Return the system of which :meth:`to_arrays` gave the arrays, on the CPU."""
        told = json.loads(arrays["description"].tobytes().decode())
        recipe, answers = Recipe(**told["recipe"]), Answers.from_json(told["answers"])
        stems, bands, frames = told["shape"]
        network, scale = None, None
        state = _under("network.", arrays)
        if state:
            width = cut(np.array([frames]), frames=frames, recipe=recipe).width
            network = network_of(recipe, answers, (stems, bands), width)
            network.load_state_dict({k: torch.from_numpy(np.array(v)) for k, v in state.items()})
            network.eval()
            scale = Scale(arrays["mean"], arrays["deviation"])
        machines = {
            target: SvcModel.from_arrays(own)
            for target in answers.targets
            if (own := _under(f"machine.{target}.", arrays))
        }
        return cls(
            recipe,
            answers,
            told["song_level"],
            (stems, bands, frames),
            np.asarray(arrays["prior"]),
            network,
            scale,
            machines,
        )


def share_above(recipe: Recipe, answers: Answers) -> float:
    """Return θ in the units of the network's outputs: of values in [-1, 1], 2θ - 1."""
    return recipe.share_above if answers.classes is not None else 2 * recipe.share_above - 1


def _under(prefix: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)}
