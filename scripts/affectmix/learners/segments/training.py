"""Training of one network on segments whose labels may be wrong (Sun et al., section 2.1).

Warm-up with every label, then in each epoch: losses with dropout off, a mixture of two
Gaussians on them, labels of the noisy segments erased in favour of the network's own sharpened
predictions, mixup over all, and agreement of two dropout passes.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from affectmix.errors import AffectMixError
from affectmix.learners.segments.backbones import SegmentNetwork
from affectmix.learners.segments.beliefs import corrected, remembered
from affectmix.learners.segments.clips import Clips
from affectmix.learners.segments.grid import Segments
from affectmix.learners.segments.objectives import Objective
from affectmix.learners.segments.partition import split_by_class, split_by_loss
from affectmix.learners.segments.passes import Passes
from affectmix.learners.segments.recipe import Recipe
from affectmix.learners.segments.steps import Stepper

_SLOWER = 10.0  # a second start's learning rate is so many times lower


@dataclass(frozen=True)
class Epoch:
    """What one epoch was like.

    Attributes:
        loss: what was minimised, on average over steps.
        clean: share of the training segments whose label was taken to hold.
        means: of the mixture's two components; NaN without a partition.
        collapsed: whether the mixture had one component, so that all labels were kept.
        seconds: of the epoch, its partition included.
    """

    loss: float
    clean: float
    means: tuple[float, float]
    collapsed: bool
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Return the epoch as plain data, null where there was no mixture."""
        means = None if math.isnan(self.means[0]) else [round(mean, 5) for mean in self.means]
        rounded = {"loss": round(self.loss, 6), "clean": round(self.clean, 4)}
        return asdict(self) | rounded | {"means": means, "seconds": round(self.seconds, 3)}


@dataclass
class Trained:
    """A trained network and how it came about.

    Attributes:
        network: in evaluation mode.
        passes: what predicts with it.
        epochs: one after the other.
        clean: posterior of every training segment, on average over the partitions, as single
            ones swing with the network; 1 where there was none [shape=(s,)].
        watched: predictions of the watched segments after each epoch [each shape=(w, k)].
        restarts: how often training began anew because its loss was no number.
        batch_parts: in how many parts each batch went through the network.
    """

    network: SegmentNetwork
    passes: Passes
    epochs: list[Epoch]
    clean: npt.NDArray[np.float64]
    watched: list[npt.NDArray[np.float32]]
    restarts: int = 0
    batch_parts: int = 1

    @property
    def partitioned(self) -> bool:
        """Whether any epoch told clean segments from noisy ones, or tried to."""
        return any(epoch.collapsed or not math.isnan(epoch.means[0]) for epoch in self.epochs)

    def to_json(self) -> dict[str, Any]:
        """Return how it came about as plain data."""
        return {
            "epochs": [epoch.to_json() for epoch in self.epochs],
            "collapsed": sum(epoch.collapsed for epoch in self.epochs),
            "restarts": self.restarts,
            "batch_parts": self.batch_parts,
        }


@dataclass(frozen=True)
class Job:
    """One network to train.

    Attributes:
        segments: of all clips.
        train: places of the segments that are learned from [shape=(s,)].
        targets: what they inherit from their clips [shape=(s, k)].
        watch: places of segments that are predicted after each epoch [shape=(w,)].
        seed: of weights, order, dropout and mixing.
        epochs: how many of the recipe's epochs are run.
        name: for messages.
    """

    segments: Segments
    train: npt.NDArray[np.int64]
    targets: npt.NDArray[np.float32]
    seed: int
    epochs: int
    watch: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    name: str = "network"


def train(
    clips: Clips,
    job: Job,
    recipe: Recipe,
    objective: Objective,
    make: Callable[[], SegmentNetwork],
) -> Trained:
    """Train a network; a loss that is no number makes it begin anew once, at a lower rate.

    Args:
        clips: log-mels of all clips.
        job: what it learns.
        recipe: how.
        objective: what is minimised.
        make: makes the network, with weights from torch's generator.

    Raises:
        AffectMixError: the loss is no number at the lower rate either.
    """
    rate = recipe.learning_rate
    for restarts in range(2):
        devices = [clips.device] if clips.device.type == "cuda" else []
        with torch.random.fork_rng(devices=devices):
            torch.manual_seed(job.seed)
            run = _Run(clips, job, recipe, objective, make(), rate)
            failed = run.train()
        if failed is None:
            return Trained(
                run.stepper.judge,
                run.passes,
                run.epochs,
                run.mean_clean(),
                run.watched,
                restarts,
                run.stepper.parts,
            )
        logging.warning("%s: epoch %d: the loss is no number at rate %g", job.name, failed, rate)
        rate /= _SLOWER
    raise AffectMixError(
        f"{job.name}: in epoch {failed} the loss was no number, at a learning_rate of "
        f"{recipe.learning_rate:g} and again at {rate * _SLOWER:g}. Set learning_rate below "
        f"{rate * _SLOWER:g}, or precision: float32."
    )


class _Run:
    """One attempt at training."""

    def __init__(
        self,
        clips: Clips,
        job: Job,
        recipe: Recipe,
        objective: Objective,
        network: SegmentNetwork,
        rate: float,
    ) -> None:
        self.network = network.to(clips.device)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._job, self._recipe, self._objective = job, recipe, objective
        segments = job.segments
        rows = np.unique(segments.clip[job.train])
        self.passes = Passes(
            clips, segments.width, clips.scale_of(rows), objective, precision=recipe.precision
        )
        self._places = clips.places(segments)
        self._order = np.random.default_rng([job.seed, len(job.train)])
        self._targets = torch.from_numpy(job.targets).to(clips.device)
        batches = -(-len(job.train) // recipe.batch)
        steps = batches * job.epochs
        self.stepper = Stepper(
            self.network,
            self.passes,
            objective,
            recipe,
            rate=rate,
            warm_steps=batches,
            all_steps=batches * recipe.epochs,
            compiled=self.passes.compiles(recipe.compile, steps=steps),
        )
        self._batches = batches
        self.epochs: list[Epoch] = []
        self._clean: list[npt.NDArray[np.float64]] = []
        self._losses: Tensor | None = None
        self._predicted: Tensor | None = None
        self.watched: list[npt.NDArray[np.float32]] = []

    def train(self) -> int | None:
        """Train to the end; return the epoch, from 1, whose loss was no number."""
        for number in range(1, self._job.epochs + 1):
            started = time.perf_counter()
            warm = number <= self._recipe.warmup
            split = self._partition(warm, number)
            if split is None:
                return number - 1
            targets, noisy, means, collapsed = split
            loss = self._pass(targets, None if warm else noisy, mixes=not warm)
            seconds = time.perf_counter() - started
            clean = 1.0 if noisy is None else 1.0 - float(noisy.float().mean())
            self.epochs.append(Epoch(loss, clean, means, collapsed, seconds))
            if not math.isfinite(loss):
                return number
            if len(self._job.watch):
                watched = self._places[self._job.watch]
                self.watched.append(self.passes.predict(self.stepper.judge, watched).cpu().numpy())
        self.stepper.judge.eval()
        return None

    def mean_clean(self) -> npt.NDArray[np.float64]:
        """Return how probable it is that each training segment's label holds. [shape=(s,)]"""
        return np.mean(self._clean, axis=0) if self._clean else np.ones(len(self._job.train))

    def _partition(
        self, warm: bool, number: int
    ) -> tuple[Tensor, Tensor | None, tuple[float, float], bool] | None:
        """Return this epoch's targets, which segments are noisy, and what the mixture says.

        None where the network predicts no numbers any more.
        """
        nothing = (float("nan"), float("nan"))
        recipe = self._recipe
        itself = recipe.method == "self_training"
        idle = warm and (number == 1 or not recipe.memory)  # nothing is learned, or remembered
        if idle or not (recipe.partitions or itself):
            return self._targets, None, nothing, False
        if not self._remember():
            return None
        if warm:
            return self._targets, None, nothing, False
        assert self._losses is not None and self._predicted is not None
        pseudo = self._objective.pseudo_targets(self._predicted)
        if itself:
            return pseudo, None, nothing, False
        losses, seed = self._losses.cpu().numpy(), self._job.seed + number
        if recipe.by_class:
            split = split_by_class(losses, self._job.targets.argmax(1), seed=seed)
        else:
            split = split_by_loss(losses, seed=seed)
        self._clean.append(split.clean)
        clean = torch.from_numpy(split.clean).to(self._targets.device)
        noisy, targets = clean <= recipe.threshold, self._targets
        if recipe.erase:
            targets = corrected(targets, pseudo, clean, noisy, refine=recipe.refine)
        return targets, noisy, split.means, split.collapsed

    def _remember(self) -> bool:
        """Take in what the network says of the training segments; False if it is no numbers."""
        found = self.passes.predict(self.stepper.judge, self._places[self._job.train])
        if not bool(torch.isfinite(found).all()):
            return False
        share = self._recipe.memory
        losses = self.passes.losses_of(found, self._targets)
        self._losses = remembered(self._losses, losses, share)
        self._predicted = remembered(self._predicted, found, share)
        return True

    def _pass(self, targets: Tensor, noisy: Tensor | None, *, mixes: bool) -> float:
        """Go once through all training segments; return the mean loss."""
        count = len(self._job.train)
        device = targets.device
        drawn = self._order.permutation(count)
        size = min(count, self._recipe.batch)
        # Batches of one size: a few segments come twice, and nothing is compiled anew.
        drawn = np.concatenate([drawn, drawn[: self._batches * size - count]])
        order = torch.from_numpy(drawn).to(device)
        weights = None
        if mixes and self._recipe.mixes:
            own = self._order.beta(self._recipe.mixup_alpha, self._recipe.mixup_alpha, count)
            # The larger part is the segment's own, so that it stays what it is taken for.
            weights = torch.from_numpy(np.maximum(own, 1 - own).astype(np.float32)).to(device)
        places = self._places[torch.from_numpy(self._job.train).to(self._places.device)]
        self.network.train()
        total = torch.zeros((), device=device)
        for chosen in order.split(size):
            total += self.stepper.step(
                places[chosen.to(places.device)],
                targets[chosen],
                None if weights is None else weights[chosen],
                None if noisy is None else noisy[chosen],
            )
        self.network.eval()
        return float(total) / self._batches
