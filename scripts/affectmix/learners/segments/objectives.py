"""What is minimised: cross-entropy of classes, or squared errors of valence and arousal."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional


class Objective(Protocol):
    """One kind of task."""

    def losses(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return each segment's loss. [shapes=(b, k), (b, k) → (b,)]"""
        ...

    def losses_of_predictions(self, predictions: Tensor, targets: Tensor) -> Tensor:
        """Return each segment's loss by what is predicted. [shapes=(b, k), (b, k) → (b,)]"""
        ...

    def predictions(self, outputs: Tensor) -> Tensor:
        """Return probabilities, or predicted values. [shape=(b, k)]"""
        ...

    def pseudo_targets(self, predictions: Tensor) -> Tensor:
        """Return what takes the place of an erased label. [shape=(b, k)]"""
        ...

    def disagreement(self, first: Tensor, second: Tensor) -> Tensor:
        """Return how far the outputs of two dropout passes are apart. [shape=(b,)]"""
        ...


class CrossEntropy:
    """Classes: Sun et al., equations 2, 4 and 8.

    Args:
        temperature: T of the sharpening.
    """

    def __init__(self, temperature: float) -> None:
        self._temperature = temperature

    def losses(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return cross-entropies; targets may be soft."""
        return -(targets * functional.log_softmax(outputs.float(), 1)).sum(1)

    def losses_of_predictions(self, predictions: Tensor, targets: Tensor) -> Tensor:
        """Return cross-entropies."""
        return -(targets * predictions.clamp_min(1e-12).log()).sum(1)

    def predictions(self, outputs: Tensor) -> Tensor:
        """Return probabilities."""
        return outputs.float().softmax(1)

    def pseudo_targets(self, predictions: Tensor) -> Tensor:
        """Return predictions to the power 1/T, normalised; equation 4's sign is a slip."""
        return (predictions.clamp_min(1e-12).log() / self._temperature).softmax(1)

    def disagreement(self, first: Tensor, second: Tensor) -> Tensor:
        """Return half the sum of both Kullback-Leibler divergences."""
        p, q = functional.log_softmax(first.float(), 1), functional.log_softmax(second.float(), 1)
        return 0.5 * ((p.exp() - q.exp()) * (p - q)).sum(1)


class SquaredError:
    """Valence and arousal at once, which the paper does not train on.

    A prediction takes an erased label's place as it is, and the disagreement is the symmetric
    divergence of two normal distributions of variance one.
    """

    def losses(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return squared errors, averaged over targets."""
        return (outputs.float() - targets).square().mean(1)

    def losses_of_predictions(self, predictions: Tensor, targets: Tensor) -> Tensor:
        """Return squared errors, averaged over targets."""
        return self.losses(predictions, targets)

    def predictions(self, outputs: Tensor) -> Tensor:
        """Return the outputs."""
        return outputs.float()

    def pseudo_targets(self, predictions: Tensor) -> Tensor:
        """Return the predictions, held in the range of labels."""
        return torch.clamp(predictions, -1, 1)

    def disagreement(self, first: Tensor, second: Tensor) -> Tensor:
        """Return half the squared difference, averaged over targets."""
        return 0.5 * (first.float() - second.float()).square().mean(1)
