"""Training of many models of one design at once, each on its own rows, to its own end.

Models share forward and backward passes as far as memory allows. They share nothing else:
each has its own weights, batch-norm statistics, optimiser state, order of rows, dropout and
early stopping, so that a model comes out as if it had been trained alone. Models that have
stopped take no further part.

As de Berardinis et al. (2020) and their code: Adam, squared error summed over a batch, and the
weights of the epoch with the lowest validation loss.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from affectmix.learners.emomucs.adam import Adam
from affectmix.learners.emomucs.inputs import Inputs
from affectmix.learners.emomucs.networks import Network
from affectmix.learners.emomucs.passes import predict
from affectmix.learners.emomucs.room import Room
from affectmix.learners.emomucs.streams import Stream


@dataclass(frozen=True)
class Schedule:
    """How long and how fast models learn.

    Attributes:
        rate: Adam's learning rate.
        batch: clips per step.
        patience: epochs without a lower validation loss after which a model stops.
        epochs: at most so many.
    """

    rate: float = 0.005
    batch: int = 32
    patience: int = 15
    epochs: int = 200


@dataclass(frozen=True)
class Job:
    """One model to train.

    Attributes:
        train: rows that it learns from.
        seed: whole numbers that name it, for its random numbers.
        validate: rows that its early stopping looks at; None to train for ``epochs``.
        epochs: how long to train without validation.
        start: weights and batch-norm statistics that it starts from; None for new ones.
    """

    train: np.ndarray
    seed: tuple[int, ...]
    validate: np.ndarray | None = None
    epochs: int | None = None
    start: tuple[Tensor, Tensor] | None = None


@dataclass
class Trained:
    """One trained model.

    Attributes:
        weights: its flat weights [shape=(size,)].
        running: its flat batch-norm statistics [shape=(size,)].
        epoch: the epoch, from 1, after which they were as they are.
        loss: its validation loss, squared errors summed over targets and averaged over
            rows; NaN without validation.
        losses: the validation loss after each epoch.
    """

    weights: Tensor
    running: Tensor
    epoch: int = 0
    loss: float = float("nan")
    losses: list[float] = field(default_factory=list)


def train(
    network: Network, inputs: Inputs, Y: Tensor, jobs: Sequence[Job], *, schedule: Schedule
) -> list[Trained]:
    """Train one model per job.

    Args:
        network: the models' design.
        inputs: what they are fed; the job's place is the model's number there.
        Y: targets of all rows, on the device of the inputs [shape=(n, t)].
        jobs: the models.
        schedule: how long and how fast.

    Returns:
        The models in the order of the jobs.
    """
    stack = _Stack(network, inputs, Y, jobs, schedule)
    results = stack.snapshots()
    active = list(range(len(jobs)))
    epoch = 0
    while active:
        epoch += 1
        stack.train_epoch(active)
        losses = stack.validation_losses(active)
        active = [i for i in active if _goes_on(stack, results[i], i, epoch, losses.get(i))]
    return results


def _goes_on(stack: _Stack, result: Trained, model: int, epoch: int, loss: float | None) -> bool:
    """Keep a model's weights where they are its best, and say whether it trains on."""
    job, schedule = stack.jobs[model], stack.schedule
    if loss is None:
        assert job.epochs is not None
        if epoch >= job.epochs:
            stack.keep(model, result, epoch)
        return epoch < job.epochs
    result.losses.append(loss)
    recovered = math.isnan(result.loss) and not math.isnan(loss)
    if result.epoch == 0 or recovered or loss < result.loss:
        stack.keep(model, result, epoch)
        result.loss = loss
    return epoch < schedule.epochs and epoch - result.epoch < schedule.patience


class _Stack:
    """Models that train together: their weights are rows of one matrix."""

    def __init__(
        self,
        network: Network,
        inputs: Inputs,
        Y: Tensor,
        jobs: Sequence[Job],
        schedule: Schedule,
    ) -> None:
        self.jobs, self.schedule = jobs, schedule
        self._network, self._inputs, self._Y = network, inputs, Y
        self._streams = [Stream(job.seed) for job in jobs]
        starts = [stream.start for stream in self._streams]
        weights = network.weights.start(starts)
        running = network.running.start(starts)
        for row, job in enumerate(jobs):
            if job.start is not None:
                weights[row], running[row] = job.start
        self._weights = weights.to(Y.device, Y.dtype)
        self._running = running.to(Y.device, Y.dtype)
        self._adam = Adam(self._weights, rate=schedule.rate)
        self._room = Room(network, Y.device)

    def snapshots(self) -> list[Trained]:
        return [
            Trained(weights.clone(), running.clone())
            for weights, running in zip(self._weights, self._running, strict=True)
        ]

    def keep(self, model: int, result: Trained, epoch: int) -> None:
        result.weights.copy_(self._weights[model])
        result.running.copy_(self._running[model])
        result.epoch = epoch

    def train_epoch(self, active: Sequence[int]) -> None:
        batches = {
            i: self._streams[i].batches(self.jobs[i].train, self.schedule.batch) for i in active
        }
        for step in range(max(len(own) for own in batches.values())):
            rows = {i: own[step] for i, own in batches.items() if step < len(own)}
            for models, chosen in self._of_one_size(rows):
                self._step(models, chosen)

    def _step(self, models: Tensor, rows: Tensor) -> None:
        count = rows.shape[1]
        dropouts = self._network.dropouts
        drawn = [self._streams[i].masks(dropouts, count) for i in models.tolist()]
        masks = {name: torch.stack([own[name] for own in drawn]) for name in dropouts}

        def run(some: slice) -> None:
            own = {name: mask[some] for name, mask in masks.items()}
            self._move(models[some], rows[some], own)

        for _ in self._room.passes(len(models), count, run):
            pass

    def _move(self, models: Tensor, rows: Tensor, masks: dict[str, Tensor]) -> None:
        """Move models along their gradients; nothing is changed before there is all to do it."""
        network = self._network
        masks = {name: mask.to(self._Y.device, self._Y.dtype) for name, mask in masks.items()}
        batch = self._inputs.batch(models, rows, masks, moments=network.needs_moments)
        weights = self._weights[models].requires_grad_()
        running = self._running[models]
        predicted = network.forward(
            batch, network.weights.views(weights), network.running.views(running)
        )
        (predicted - self._Y[rows]).square().sum().backward()
        assert weights.grad is not None
        with torch.no_grad():
            self._adam.step(models, weights.grad)
        self._running[models] = running

    def validation_losses(self, active: Sequence[int]) -> dict[int, float]:
        rows = {i: own for i in active if (own := self.jobs[i].validate) is not None}
        losses = dict.fromkeys(rows, 0.0)
        size = self.schedule.batch
        for at in range(0, max(map(len, rows.values()), default=0), size):
            part = {i: own[at : at + size] for i, own in rows.items() if at < len(own)}
            for models, chosen in self._of_one_size(part):
                squares = self._squares(models, chosen)
                for model, total in zip(models.tolist(), squares, strict=True):
                    losses[model] += total / len(rows[model])
        return losses

    def _squares(self, models: Tensor, rows: Tensor) -> list[float]:
        """Return each model's squared errors of its rows, summed."""

        def run(some: slice) -> list[float]:
            own, chosen = models[some], rows[some]
            state = self._weights[own], self._running[own]
            predicted = predict(self._network, self._inputs, own, chosen, *state)
            return list((predicted - self._Y[chosen]).square().sum((1, 2)).tolist())

        return [
            total for part in self._room.passes(len(models), rows.shape[1], run) for total in part
        ]

    def _of_one_size(self, rows: dict[int, np.ndarray]) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield models that have equally many rows, and these. [shapes=(m,), (m, b)]"""
        by_size: dict[int, list[int]] = {}
        for model, own in rows.items():
            by_size.setdefault(len(own), []).append(model)
        device = self._Y.device
        for models in by_size.values():
            chosen = torch.as_tensor(np.stack([rows[i] for i in models]), device=device)
            yield torch.tensor(models, device=device), chosen
