"""Training over epochs, at whose end stand the weights that validated best."""

from __future__ import annotations

import contextlib
import math
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Schedule:
    """How long to train.

    Attributes:
        epochs: passes over the training rows.
        batch: rows per step.
        seconds: after which no further epoch begins; None for no limit. With one, the result
            hangs on the machine's speed.
        say: what is told of each epoch while training goes on.
    """

    epochs: int
    batch: int = 32
    seconds: float | None = None
    say: Callable[[dict[str, float]], None] | None = None


@dataclass
class History:
    """What training went through.

    Attributes:
        epochs: for each one, its training loss, validation quality and loss, and seconds.
        best: the epoch, from 1, whose weights were kept; 0 for none.
    """

    epochs: list[dict[str, float]] = field(default_factory=list)
    best: int = 0

    @property
    def quality(self) -> float:
        """The validation quality of the weights that were kept."""
        return self.epochs[self.best - 1]["quality"] if self.best else math.nan


def train(
    module: nn.Module,
    rows: np.ndarray,
    *,
    optimiser: torch.optim.Optimizer,
    loss: Callable[[Tensor], Tensor],
    validate: Callable[[], tuple[float, float]],
    schedule: Schedule,
    seed: Sequence[int],
) -> History:
    """Train a module in place, and leave it with the weights that validated best.

    Best is the highest quality (accuracy), then the lowest loss, then the first epoch. Where no
    epoch ends with finite numbers, the weights stay as they began.

    Args:
        module: the part that moves; it is in training mode while it is trained.
        rows: positions of the rows to train on [shape=(n,)].
        optimiser: of the module's parameters.
        loss: positions of a batch → its loss.
        validate: () → quality and loss on the validation rows; the module is in evaluation
            mode.
        schedule: how long.
        seed: whole numbers that name this training.
    """
    history = History()
    best: tuple[float, float] = (-math.inf, -math.inf)
    kept = {name: values.clone() for name, values in module.state_dict().items()}
    began = time.monotonic()
    with seeded(seed):
        for epoch in range(schedule.epochs):
            started = time.monotonic()
            if schedule.seconds is not None and epoch and started - began > schedule.seconds:
                break
            module.train()
            trained = _epoch(rows, optimiser, loss, schedule.batch, [*seed, epoch])
            module.eval()
            quality, validation_loss = validate()
            found = quality, -validation_loss
            if all(map(math.isfinite, found)) and found > best:
                best, history.best = found, epoch + 1
                kept = {name: values.clone() for name, values in module.state_dict().items()}
            took = time.monotonic() - started
            history.epochs.append(
                {"loss": trained, "quality": quality, "val_loss": validation_loss, "s": took}
            )
            if schedule.say is not None:
                schedule.say(history.epochs[-1])
    module.load_state_dict(kept)
    module.eval()
    return history


def _epoch(
    rows: np.ndarray,
    optimiser: torch.optim.Optimizer,
    loss: Callable[[Tensor], Tensor],
    size: int,
    seed: Sequence[int],
) -> float:
    """Take one pass over the rows in a new order; return the mean loss."""
    losses = []
    for batch in batches(rows, size, seed):
        optimiser.zero_grad(set_to_none=True)
        value = loss(torch.from_numpy(batch))
        value.backward()
        optimiser.step()
        losses.append(value.detach())
    return float(torch.stack(losses).mean())


def batches(rows: np.ndarray, size: int, seed: Sequence[int]) -> list[np.ndarray]:
    """Return rows in a seeded order, in batches of ``size`` and a rest.

    A rest of one row joins the batch before it: one row has no variance to normalise by.
    """
    order = np.random.default_rng(list(seed)).permutation(rows)
    starts = range(0, max(len(order) - 1, 1), size)
    return np.split(order, list(starts)[1:])


@contextlib.contextmanager
def seeded(seed: Sequence[int]) -> Iterator[None]:
    """Draw torch's random numbers from a seed of one's own, and give its old state back."""
    devices = range(torch.cuda.device_count()) if torch.cuda.is_available() else ()
    with torch.random.fork_rng(devices=devices):
        name = ",".join(map(str, seed)).encode()
        torch.manual_seed(zlib.crc32(name))
        yield
