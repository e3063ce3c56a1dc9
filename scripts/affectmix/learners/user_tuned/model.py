"""The general model: what it is made of, what it says of frames, windows and whole songs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn

from affectmix.errors import TableError
from affectmix.learners.user_tuned.backbones import digest, make_backbone
from affectmix.learners.user_tuned.cuts import Windows, columns_of, make_windows
from affectmix.learners.user_tuned.encoded import Encoded, Memory
from affectmix.learners.user_tuned.networks import DenseHead, SequenceHead
from affectmix.learners.user_tuned.outputs import to_scores
from affectmix.learners.user_tuned.plan import Plan
from affectmix.learners.user_tuned.seeing import see

_BATCH = 32  # frames that a backbone sees at once when it does not learn


@dataclass(frozen=True)
class GeneralModel:
    """A trained network with its two classifiers.

    Attributes:
        plan: what it looks like.
        backbone: from pictures to maps.
        dense: from a frame's features to raw outputs.
        sequence: from a window's features to raw outputs: the model's own answer.
        prior: mean scores of the clips trained on, said of clips shorter than a frame
            [shape=(t,)].
        memory: what it was trained on; None where features are flattened, and too many.
    """

    plan: Plan
    backbone: nn.Module
    dense: DenseHead
    sequence: SequenceHead
    prior: np.ndarray
    memory: Memory | None = field(default=None, repr=False)

    @property
    def device(self) -> torch.device:
        """Where the networks are."""
        return next(self.dense.parameters()).device

    def digest(self) -> str:
        """Return the SHA-256 of the backbone, on which cached features hang."""
        return digest(self.backbone)

    def cut(self, levels: np.ndarray) -> np.ndarray:
        """Return the whole frames of one clip. [shape=(bands, columns)] → [shape=(k, bands, w)]

        Args:
            levels: log-mel in dB relative to the loudest band, of any length; NaN beyond
                the clip's end, if any.
        """
        self._check(levels.shape)
        columns = int(columns_of(levels[None])[0])
        starts, width = self.plan.cut.starts(columns), self.plan.cut.width
        if not len(starts):
            return np.empty((0, levels.shape[0], width), dtype=levels.dtype)
        return np.stack([levels[:, start : start + width] for start in starts])

    def encode(self, clips: list[np.ndarray] | np.ndarray) -> Encoded:
        """Return the features of clips' frames; the backbone sees each frame once.

        Args:
            clips: log-mels in dB, each [shape=(bands, columns)] of its own length.
        """
        features, counts = [], []
        for levels in clips:
            frames = self.cut(np.asarray(levels))
            counts.append(len(frames))
            if len(frames):
                features.append(self.frame_features(frames))
        empty = np.empty((0, self.plan.features), dtype=np.float32)
        return Encoded(np.concatenate([empty, *features]), np.array(counts, dtype=np.int64))

    @torch.inference_mode()
    def frame_features(self, frames: np.ndarray) -> np.ndarray:
        """Return features of frames in dB. [shape=(k, bands, w)] → [shape=(k, d), float32]"""
        made = []
        self.backbone.eval()
        for at in range(0, len(frames), _BATCH):
            levels = torch.from_numpy(frames[at : at + _BATCH].astype(np.float32)).to(self.device)
            made.append(see(self.backbone, levels, self.plan).cpu().numpy())
        return np.concatenate(made)

    def windows(self, encoded: Encoded, *, hop: int = 1) -> Windows:
        """Return the windows of encoded clips; hop 4 for the paper's, which do not overlap."""
        return make_windows(encoded.counts, length=self.plan.window, hop=hop)

    @torch.inference_mode()
    def frame_scores(self, encoded: Encoded) -> np.ndarray:
        """Return what the dense layers say of each frame: probabilities or values [shape=(f, t)]"""
        return self._scores(self.dense.eval()(self._tensor(encoded.features)))

    @torch.inference_mode()
    def window_scores(self, encoded: Encoded, windows: Windows) -> np.ndarray:
        """Return what the LSTM says of each window: probabilities or values [shape=(w, t)]"""
        hidden = self._tensor(self.hidden(encoded, windows))
        return self._scores(self.sequence.eval().output(hidden))

    @torch.inference_mode()
    def hidden(self, encoded: Encoded, windows: Windows) -> np.ndarray:
        """Return the inputs of the LSTM's output layer, at least 0 [shape=(w, 128), float32]."""
        self.sequence.eval()
        made = [np.empty((0, self.sequence.output.in_features), dtype=np.float32)]
        for at in range(0, len(windows), 256):
            inputs = self._tensor(encoded.features[windows.frames[at : at + 256]])
            lengths = torch.from_numpy(windows.lengths[at : at + 256]).to(self.device)
            made.append(self.sequence.hidden(inputs, lengths).float().cpu().numpy())
        return np.concatenate(made)

    def last_layer(self) -> tuple[np.ndarray, np.ndarray]:
        """Return weights and biases from `hidden` to raw outputs. [shapes=(t, 128), (t,)]"""
        layer = self.sequence.output
        return layer.weight.detach().cpu().numpy(), layer.bias.detach().cpu().numpy()

    def clip_scores(self, encoded: Encoded, *, hop: int = 1) -> np.ndarray:
        """Return the mean of each clip's windows' scores; of clips without frames the prior.

        Returns:
            Probabilities or values [shape=(n, t)].
        """
        windows = self.windows(encoded, hop=hop)
        return self._mean(self.window_scores(encoded, windows), windows, len(encoded.counts))

    def clip_shares(self, encoded: Encoded, *, hop: int = 4) -> np.ndarray:
        """Return which share of a clip's windows is of each class: the paper's output of a song.

        Returns:
            Rows that add up to 1; of clips without frames the prior [shape=(n, t)].
        """
        windows = self.windows(encoded, hop=hop)
        scores = self.window_scores(encoded, windows)
        chosen = np.eye(scores.shape[1])[scores.argmax(1)]
        return self._mean(chosen, windows, len(encoded.counts))

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return weights, statistics and memory, and, as bytes of JSON, the plan."""
        plan = {**self.plan.to_json(), "backbone_sha256": self.digest()}
        arrays = {
            f"{part}.{name}": values.detach().cpu().numpy()
            for part, module in self._modules().items()
            for name, values in module.state_dict().items()
        }
        arrays["prior"] = self.prior
        arrays["plan"] = np.frombuffer(json.dumps(plan, sort_keys=True).encode(), dtype=np.uint8)
        if self.memory is not None:
            arrays |= self.memory.to_arrays()
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> GeneralModel:
        """Return the model of which :meth:`to_arrays` gave the arrays, on the CPU.

        Raises:
            TableError: the backbone is not the one that was stored.
        """
        written = json.loads(np.asarray(arrays["plan"]).tobytes().decode())
        expected = written.pop("backbone_sha256")
        plan = Plan.from_json(written)
        model = cls(
            plan,
            make_backbone(plan.backbone),
            DenseHead(plan.features, len(plan.targets)),
            SequenceHead(plan.features, len(plan.targets)),
            np.array(arrays["prior"]),
            Memory.from_arrays(arrays) if "memory.Y" in arrays else None,
        )
        for part, module in model._modules().items():
            names = module.state_dict()
            module.load_state_dict(
                {name: torch.tensor(np.asarray(arrays[f"{part}.{name}"])) for name in names}
            )
            module.eval()
        if model.digest() != expected:
            raise TableError(
                f"the model's {plan.backbone} has SHA-256 {model.digest()[:16]}…, and its plan "
                f"says {expected[:16]}…: the file was altered. Copy it again, or make it anew."
            )
        return model

    def _modules(self) -> dict[str, nn.Module]:
        return {"backbone": self.backbone, "dense": self.dense, "sequence": self.sequence}

    def _check(self, shape: tuple[int, ...]) -> None:
        if len(shape) != 2 or shape[0] != self.plan.bands:
            raise TableError(
                f"a log-mel of shape {shape} found; this model takes {self.plan.bands} bands "
                "[shape=(bands, columns)]. Take features of the recipe that it was trained on."
            )

    def _tensor(self, values: np.ndarray) -> Tensor:
        return torch.from_numpy(np.asarray(values, dtype=np.float32)).to(self.device)

    def _scores(self, raw: Tensor) -> np.ndarray:
        return to_scores(raw.float(), self.plan.output).cpu().numpy().astype(np.float64)

    def _mean(self, scores: np.ndarray, windows: Windows, clips: int) -> np.ndarray:
        sums = np.zeros((clips, scores.shape[1]))
        np.add.at(sums, windows.clips, scores)
        counts = np.bincount(windows.clips, minlength=clips)
        found = sums / np.maximum(counts, 1)[:, None]
        return np.where(counts[:, None] > 0, found, self.prior)
