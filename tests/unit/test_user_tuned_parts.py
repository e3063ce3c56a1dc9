"""Frames, windows, pictures, outputs and training of the general model: known answers."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from affectmix.learners.user_tuned.backbones import (
    Pooling,
    count_features,
    digest,
    make_backbone,
    pool,
)
from affectmix.learners.user_tuned.cuts import FrameCut, columns_of, make_windows
from affectmix.learners.user_tuned.measures import macro_f1, scores_of
from affectmix.learners.user_tuned.networks import DenseHead, SequenceHead
from affectmix.learners.user_tuned.outputs import (
    Output,
    loss,
    output_of,
    quality,
    to_predictions,
    to_scores,
)
from affectmix.learners.user_tuned.pictures import Picture, to_pictures
from affectmix.learners.user_tuned.training import Schedule, batches, train
from torch import nn

RATE = 22050 / 512


@pytest.mark.parametrize(
    ("columns", "frames"),
    [(1292, 5), (1291, 4), (258, 1), (257, 0), (0, 0), (10336, 40)],
    ids=["30s", "a_column_less", "6s", "too_short", "nothing", "4min"],
)
def test_frames_are_whole_and_end_to_end(columns: int, frames: int) -> None:
    cut = FrameCut(RATE)
    starts = cut.starts(columns)
    assert len(starts) == frames
    assert cut.width == 258
    assert all(starts + cut.width <= columns)
    assert all(np.abs(np.diff(starts) - 6 * RATE) < 1)


def test_a_clip_ends_where_nan_begins() -> None:
    levels = np.zeros((3, 2, 10), dtype=np.float16)
    levels[1, :, 4:] = np.nan
    levels[2] = np.nan
    assert columns_of(levels).tolist() == [10, 4, 0]


def test_windows_lie_within_clips() -> None:
    windows = make_windows(np.array([5, 0, 2, 4]), length=4, hop=1)
    assert windows.frames.tolist() == [[0, 1, 2, 3], [1, 2, 3, 4], [5, 6, 6, 6], [7, 8, 9, 10]]
    assert windows.lengths.tolist() == [4, 4, 2, 4]
    assert windows.clips.tolist() == [0, 0, 2, 3]
    assert windows.of_clips(np.array([0, 3])).tolist() == [0, 1, 3]


def test_windows_of_songs_do_not_overlap() -> None:
    windows = make_windows(np.array([11]), length=4, hop=4)
    assert windows.frames[:, 0].tolist() == [0, 4]
    assert len(make_windows(np.array([0, 0]))) == 0


def test_a_frame_looks_the_same_however_loud_its_song_is() -> None:
    levels = torch.rand(2, 8, 20) * 30 - 40
    plain = to_pictures(levels, Picture.PLAIN)
    assert plain.shape == (2, 3, 8, 20)
    torch.testing.assert_close(plain, to_pictures(levels - 7, Picture.PLAIN))
    assert to_pictures(levels, Picture.MEL300).shape == (2, 3, 300, 300)


def test_the_loudest_band_is_white_and_silence_is_black() -> None:
    levels = torch.full((1, 2, 4), -80.0)
    black = (0 - 0.485) / 0.229
    torch.testing.assert_close(to_pictures(levels, Picture.PLAIN)[0, 0], torch.full((2, 4), black))
    levels[0, 0, 0] = -20
    white = to_pictures(levels, Picture.PLAIN)[0, :, 0, 0]
    torch.testing.assert_close(
        white, (1 - torch.tensor([0.485, 0.456, 0.406])) / torch.tensor([0.229, 0.224, 0.225])
    )


@pytest.mark.parametrize(
    ("name", "channels"), [("small", 128), ("mobilenetv3_large", 960), ("efficientnet_b3", 1536)]
)
def test_backbones_give_their_maps(name: str, channels: int) -> None:
    picture = torch.zeros(1, 3, 64, 64)
    backbone = make_backbone(name)
    before = digest(backbone)
    assert count_features(backbone, picture, Pooling.MEAN) == channels
    assert count_features(backbone, picture, Pooling.FLATTEN) == channels * 4
    assert digest(backbone) == before
    assert backbone.training


def test_pooling() -> None:
    maps = torch.arange(12.0).reshape(1, 3, 2, 2)
    assert pool(maps, Pooling.MEAN).tolist() == [[1.5, 5.5, 9.5]]
    assert pool(maps, Pooling.FLATTEN).tolist() == [list(range(12))]


def test_the_dense_head_is_the_papers() -> None:
    head = DenseHead(960, 4)
    sizes = [tuple(layer.weight.shape) for layer in [*head.dense, head.output]]  # type: ignore[union-attr]
    assert sizes == [(1024, 960), (512, 1024), (128, 512), (4, 128)]
    assert [layer.p for layer in head.dropouts] == [0.5, 0.4, 0.3]
    squares = sum(layer.weight.square().sum().item() for layer in head.dense)  # type: ignore[union-attr,operator]
    assert head.penalty().item() == pytest.approx(squares)


def test_frames_that_a_window_lacks_do_not_count() -> None:
    head = SequenceHead(3, 2).eval()
    windows = torch.randn(1, 4, 3)
    other = windows.clone()
    other[0, 2:] = 100
    lengths = torch.tensor([2])
    assert head.hidden(windows, lengths).min() >= 0
    torch.testing.assert_close(head(windows, lengths), head(other, lengths))
    assert not torch.allclose(head(windows, lengths + 2), head(other, lengths + 2))


def test_outputs_follow_from_targets() -> None:
    assert output_of(["q1", "q2", "q3", "q4"]) is Output.CLASSES
    assert output_of(["arousal_high"]) is Output.BINARY
    assert output_of(["valence", "arousal"]) is Output.VALUES


def test_losses_scores_and_predictions_have_known_values() -> None:
    Y = torch.tensor([[1.0, -1, -1, -1]])
    raw = torch.zeros(1, 4)
    assert float(loss(raw, Y, Output.CLASSES)) == pytest.approx(np.log(4))
    assert to_scores(raw, Output.CLASSES).tolist() == [[0.25] * 4]
    assert float(loss(raw[:, :1], Y[:, :1], Output.BINARY)) == pytest.approx(np.log(2))
    assert float(loss(raw, Y, Output.VALUES)) == 1
    assert to_predictions(np.array([0.25, 1.0]), Output.CLASSES).tolist() == [-0.5, 1.0]
    assert to_predictions(np.array([0.25]), Output.VALUES).tolist() == [0.25]


def test_quality_and_measures_have_known_values() -> None:
    scores = np.array([[0.7, 0.3], [0.6, 0.4], [0.2, 0.8]])
    Y = np.array([[1.0, -1], [-1, 1], [-1, 1]])
    assert quality(scores, Y, Output.CLASSES) == pytest.approx(2 / 3)
    assert quality(scores[:, :1], Y[:, :1], Output.BINARY) == pytest.approx(2 / 3)
    assert quality(Y * 0, Y, Output.VALUES) == -1
    found = scores_of(scores, Y, Output.CLASSES)
    assert found["confusion"] == [[1, 0], [1, 1]]
    assert found["f1"] == pytest.approx(2 / 3)
    assert macro_f1(np.array([[2, 0, 0], [0, 3, 0], [0, 0, 0]])) == 1
    assert scores_of(scores[:0], Y[:0], Output.CLASSES) == {"n": 0}


def test_batches_hold_every_row_once_and_never_one_alone() -> None:
    found = batches(np.arange(33), 16, [1])
    assert sorted(map(len, found)) == [16, 17]
    assert sorted(np.concatenate(found).tolist()) == list(range(33))
    assert batches(np.array([5]), 16, [1])[0].tolist() == [5]


def test_training_ends_with_the_weights_that_validated_best() -> None:
    module = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(module.weight)
    qualities = iter([0.5, 0.9, 0.9, 0.1])
    losses = iter([1.0, 1.0, 2.0, 0.0])
    weights: list[float] = []

    def validate() -> tuple[float, float]:
        assert not module.training
        weights.append(module.weight.item())
        return next(qualities), next(losses)

    history = train(
        module,
        np.arange(2),
        optimiser=torch.optim.SGD(module.parameters(), 1.0),
        loss=lambda rows: (module.weight - 10).square().sum() / 4,
        validate=validate,
        schedule=Schedule(4),
        seed=[1],
    )
    assert history.best == 2
    assert history.quality == 0.9
    assert module.weight.item() == weights[1] != weights[3]
    assert [epoch["quality"] for epoch in history.epochs] == [0.5, 0.9, 0.9, 0.1]


def test_training_draws_its_own_random_numbers() -> None:
    def once() -> list[float]:
        drawn: list[float] = []
        module = nn.Linear(1, 1)

        def draw(rows: torch.Tensor) -> torch.Tensor:
            drawn.append(float(torch.rand(1)))
            return module.weight.sum()

        before = torch.random.get_rng_state()
        train(
            module,
            np.arange(4),
            optimiser=torch.optim.SGD(module.parameters(), 0.1),
            loss=draw,
            validate=lambda: (0.0, 0.0),
            schedule=Schedule(2, batch=2),
            seed=[3, 4],
        )
        assert torch.equal(torch.random.get_rng_state(), before)
        return drawn

    assert once() == once()
