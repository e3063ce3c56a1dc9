"""Training many models at once: each comes out as if it had been trained alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from affectmix.learners.emomucs import room
from affectmix.learners.emomucs.adam import Adam
from affectmix.learners.emomucs.fusion import FusedNetwork, FusionHead
from affectmix.learners.emomucs.inputs import Clips, Features, LogMels
from affectmix.learners.emomucs.networks import C1D, C2D, Network
from affectmix.learners.emomucs.streams import Stream
from affectmix.learners.emomucs.training import Job, Schedule, Trained, train

CLIPS, STEMS, BANDS, FRAMES = 23, 2, 8, 56
CLOSE = {"rtol": 1e-4, "atol": 1e-6}  # in double precision, after tens of steps of Adam
SCHEDULE = Schedule(rate=0.005, batch=5, patience=2, epochs=6)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def clips() -> np.ndarray:
    rng = np.random.default_rng(3)
    levels = 0.2 * rng.normal(size=(CLIPS, STEMS, 1, 1))
    return levels + rng.normal(size=(CLIPS, STEMS, BANDS, FRAMES))


def targets(x: np.ndarray) -> torch.Tensor:
    return torch.tensor(np.tanh(x.mean((2, 3))))


def jobs() -> list[Job]:
    """Four models of differing rows and sizes; the last trains for two epochs, unvalidated."""
    rng = np.random.default_rng(5)
    rows = [rng.permutation(CLIPS) for _ in range(4)]
    stopped = [
        Job(order[: 15 + model], (7, model), validate=order[18:])
        for model, order in enumerate(rows[:3])
    ]
    return [*stopped, Job(rows[3][:18], (7, 3), epochs=2)]


def networks() -> dict[str, tuple[Network, np.ndarray]]:
    """Return designs, and the stems that each of four models hears."""
    one, both = np.array([[0], [1], [0], [1]]), np.array([[0, 1]] * 4)
    return {
        "c1d": (C1D(BANDS, FRAMES), one),
        "c2d": (C2D(BANDS, FRAMES), one),
        "c1d_mid": (FusedNetwork(C1D(BANDS, FRAMES), stems=2, fusion="mid"), both),
        "c2d_late": (FusedNetwork(C2D(BANDS, FRAMES), stems=2, fusion="late"), both),
    }


def train_all(name: str, todo: list[Job], schedule: Schedule = SCHEDULE) -> list[Trained]:
    network, stems = networks()[name]
    x = clips()
    return train(
        network, LogMels(Clips(x, dtype=torch.float64), stems), targets(x), todo, schedule=schedule
    )


@pytest.mark.parametrize("name", list(networks()))
def test_together_as_one_by_one(name: str) -> None:
    network, stems = networks()[name]
    x = clips()
    together = train_all(name, jobs())
    assert [len(each.losses) > 2 for each in together] == [True, True, True, False]
    for model, job in enumerate(jobs()):
        inputs = LogMels(Clips(x, dtype=torch.float64), stems[model : model + 1])
        (alone,) = train(network, inputs, targets(x), [job], schedule=SCHEDULE)
        assert together[model].epoch == alone.epoch
        np.testing.assert_allclose(together[model].losses, alone.losses, rtol=1e-5)
        torch.testing.assert_close(together[model].weights, alone.weights, **CLOSE)
        torch.testing.assert_close(together[model].running, alone.running, **CLOSE)


def test_models_do_not_hang_on_how_many_fit_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    together = train_all("c2d", jobs())
    monkeypatch.setattr(room, "_CPU_NUMBERS", 5 * networks()["c2d"][0].activations)
    for one, other in zip(together, train_all("c2d", jobs()), strict=True):
        torch.testing.assert_close(one.weights, other.weights, **CLOSE)


def test_the_same_seed_gives_the_same_model_and_another_another() -> None:
    first, again = train_all("c1d", jobs()), train_all("c1d", jobs())
    other = train_all("c1d", [replace(job, seed=(8, *job.seed)) for job in jobs()])
    for a, b, c in zip(first, again, other, strict=True):
        assert torch.equal(a.weights, b.weights)
        assert not torch.allclose(a.weights, c.weights)


def test_the_best_epochs_weights_are_kept_also_when_it_was_the_first() -> None:
    x, y = clips(), targets(clips())
    # What is learned from the first rows is wrong for the validated ones, more so each epoch.
    y[18:] = -y[18:] - 4.0 * y[:18].mean(0)
    y[:18] += 3.0
    network, stems = networks()["c1d"]
    job = Job(np.arange(18), (1,), validate=np.arange(18, CLIPS))
    inputs = LogMels(Clips(x, dtype=torch.float64), stems[:1])
    (stopped,) = train(network, inputs, y, [job], schedule=SCHEDULE)
    assert stopped.epoch == 1
    assert len(stopped.losses) == 1 + SCHEDULE.patience
    assert stopped.loss == stopped.losses[0] == min(stopped.losses)
    (short,) = train(network, inputs, y, [job], schedule=replace(SCHEDULE, epochs=1))
    assert torch.equal(stopped.weights, short.weights)
    assert torch.equal(stopped.running, short.running)


def test_a_model_that_diverges_stops_and_does_not_touch_the_others() -> None:
    network, stems = networks()["c1d"]
    x = clips()
    x[18, 0] = np.nan
    rows = np.arange(18)
    sane = Job(rows, (1,), validate=rows)
    inputs = LogMels(Clips(x, dtype=torch.float64), stems[:2] * 0)
    y = torch.nan_to_num(targets(x))
    broken, fine = train(
        network, inputs, y, [replace(sane, train=np.arange(19)), sane], schedule=SCHEDULE
    )
    alone = LogMels(Clips(x, dtype=torch.float64), stems[:1])
    (expected,) = train(network, alone, y, [sane], schedule=SCHEDULE)
    assert np.isnan(broken.losses).all()
    assert len(broken.losses) == 1 + SCHEDULE.patience
    np.testing.assert_allclose(fine.losses, expected.losses, rtol=1e-5)


def test_a_fixed_number_of_epochs_repeats_early_stopping() -> None:
    stopped = train_all("c2d", jobs())
    repeated = train_all(
        "c2d",
        [
            replace(job, validate=None, epochs=each.epoch)
            for job, each in zip(jobs(), stopped, strict=True)
        ],
    )
    for one, other in zip(stopped, repeated, strict=True):
        assert one.epoch == other.epoch
        torch.testing.assert_close(one.weights, other.weights, **CLOSE)


def test_training_lowers_the_loss_of_a_learnable_task() -> None:
    x = clips()
    x[:, 0] += np.linspace(-2, 2, CLIPS)[:, None, None]
    y = torch.tensor(np.linspace(-1, 1, CLIPS))[:, None].repeat(1, 2)
    rows = np.arange(CLIPS)
    job = Job(rows, (2,), validate=rows)
    inputs = LogMels(Clips(x, dtype=torch.float64), np.array([[0]]))
    schedule = replace(SCHEDULE, epochs=25, patience=25)
    (trained,) = train(C2D(BANDS, FRAMES), inputs, y, [job], schedule=schedule)
    assert trained.loss < 0.1 * 2 * float(y[:, 0].var())


def test_a_head_learns_from_fixed_features() -> None:
    x = torch.tensor(np.random.default_rng(1).normal(size=(2, CLIPS, 4)))
    y = torch.tanh(x[0, :, :2])
    rows = np.arange(CLIPS)
    schedule = replace(SCHEDULE, epochs=60, patience=60)
    twice = [Job(rows, (3, model), validate=rows) for model in (0, 1)]
    own, other = train(FusionHead(2, 2), Features(x), y, twice, schedule=schedule)
    assert own.loss < 0.5 * other.loss  # the second model's features are not the targets'


def test_adam_moves_rows_as_torchs_own() -> None:
    start = torch.randn(3, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    gradients = torch.randn(6, 3, 5, dtype=torch.float64)
    weights = start.clone()
    ours = Adam(weights, rate=0.01)
    theirs = [torch.nn.Parameter(row.clone()) for row in start]
    optimisers = [torch.optim.Adam([row], lr=0.01) for row in theirs]
    for step, gradient in enumerate(gradients):
        moved = [0, 1, 2] if step % 2 else [0, 2]
        ours.step(torch.tensor(moved), gradient[moved])
        for model in moved:
            theirs[model].grad = gradient[model]
            optimisers[model].step()
    torch.testing.assert_close(weights, torch.stack([row.detach() for row in theirs]))


def test_dropout_keeps_half_and_keeps_the_mean() -> None:
    masks = Stream((1,)).masks({"dense": 1000}, 20)["dense"]
    assert set(masks.unique().tolist()) == {0.0, 2.0}
    assert masks.mean() == pytest.approx(1.0, abs=0.05)


def test_an_epoch_sees_every_row_once() -> None:
    for clips, sizes in {23: [5, 5, 5, 5, 3], 21: [5, 5, 5, 6], 10: [5, 5], 6: [6], 1: [1]}.items():
        batches = Stream((1,)).batches(np.arange(clips), 5)
        assert [len(batch) for batch in batches] == sizes
        assert sorted(np.concatenate(batches)) == list(range(clips))
