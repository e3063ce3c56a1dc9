"""The two classifiers on top of a backbone: dense layers on frames, an LSTM on windows."""

from __future__ import annotations

import itertools
from typing import Final

import torch
from torch import Tensor, nn

UNITS: Final = (1024, 512, 128)
DROPOUTS: Final = (0.5, 0.4, 0.3)
HIDDEN: Final = 128


class DenseHead(nn.Module):
    """Dense layers of 1024, 512 and 128 units with ReLU and dropout, and the output layer.

    Gasparini and Marchi, section 4.1.

    Args:
        features: of a frame.
        outputs: how many.
    """

    def __init__(self, features: int, outputs: int) -> None:
        super().__init__()
        sizes = (features, *UNITS)
        self.dense = nn.ModuleList(
            nn.Linear(entering, leaving) for entering, leaving in itertools.pairwise(sizes)
        )
        self.dropouts = nn.ModuleList(nn.Dropout(share) for share in DROPOUTS)
        self.output = nn.Linear(UNITS[-1], outputs)
        _keras_start(self)

    def forward(self, features: Tensor) -> Tensor:
        """Return raw outputs. [shape=(b, features)] → [shape=(b, outputs)]"""
        for dense, dropout in zip(self.dense, self.dropouts, strict=True):
            features = dropout(torch.relu(dense(features)))
        return self.output(features)

    def penalty(self) -> Tensor:
        """Return the sum of squares of the three dense layers' weights, without biases."""
        weights = [values for name, values in self.dense.named_parameters() if "weight" in name]
        return torch.stack([values.square().sum() for values in weights]).sum()


class SequenceHead(nn.Module):
    """An LSTM of 128 units over the frames of a window, ReLU, dropout .2, the output layer.

    Section 4.2. "ReLu activation" is taken to follow the LSTM; inside, where Keras would put
    it, in place of tanh, states are unbounded.

    Args:
        features: of a frame.
        outputs: how many.
    """

    def __init__(self, features: int, outputs: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(features, HIDDEN, batch_first=True)
        self.dropout = nn.Dropout(0.2)
        self.output = nn.Linear(HIDDEN, outputs)
        _keras_start(self)

    def hidden(self, windows: Tensor, lengths: Tensor) -> Tensor:
        """Return the last layer's inputs: the LSTM's state after each window's own last frame.

        Args:
            windows: features [shape=(b, frames, features)].
            lengths: each window's own frames [shape=(b,)].

        Returns:
            At least 0 [shape=(b, 128)].
        """
        states, _ = self.lstm(windows)
        return torch.relu(states[torch.arange(len(windows), device=windows.device), lengths - 1])

    def forward(self, windows: Tensor, lengths: Tensor) -> Tensor:
        """Return raw outputs. [shape=(b, outputs)]"""
        return self.output(self.dropout(self.hidden(windows, lengths)))


def _keras_start(module: nn.Module) -> None:
    """Draw first weights as Keras does: Glorot's, orthogonal recurrent ones, forget bias 1."""
    for name, weight in module.named_parameters():
        if "weight_hh" in name:
            for gate in weight.data.chunk(4):
                nn.init.orthogonal_(gate)
        elif weight.dim() > 1:
            nn.init.xavier_uniform_(weight)
        else:
            nn.init.zeros_(weight)
        if "bias_ih" in name:
            nn.init.ones_(weight.data.chunk(4)[1])
