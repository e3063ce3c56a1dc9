"""Where a GPU's memory runs out: fewer networks at once, the same results, and it is said."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest
import torch
from affectmix.errors import AffectMixError
from affectmix.learners.emomucs import inputs
from affectmix.learners.emomucs.inputs import Clips, LogMels
from affectmix.learners.emomucs.networks import C1D, Batch
from affectmix.learners.emomucs.passes import predict_all
from affectmix.learners.emomucs.training import Job, Schedule, Trained, train

CLIPS, BANDS, FRAMES, MODELS = 21, 6, 56, 5
SCHEDULE = Schedule(batch=5, patience=2, epochs=4)


class Scarce(C1D):
    """C1D on a GPU that holds ``limit`` networks, and fails before or after the forward pass."""

    def __init__(self, limit: int, *, late: bool = False) -> None:
        super().__init__(BANDS, FRAMES)
        self._limit, self._late = limit, late
        self.tried: list[int] = []

    def forward(self, batch: Batch, weights: Any, running: Any) -> torch.Tensor:
        self.tried.append(len(batch.x))
        short = len(batch.x) > self._limit
        if short and not self._late:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        found = super().forward(batch, weights, running)  # moves the batch norm's statistics
        if short:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        return found


def log_mels() -> np.ndarray:
    return np.random.default_rng(1).normal(size=(CLIPS, 1, BANDS, FRAMES))


def trained(network: C1D) -> list[Trained]:
    x = log_mels()
    jobs = [Job(np.arange(m, 16), (m,), validate=np.arange(16, CLIPS)) for m in range(MODELS)]
    heard = LogMels(Clips(x, dtype=torch.float64), np.zeros((MODELS, 1), int))
    y = torch.tensor(np.tanh(x.mean((1, 2, 3))))[:, None].repeat(1, 2)
    return train(network, heard, y, jobs, schedule=SCHEDULE)


@pytest.mark.parametrize("late", [False, True])
def test_fewer_networks_at_once_give_the_same_models(
    late: bool, caplog: pytest.LogCaptureFixture
) -> None:
    network = Scarce(2, late=late)
    with caplog.at_level(logging.WARNING):
        found = trained(network)
    for one, other in zip(found, trained(C1D(BANDS, FRAMES)), strict=True):
        assert one.epoch == other.epoch
        torch.testing.assert_close(one.weights, other.weights)
        torch.testing.assert_close(one.running, other.running)
    said = [record.getMessage() for record in caplog.records]
    assert said[0] == (
        "the GPU's memory does not suffice for 5 networks at once; going on with 2, which takes "
        "longer and changes no result"
    )
    assert len(said) < 4  # when a size of batch is met first, and not at every step
    assert max(network.tried[-10:]) == 2


def test_predictions_need_no_more_room_than_there_is() -> None:
    models = trained(C1D(BANDS, FRAMES))
    states = [torch.stack([getattr(m, n) for m in models]) for n in ("weights", "running")]
    heard = LogMels(Clips(log_mels(), dtype=torch.float64), np.zeros((MODELS, 1), int))
    expected = predict_all(C1D(BANDS, FRAMES), heard, CLIPS, *states)
    network = Scarce(1)
    found = predict_all(network, heard, CLIPS, *states)
    torch.testing.assert_close(found, expected)
    assert {1, MODELS} <= set(network.tried)


def test_a_gpu_without_room_for_one_network() -> None:
    with pytest.raises(AffectMixError, match=r"does not suffice for a single network.*device: cpu"):
        trained(Scarce(0))


def test_log_mels_that_do_not_fit_are_brought_batch_by_batch(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    expected = trained(C1D(BANDS, FRAMES))

    def full(levels: torch.Tensor, device: torch.device) -> torch.Tensor:
        raise torch.cuda.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(inputs, "_moved", full)
    with caplog.at_level(logging.WARNING):
        found = trained(C1D(BANDS, FRAMES))
    assert "each batch is brought there when it is needed" in caplog.text
    for one, other in zip(found, expected, strict=True):
        assert torch.equal(one.weights, other.weights)
