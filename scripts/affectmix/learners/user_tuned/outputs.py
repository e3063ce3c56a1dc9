"""What a network's outputs stand for: one of several classes, yes or no, or a value."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional


class Output(StrEnum):
    """How targets are learned; see :func:`output_of`."""

    CLASSES = "classes"  # exactly one of the targets holds: softmax
    BINARY = "binary"  # each target holds or not: sigmoid
    VALUES = "values"  # valence and arousal themselves


def output_of(targets: Sequence[str]) -> Output:
    """Return how the targets of a cell are learned.

    >>> output_of(["q1", "q2", "q3", "q4"]).value, output_of(["valence_high"]).value
    ('classes', 'binary')
    """
    if set(targets) <= {"valence", "arousal"}:
        return Output.VALUES
    quadrants = all(target[0] == "q" and target[1:].isdigit() for target in targets)
    return Output.CLASSES if quadrants and len(targets) > 1 else Output.BINARY


def loss(raw: Tensor, Y: Tensor, output: Output) -> Tensor:
    """Return the mean loss of raw outputs.

    Args:
        raw: outputs of the last layer [shape=(b, t)].
        Y: indicators of -1 and 1, or values [shape=(b, t)].
        output: what they stand for: cross-entropy over targets, that of each, or squares.
    """
    if output is Output.CLASSES:
        return functional.cross_entropy(raw, Y.argmax(1))
    if output is Output.BINARY:
        return functional.binary_cross_entropy_with_logits(raw, (Y > 0).to(raw.dtype))
    return functional.mse_loss(raw, Y)


def to_scores(raw: Tensor, output: Output) -> Tensor:
    """Return probabilities of targets, or values, of raw outputs. [shape=(b, t)]"""
    if output is Output.CLASSES:
        return torch.softmax(raw, 1)
    return torch.sigmoid(raw) if output is Output.BINARY else raw


def quality(scores: np.ndarray, Y: np.ndarray, output: Output) -> float:
    """Return the accuracy of scores, or the negative RMSE of values; more is better.

    Args:
        scores: of :func:`to_scores` [shape=(n, t)].
        Y: indicators of -1 and 1, or values [shape=(n, t)].
        output: what they stand for.
    """
    if output is Output.CLASSES:
        return float(np.mean(scores.argmax(1) == Y.argmax(1)))
    if output is Output.BINARY:
        return float(np.mean((scores > 0.5) == (Y > 0)))
    return -float(np.sqrt(np.mean(np.square(scores - Y))))


def to_predictions(scores: np.ndarray, output: Output) -> np.ndarray:
    """Return scores as a cell's predictions: 2p - 1 of probabilities, values as they are."""
    return scores if output is Output.VALUES else 2 * scores - 1
