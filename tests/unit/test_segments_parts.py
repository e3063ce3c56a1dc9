"""The parts of the segment learner one by one: answers known beforehand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from affectmix.errors import ConfigError
from affectmix.features.segments import segment_starts
from affectmix.learners.segments.answers import Answers
from affectmix.learners.segments.augment import mask
from affectmix.learners.segments.backbones import make_network
from affectmix.learners.segments.beliefs import corrected, remembered
from affectmix.learners.segments.clips import Clips, heard_frames
from affectmix.learners.segments.grid import cut
from affectmix.learners.segments.objectives import CrossEntropy, SquaredError
from affectmix.learners.segments.partition import split_by_class, split_by_loss
from affectmix.learners.segments.recipe import Recipe, grid_s, recipes, song_level
from affectmix.learners.segments.songs import means, medians, statistics, votes

QUADRANTS = ("q1", "q2", "q3", "q4")
SETTINGS = {
    "backbone": "small",
    "clip_s": 30,
    "segment_s": [2.5, 1],
    "overlap_s": None,
    "method": "full",
    "warmup": 2,
    "epochs": 5,
    "learning_rate": None,
    "song_level": "mean",
}


def test_low_losses_are_clean_and_high_ones_noisy() -> None:
    rng = np.random.default_rng(0)
    losses = np.concatenate([rng.normal(0.2, 0.05, 300), rng.normal(2.0, 0.3, 100)])
    split = split_by_loss(losses, seed=1)
    assert not split.collapsed
    assert split.means[0] < split.means[1]
    assert (split.clean[:300] > 0.5).mean() > 0.98
    assert (split.clean[300:] < 0.5).mean() > 0.98


def test_one_outlier_does_not_hide_the_rest() -> None:
    rng = np.random.default_rng(0)
    losses = np.concatenate([rng.normal(0.2, 0.05, 300), rng.normal(2.0, 0.3, 100), [1e6]])
    assert (split_by_loss(losses, seed=1).clean[300:] < 0.5).mean() > 0.98


def test_a_lower_loss_is_never_less_clean() -> None:
    rng = np.random.default_rng(1)
    losses = np.abs(np.concatenate([rng.normal(0.3, 0.02, 300), rng.normal(0.7, 0.5, 200)]))
    split = split_by_loss(losses, seed=1)
    assert not split.collapsed
    assert (np.diff(split.clean[np.argsort(losses)]) <= 1e-12).all()
    assert split.clean[losses.argmin()] > 0.5


@pytest.mark.parametrize(
    "losses",
    [np.full(50, 0.7), np.array([1.0, 2.0]), np.r_[np.zeros(1000), np.linspace(0.5, 1, 5)]],
    ids=["all alike", "too few", "a handful apart"],
)
def test_a_mixture_of_one_component_keeps_every_label(losses: np.ndarray) -> None:
    split = split_by_loss(losses, seed=1)
    assert split.collapsed
    assert (split.clean == 1).all()
    assert np.isnan(split.means).all()


def test_sharpening_is_a_power_of_one_over_the_temperature() -> None:
    predicted = torch.tensor([[0.6, 0.3, 0.1]])
    sharp = CrossEntropy(0.5).pseudo_targets(predicted)
    np.testing.assert_allclose(sharp[0], np.array([0.36, 0.09, 0.01]) / 0.46, rtol=1e-5)
    np.testing.assert_allclose(CrossEntropy(1.0).pseudo_targets(predicted), predicted, rtol=1e-5)


def test_what_is_remembered_is_a_running_mean() -> None:
    epochs = [torch.tensor([value]) for value in (1.0, 0.0, 2.0)]
    first = remembered(None, epochs[0], 0.75)
    second = remembered(first, epochs[1], 0.75)
    third = remembered(second, epochs[2], 0.75)
    assert [float(first), float(second), float(third)] == [1.0, 0.75, 0.75 * 0.75 + 0.25 * 2]
    assert remembered(first, epochs[1], 0) is epochs[1]


def test_labels_are_erased_or_mixed_by_how_probable_they_are() -> None:
    labels = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    predictions = torch.tensor([[0.2, 0.8], [0.2, 0.8], [0.9, 0.1]])
    clean = torch.tensor([0.75, 0.5, 0.0], dtype=torch.float64)
    erased = corrected(labels, predictions, clean, clean <= 0.5, refine=False)
    np.testing.assert_allclose(erased, [[1, 0], [0.2, 0.8], [0.9, 0.1]])
    mixed = corrected(labels, predictions, clean, clean <= 0.5, refine=True)
    np.testing.assert_allclose(mixed, [[0.8, 0.2], [0.6, 0.4], [0.9, 0.1]], rtol=1e-6)


def test_the_disagreement_of_two_passes() -> None:
    p, q = np.array([0.7, 0.3]), np.array([0.4, 0.6])
    known = 0.5 * (np.sum(p * np.log(p / q)) + np.sum(q * np.log(q / p)))
    first, second = torch.tensor(np.log(p))[None], torch.tensor(np.log(q) + 3)[None]
    entropy = CrossEntropy(0.5)
    assert float(entropy.disagreement(first, second)) == pytest.approx(known, rel=1e-5)
    assert float(entropy.disagreement(first, first)) == 0
    assert float(SquaredError().disagreement(first, first + 2)) == pytest.approx(2.0)


def test_losses_of_outputs_and_of_predictions_agree() -> None:
    outputs = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
    targets = torch.eye(3)[[0, 1, 2, 0, 1]] * 0.8 + 0.2 / 3
    for objective in (CrossEntropy(0.5), SquaredError()):
        predicted = objective.predictions(outputs)
        torch.testing.assert_close(
            objective.losses(outputs, targets), objective.losses_of_predictions(predicted, targets)
        )
    reference = torch.nn.functional.cross_entropy(outputs, targets, reduction="none")
    torch.testing.assert_close(CrossEntropy(0.5).losses(outputs, targets), reference)


def test_statistics_of_a_song_are_the_papers_seven() -> None:
    outputs = np.array([[0.1, 0.9], [0.5, 0.5], [0.9, 0.1], [0.7, 0.3], [0.2, 0.8]])
    clip = np.array([2, 0, 2, 2, 2])
    found = statistics(outputs, clip, 3, share_above=0.6)
    own = outputs[clip == 2, 0]
    expected = [0.9, 0.1, *np.quantile(own, [0.25, 0.5, 0.75]), own.mean(), 0.5]
    np.testing.assert_allclose(found[2, :7], expected)
    np.testing.assert_allclose(found[0, 7:], [0.5] * 6 + [0.0])
    assert np.isnan(found[1]).all()
    np.testing.assert_allclose(means(outputs, clip, 3)[2], outputs[clip == 2].mean(0))
    np.testing.assert_allclose(votes(outputs, clip, 3)[2], [0.5, 0.5])
    np.testing.assert_allclose(medians(outputs, clip, 3)[2], [0.45, 0.55])


@pytest.mark.parametrize("length", [1.0, 2.5, 5.0])
def test_no_segment_reaches_beyond_its_clip_and_none_is_lost(length: float) -> None:
    recipe = Recipe(segment_s=length, overlap_s=length - 0.5, clip_s=30.0)
    frames = 1292
    durations = np.array([0.2, 1.0, 4.9, 12.5, 29.5, 30.0])
    heard = np.floor(durations / 0.5) * 0.5 * (frames - 1) / 30
    segments = cut(np.floor(heard + 1e-6).astype(int), frames=frames, recipe=recipe)
    for row, duration in enumerate(durations):
        starts = segment_starts(
            duration, segment_s=length, overlap_s=length - 0.5, clip_s=recipe.clip_s
        )
        np.testing.assert_allclose(segments.start_s[segments.clip == row], starts)
    assert (segments.frame + segments.width <= np.floor(heard[segments.clip] + 1e-6)).all()
    assert (segments.frame >= 0).all()
    truth = segments.start_s * (frames - 1) / 30
    assert np.abs(segments.frame - truth).max() <= 1


def test_slices_are_the_frames_of_their_segments() -> None:
    X = np.arange(3 * 2 * 4 * 21, dtype=np.float16).reshape(3, 2, 4, 21)
    X[1, :, :, 12:] = np.nan
    assert heard_frames(X).tolist() == [21, 12, 21]
    clips = Clips(X, device="cpu")
    recipe = Recipe(segment_s=1.0, overlap_s=0.0, clip_s=4.0)  # five frames a second
    segments = cut(clips.heard, frames=21, recipe=recipe)
    assert segments.clip.tolist() == [0] * 4 + [1] * 2 + [2] * 4
    pictures = clips.slices(clips.places(segments), segments.width)
    for place, (row, frame) in enumerate(zip(segments.clip, segments.frame, strict=True)):
        expected = X[row, :, :, frame : frame + segments.width].transpose(0, 2, 1)
        np.testing.assert_array_equal(pictures[place], expected)
    scale = clips.scale_of(np.array([1]))
    np.testing.assert_allclose(scale.mean, X[1, :, :, :12].astype(float).mean(-1), rtol=1e-5)


def test_answers_of_each_task() -> None:
    Y = np.array([[1, -1, -1, -1], [-1, -1, 1, -1], [1, -1, -1, -1]], dtype=float)
    four = Answers.of(Y, QUADRANTS)
    assert (four.classes, four.missing, four.outputs) == ((0, 2), ["q2", "q4"], 2)
    np.testing.assert_array_equal(four.encode(Y), [[1, 0], [0, 1], [1, 0]])
    np.testing.assert_allclose(four.scores(np.array([[0.3, 0.7]])), [[-0.4, -1, 0.4, -1]])
    two = Answers.of(np.array([[1.0], [-1.0]]), ("valence_high",))
    np.testing.assert_allclose(two.scores(np.array([[0.3, 0.7]])), [[0.4]])
    assert Answers.of(np.ones((2, 1)), ("valence_high",)).missing == ["not valence_high"]
    values = Answers.of(np.array([[0.2, -0.3]]), ("valence", "arousal"))
    np.testing.assert_allclose(values.scores(np.array([[0.2, -0.3]])), [[0.2, -0.3]])
    assert Answers.from_json(four.to_json()) == four


def test_two_dropout_passes_differ_in_the_head_alone() -> None:
    torch.manual_seed(0)
    network = make_network("small", stems=1, outputs=3, width=20, bands=16).train()
    features = network.features(torch.randn(4, 1, 20, 16))
    assert not torch.equal(network.head(features), network.head(features))
    network.eval()
    assert torch.equal(network.head(features), network.head(features))


def test_the_dense_network_hears_levels_and_their_changes_but_not_their_order() -> None:
    torch.manual_seed(0)
    network = make_network("dense", stems=2, outputs=3, width=20, bands=48).eval()
    pictures = torch.randn(4, 2, 20, 48)
    features = network.features(pictures)
    assert features.shape == (4, 4 * 2 * 24)  # four statistics of 24 pairs of bands
    backwards = network.features(pictures.flip(2))
    torch.testing.assert_close(features, backwards)
    assert not torch.allclose(features, network.features(pictures[:, :, torch.randperm(20)]))
    pooled = pictures.unfold(3, 2, 2).mean(-1)
    scale = network.features[2]
    torch.testing.assert_close(
        features[:, : 2 * 24] * (scale.running_var + scale.eps).sqrt()[: 2 * 24],
        pooled.mean(2).flatten(1),
    )


def test_too_short_segments_are_refused_by_name() -> None:
    with pytest.raises(ConfigError, match=r"vgg16 halves its input.*21 frames and 128 bands"):
        make_network("vgg16", stems=1, outputs=2, width=21, bands=128)


def test_masks_hide_bars_and_nothing_else() -> None:
    torch.manual_seed(1)
    hidden = mask(torch.ones(8, 1, 40, 30))[:, 0] == 0
    assert 0 < hidden.float().mean() < 0.6
    rows, columns = hidden.all(2), hidden.all(1)
    assert torch.equal(hidden, rows[:, :, None] | columns[:, None, :])


def test_settings_become_one_recipe_per_length() -> None:
    first, second = recipes(SETTINGS)
    assert (first.segment_s, first.overlap_s, first.step_s) == (2.5, 1.5, 1.0)
    assert (second.segment_s, second.overlap_s) == (1.0, 0.0)
    assert first.learning_rate == 2e-3
    assert grid_s(SETTINGS) == 0.5
    assert song_level(SETTINGS | {"method": "majority"}) == "majority"
    with pytest.raises(ConfigError, match="warmup is 5, and epochs is 5"):
        recipes(SETTINGS | {"warmup": 5})
    with pytest.raises(ConfigError, match="refine is true, and erase is false"):
        recipes(SETTINGS | {"refine": True, "erase": False})
    with pytest.raises(ConfigError, match="overlap_s is 3"):
        recipes(SETTINGS | {"overlap_s": 3})
    with pytest.raises(ConfigError, match="clip_s"):
        recipes(SETTINGS | {"segment_s": 31})


def test_a_class_that_is_harder_keeps_its_better_labels() -> None:
    rng = np.random.default_rng(0)
    classes = np.repeat([0, 1], 400)
    wrong = rng.random(800) < 0.25
    losses = 0.2 + 0.8 * wrong + 1.2 * classes + 0.05 * rng.standard_normal(800)
    together = split_by_loss(losses, seed=1).clean > 0.5
    assert not together[classes == 1].any()
    apart = split_by_class(losses, classes, seed=1)
    assert ((apart.clean > 0.5) == ~wrong).all()
    assert apart.means[0] < apart.means[1]
    assert not apart.collapsed
    flat = split_by_class(np.full(20, 0.5), np.repeat([0, 1], 10), seed=1)
    assert flat.collapsed
    assert (flat.clean == 1).all()
