"""Gasparini and Marchi's tuning: the LSTM trained on, very slowly, with the listener's songs.

Section 4.3 of "Music emotions classification": learning rate 1e-6, 50 epochs, the
original data plus all frames of the listener's songs; a part of these frames validates, and the
weights with the best validation accuracy are kept. How large the part is, the paper does not
say; here it is a quarter of the songs' windows.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch

from affectmix.errors import AffectMixError
from affectmix.learners.user_tuned.encoded import Encoded
from affectmix.learners.user_tuned.model import GeneralModel
from affectmix.learners.user_tuned.outputs import Output
from affectmix.learners.user_tuned.stages import train_sequence
from affectmix.learners.user_tuned.training import Schedule
from affectmix.tuning.songs import Songs, bounded

RATE = 1e-6
EPOCHS = 50
VALIDATED = 0.25
SONG_HOP = 4  # frames from a song's window to its next: windows of 24 s side by side


@dataclass(frozen=True)
class TunedNetwork:
    """A general model whose LSTM and output layer were trained on.

    Attributes:
        model: the general model with the tuned layers.
    """

    model: GeneralModel

    def predict(self, songs: Songs) -> np.ndarray:
        """Return the listener's value of every window. [shape=(rows, t)]"""
        encoded = encoded_of(songs)
        windows = self.model.windows(encoded, hop=SONG_HOP)
        return bounded(self.model.window_scores(encoded, windows))

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return the tuned layers."""
        state = self.model.sequence.state_dict()
        return {name: values.detach().cpu().numpy() for name, values in state.items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], *, model: GeneralModel) -> TunedNetwork:
        """Return the general model with the layers that :meth:`to_arrays` took apart."""
        sequence = copy.deepcopy(model.sequence)
        sequence.load_state_dict({name: torch.tensor(array) for name, array in arrays.items()})
        return cls(replace(model, sequence=sequence.eval()))


def fit_paper(
    songs: Songs,
    targets: np.ndarray,
    *,
    model: GeneralModel,
    seed: int = 0,
    rate: float = RATE,
    epochs: int = EPOCHS,
) -> TunedNetwork:
    """Return the general model after the paper's tuning; the given one stays as it is.

    Args:
        songs: the listener's, with the network's features of their frames.
        targets: 1 for the listener's quadrant of each song, else 0; or the listener's valence
            and arousal [shape=(n, t)].
        model: the general model, with the features that it was trained on.
        seed: of the order, dropout, and which windows validate.
        rate: RMSprop's learning rate.
        epochs: passes over both.

    Raises:
        AffectMixError: the model did not keep what it was trained on.
    """
    if model.memory is None:
        raise AffectMixError(
            "method 'paper': the model does not hold the features it was trained on, which the "
            "paper trains on again; train it with pooling: mean, or take another --method"
        )
    own = encoded_of(songs)
    remembered = model.memory.encoded
    both = Encoded.join([remembered, own])
    indicators = 2 * targets - 1 if model.plan.output is Output.CLASSES else targets
    Y = np.concatenate([model.memory.Y, indicators]).astype(np.float32)
    windows = model.windows(both)
    first = len(remembered.counts)
    theirs = np.flatnonzero(windows.clips >= first)
    original = windows.of_clips(np.flatnonzero(model.memory.trained))
    trained, validated = _parted(theirs, seed)
    sequence = copy.deepcopy(model.sequence)
    train_sequence(
        sequence,
        torch.from_numpy(both.features).to(model.device),
        windows,
        torch.from_numpy(Y[windows.clips]).to(model.device),
        plan=model.plan,
        rows=(np.concatenate([original, trained]), validated),
        schedule=Schedule(epochs),
        seed=[seed, len(songs)],
        rate=rate,
    )
    return TunedNetwork(replace(model, sequence=sequence))


def songs_of_network(model: GeneralModel, encoded: Encoded, components: np.ndarray) -> Songs:
    """Return songs as a general model sees them: a row for every window of 24 s.

    Args:
        model: the general model.
        encoded: features of the songs' frames; each song has one at least.
        components: of each window [shape=(rows, d)].
    """
    windows = model.windows(encoded, hop=SONG_HOP)
    predicted = bounded(model.window_scores(encoded, windows))
    return Songs(predicted, components, windows.clips, encoded)


def encoded_of(songs: Songs) -> Encoded:
    """Return the network's features of songs, which a network's songs have."""
    assert songs.encoded is not None, "songs of a network come with its features"
    return songs.encoded


def _parted(windows: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the windows to train on and those to validate on; a single one does both."""
    order = np.random.default_rng([seed, len(windows)]).permutation(windows)
    count = max(1, round(VALIDATED * len(order)))
    return (order[count:], order[:count]) if len(order) > 1 else (order, order)
