"""A trained EmoMucs model of one target, as arrays and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from affectmix.errors import TableError
from affectmix.learners.emomucs.inputs import Clips, LogMels
from affectmix.learners.emomucs.passes import predict_all
from affectmix.learners.emomucs.systems import design
from affectmix.learners.emomucs.variants import Variant


@dataclass(frozen=True)
class EmomucsModel:
    """One target of a trained network; all targets' models share its weights.

    Attributes:
        description: ``variant``, ``stems`` (their number), ``bands``, ``frames``,
            ``targets`` (their number) and ``column``, the target's place among the outputs.
        weights: flat weights [shape=(size,)].
        running: flat batch-norm statistics [shape=(size,)].
    """

    description: Mapping[str, Any]
    weights: Tensor
    running: Tensor

    @property
    def converged(self) -> bool:
        """Whether training ended with finite numbers."""
        return bool(torch.isfinite(self.weights).all() and torch.isfinite(self.running).all())

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the target of each clip.

        Args:
            X: log-mels in dB [shape=(n, stems, bands, frames)].

        Raises:
            TableError: the log-mels have another size than those trained on.
        """
        own = self.description
        expected = own["stems"], own["bands"], own["frames"]
        if X.shape[1:] != expected:
            raise TableError(
                f"log-mels of shape {X.shape[1:]} (stems, bands, frames) found; this model was "
                f"trained on {expected}. Take features of the same recipe, stems and length."
            )
        clips = Clips(X, device=self.weights.device.type)
        inputs = LogMels(clips, np.arange(own["stems"])[None])
        network = design(Variant(**own["variant"]), *expected, targets=own["targets"])
        outputs = predict_all(network, inputs, len(X), self.weights[None], self.running[None])
        return outputs[0, :, own["column"]].cpu().numpy().astype(np.float64)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return weights, statistics and, as UTF-8 bytes of JSON, the description."""
        text = json.dumps(dict(self.description), sort_keys=True).encode()
        return {
            "weights": self.weights.cpu().numpy(),
            "running": self.running.cpu().numpy(),
            "description": np.frombuffer(text, dtype=np.uint8),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> EmomucsModel:
        """Return the model of which ``to_arrays`` gave the arrays."""
        return cls(
            json.loads(arrays["description"].tobytes().decode()),
            torch.tensor(arrays["weights"]),
            torch.tensor(arrays["running"]),
        )
