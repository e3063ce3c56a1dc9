"""Training on segments whose labels are partly wrong, and what may go wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch
from affectmix.errors import AffectMixError
from affectmix.learners.segments.answers import Answers
from affectmix.learners.segments.backbones import SegmentNetwork
from affectmix.learners.segments.clips import Clips
from affectmix.learners.segments.objectives import CrossEntropy
from affectmix.learners.segments.recipe import Recipe
from affectmix.learners.segments.training import Job, Trained, train
from affectmix.learners.segments.workshop import Workshop
from sklearn.metrics import roc_auc_score
from torch import nn

CLIPS, SEGMENTS, WIDTH, BANDS = 60, 8, 10, 12
NOISE = 0.3
NAMES = ("valence_high",)
RECIPE = Recipe(
    segment_s=1.0,
    overlap_s=0.0,
    clip_s=float(SEGMENTS),
    warmup=3,
    epochs=7,
    batch=48,
    precision="float32",
    compile="never",
)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def world(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return log-mels, labels, and which segments sound as their clip's label says."""
    rng = np.random.default_rng(seed)
    label = rng.permutation(CLIPS) % 2
    own = np.where(rng.random((CLIPS, SEGMENTS)) < NOISE, 1 - label[:, None], label[:, None])
    X = rng.normal(-40, 8, (CLIPS, 1, BANDS, SEGMENTS * WIDTH + 1))
    for half in (0, 1):
        loud = np.repeat(own == half, WIDTH, axis=1)
        bands = slice(half * BANDS // 2, (half + 1) * BANDS // 2)
        X[:, 0, bands, :-1] += 8.0 * loud[:, None, :]
    return X.astype(np.float16), 2.0 * label[:, None] - 1, own == label[:, None]


def workshop(X: np.ndarray, Y: np.ndarray) -> Workshop:
    return Workshop(Clips(X, device="cpu"), Y, Answers.of(Y, NAMES), seed=3)


def trained(recipe: Recipe, rows: np.ndarray | None = None) -> tuple[Trained, np.ndarray]:
    X, Y, agrees = world()
    rows = np.arange(CLIPS) if rows is None else rows
    found = workshop(X, Y).train(recipe, rows, epochs=recipe.epochs, name="network")
    return found, agrees


def test_segments_that_contradict_their_clip_are_found_after_the_warm_up() -> None:
    found, agrees = trained(RECIPE)
    assert roc_auc_score(agrees.ravel(), found.clean) > 0.9
    assert [epoch.clean for epoch in found.epochs[:3]] == [1.0, 1.0, 1.0]
    assert abs(found.epochs[-1].clean - agrees.mean()) < 0.1
    report = found.to_json()
    assert report["collapsed"] == 0
    assert report["epochs"][0]["means"] is None
    low, high = report["epochs"][-1]["means"]
    assert 0 <= low < high <= 1


def test_noisy_labels_are_worth_losing() -> None:
    """Segments' own classes are predicted better than by a network that believes every label."""
    X, Y, agrees = world()
    truth = np.where(agrees, Y, -Y)[:, :, None] > 0
    losses = {}
    for method in ("full", "inheritance"):
        room = workshop(X, Y)
        recipe = replace(RECIPE, method=method, epochs=10)
        found = room.train(recipe, np.arange(CLIPS), epochs=10, name="network")
        places = room.clips.places(room.segments(recipe))
        p = found.passes.predict(found.network, places).numpy()[:, 1]
        losses[method] = -np.log(np.where(truth.ravel(), p, 1 - p).clip(1e-6)).mean()
    assert losses["full"] < 0.8 * losses["inheritance"]


def test_the_same_seed_gives_the_same_network_and_another_another() -> None:
    X, Y, _ = world()
    recipe = replace(RECIPE, epochs=4, augment="specaugment")
    states = []
    for seed in (3, 3, 4):
        room = replace(workshop(X, Y), seed=seed)
        torch.rand(5)  # what was drawn before changes nothing
        found = room.train(recipe, np.arange(20), epochs=4, name="network")
        states.append(found.network.state_dict()["head.1.weight"])
    assert torch.equal(states[0], states[1])
    assert not torch.equal(states[0], states[2])


def test_every_part_can_be_switched_off() -> None:
    rows = np.arange(16)
    weights = {}
    for changes in (
        {},
        {"erase": False},
        {"mixup": False},
        {"rdrop": False},
        {"refine": True},
        {"memory": 0.5},
        {"weight_average": 0.5},
        {"method": "self_training"},
        {"method": "inheritance"},
    ):
        found, _ = trained(replace(RECIPE, warmup=1, epochs=3, **changes), rows)
        weights[str(changes)] = found.network.state_dict()["head.1.weight"].numpy().tobytes()
    assert len(set(weights.values())) == len(weights)
    plain, _ = trained(replace(RECIPE, warmup=1, epochs=3, method="inheritance"), rows)
    assert all(epoch.clean == 1 for epoch in plain.epochs)


def test_averaged_weights_are_a_running_mean_over_steps() -> None:
    plain = replace(RECIPE, warmup=1, method="inheritance", batch=16 * SEGMENTS)  # a step an epoch
    first = run(plain_network, replace(plain, epochs=1))
    second = run(plain_network, replace(plain, epochs=2))
    mean = run(plain_network, replace(plain, epochs=2, weight_average=0.75))
    weights = [each.network.state_dict()["head.weight"] for each in (first, second, mean)]
    torch.testing.assert_close(weights[2], 0.75 * weights[0] + 0.25 * weights[1])
    assert not torch.equal(weights[0], weights[1])


def test_a_collapsed_mixture_keeps_every_label_and_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("affectmix.learners.segments.partition._NEAREST", 2.0)
    found, _ = trained(replace(RECIPE, warmup=1, epochs=3), np.arange(16))
    assert found.to_json()["collapsed"] == 2
    assert [epoch.clean for epoch in found.epochs] == [1.0, 1.0, 1.0]


def plain_network() -> SegmentNetwork:
    """Return a network without dropout and batch norm, which parts of batches would change."""
    features = nn.Sequential(nn.Flatten(), nn.Linear(WIDTH * BANDS, 8), nn.ReLU())
    return SegmentNetwork(features, nn.Linear(8, 2))


def run(make: object, recipe: Recipe = RECIPE) -> Trained:
    X, Y, _ = world()
    room = workshop(X, Y)
    segments = room.segments(recipe)
    places = segments.of(np.arange(16))
    targets = room.answers.encode(Y)[segments.clip[places]]
    job = Job(segments, places, targets, seed=5, epochs=recipe.epochs, name="the network")
    return train(room.clips, job, recipe, CrossEntropy(0.5), make)  # type: ignore[arg-type]


class Broken(nn.Module):
    """Has no memory for more than so many segments, or gives no numbers."""

    def __init__(self, inner: nn.Module, *, most: int | None = None) -> None:
        super().__init__()
        self.inner, self.most = inner, most

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.most is None:
            return self.inner(x) * float("nan")
        if len(x) > self.most:
            raise torch.OutOfMemoryError("no memory")
        return self.inner(x)


def test_where_memory_runs_out_batches_go_through_in_parts_with_the_same_result() -> None:
    recipe = replace(RECIPE, warmup=1, epochs=3, batch=32, mixup=False)

    def scarce() -> SegmentNetwork:
        network = plain_network()
        return SegmentNetwork(Broken(network.features, most=10), network.head)

    whole, parted = run(plain_network, recipe), run(scarce, recipe)
    assert (whole.batch_parts, parted.batch_parts) == (1, 4)
    for one, other in zip(
        whole.network.state_dict().values(), parted.network.state_dict().values(), strict=True
    ):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_a_loss_that_is_no_number_begins_anew_once_at_a_lower_rate() -> None:
    made: list[SegmentNetwork] = []

    def once_broken() -> SegmentNetwork:
        network = plain_network()
        if not made:
            network = SegmentNetwork(Broken(network.features), network.head)
        made.append(network)
        return network

    found = run(once_broken, replace(RECIPE, epochs=4))
    assert (found.restarts, len(made)) == (1, 2)
    assert all(np.isfinite(epoch.loss) for epoch in found.epochs)


def test_a_loss_that_stays_no_number_stops_with_the_way_out() -> None:
    def broken() -> SegmentNetwork:
        network = plain_network()
        return SegmentNetwork(Broken(network.features), network.head)

    message = r"the network: in epoch 1 .* learning_rate of 0.002 .* 0.0002. Set learning_rate"
    with pytest.raises(AffectMixError, match=message):
        run(broken, replace(RECIPE, epochs=4))


def test_clips_of_which_none_is_long_enough_are_refused() -> None:
    X, Y, _ = world()
    X[:, :, :, 3:] = np.nan
    with pytest.raises(AffectMixError, match=r"none of 60 training clips .* \(1 s\)"):
        workshop(X, Y).train(RECIPE, np.arange(CLIPS), epochs=2, name="network")
