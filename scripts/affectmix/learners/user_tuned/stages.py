"""The two stages of training: frames through the network, then windows through the LSTM."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from affectmix.learners.user_tuned.cuts import Windows
from affectmix.learners.user_tuned.networks import DenseHead, SequenceHead
from affectmix.learners.user_tuned.outputs import loss, quality, to_scores
from affectmix.learners.user_tuned.plan import Plan
from affectmix.learners.user_tuned.seeing import see
from affectmix.learners.user_tuned.training import History, Schedule, train

_SEEN = 64  # frames at once where nothing is learned
FRAMES_STAGE, WINDOWS_STAGE = 1, 2  # name the stages in seeds
RHO, EPSILON = 0.9, 1e-7  # Keras' own values; torch's are others


@dataclass(frozen=True)
class Frames:
    """Frames of clips' log-mels, cut when they are needed.

    Attributes:
        levels: in dB, on the device of the networks [shape=(n, bands, columns)].
        clips: which clip each frame is of [shape=(f,)].
        starts: its first column there [shape=(f,)].
        width: its columns.
    """

    levels: Tensor
    clips: Tensor
    starts: Tensor
    width: int

    def __len__(self) -> int:
        return len(self.clips)

    @property
    def counts(self) -> np.ndarray:
        """How many frames each clip has [shape=(n,)]."""
        return torch.bincount(self.clips.cpu(), minlength=len(self.levels)).numpy()

    def take(self, rows: Tensor) -> Tensor:
        """Return some frames. [shape=(b,)] → [shape=(b, bands, width)]"""
        rows = rows.to(self.levels.device)
        columns = self.starts[rows][:, None] + torch.arange(self.width, device=rows.device)
        return self.levels[self.clips[rows][:, None], :, columns].movedim(1, 2)


def encode_frames(backbone: nn.Module, frames: Frames, plan: Plan) -> Tensor:
    """Return the backbone's features of all frames, seen once each [shape=(f, d)].

    Flattened features are kept as float16, of which there are too many else.
    """
    backbone.eval()
    kept = torch.float32 if plan.features <= 8192 else torch.float16
    made = []
    with torch.no_grad():
        for rows in torch.arange(len(frames)).split(_SEEN):
            made.append(see(backbone, frames.take(rows), plan).to(kept))
    return torch.cat(made)


def train_backbone(
    backbone: nn.Module,
    dense: DenseHead,
    frames: Frames,
    Y: Tensor,
    *,
    plan: Plan,
    rows: tuple[np.ndarray, np.ndarray],
    schedule: Schedule,
    l2: float,
    seed: Sequence[int],
    rate: float = 1e-3,
) -> History:
    """Train the network and its dense layers on frames, end to end, in place.

    Args:
        backbone, dense: what moves.
        frames: of all clips.
        Y: targets of the frames [shape=(f, t)].
        plan: what the model looks like.
        rows: frames to train on, and frames to choose among epochs by.
        schedule: how long.
        l2: factor of the dense layers' sum of squares in the loss.
        seed: whole numbers that name the training.
        rate: Adam's.
    """
    module = nn.ModuleDict({"backbone": backbone, "dense": dense})

    def raw(chosen: Tensor) -> Tensor:
        return dense(see(backbone, frames.take(chosen), plan))

    return train(
        module,
        rows[0],
        optimiser=torch.optim.Adam(module.parameters(), rate, eps=EPSILON),
        loss=lambda chosen: (
            loss(raw(chosen).float(), Y[chosen.to(Y.device)], plan.output) + l2 * dense.penalty()
        ),
        validate=lambda: _validated(raw, rows[1], Y, plan),
        schedule=schedule,
        seed=[*seed, FRAMES_STAGE],
    )


def train_dense(
    dense: DenseHead,
    features: Tensor,
    Y: Tensor,
    *,
    plan: Plan,
    rows: tuple[np.ndarray, np.ndarray],
    schedule: Schedule,
    l2: float,
    seed: Sequence[int],
    rate: float = 1e-3,
) -> History:
    """Train the dense layers alone, on features of a frozen backbone; else as train_backbone."""

    def raw(chosen: Tensor) -> Tensor:
        return dense(features[chosen.to(features.device)].float())

    return train(
        dense,
        rows[0],
        optimiser=torch.optim.Adam(dense.parameters(), rate, eps=EPSILON),
        loss=lambda chosen: (
            loss(raw(chosen), Y[chosen.to(Y.device)], plan.output) + l2 * dense.penalty()
        ),
        validate=lambda: _validated(raw, rows[1], Y, plan),
        schedule=schedule,
        seed=[*seed, FRAMES_STAGE],
    )


def train_sequence(
    sequence: SequenceHead,
    features: Tensor,
    windows: Windows,
    Y: Tensor,
    *,
    plan: Plan,
    rows: tuple[np.ndarray, np.ndarray],
    schedule: Schedule,
    seed: Sequence[int],
    rate: float = 1e-3,
) -> History:
    """Train the LSTM in place, from the weights that it has; it may be trained already.

    Args:
        sequence: what moves.
        features: of all frames [shape=(f, d)].
        windows: of these frames.
        Y: targets of the windows [shape=(w, t)].
        plan: what the model looks like.
        rows: windows to train on, and windows to choose among epochs by.
        schedule: how long.
        seed: whole numbers that name the training.
        rate: RMSprop's; 1e-6 is the paper's for tuning.
    """
    device = features.device
    places = torch.from_numpy(windows.frames).to(device)
    lengths = torch.from_numpy(windows.lengths).to(device)

    def raw(chosen: Tensor) -> Tensor:
        chosen = chosen.to(device)
        return sequence(features[places[chosen]].float(), lengths[chosen])

    return train(
        sequence,
        rows[0],
        optimiser=torch.optim.RMSprop(sequence.parameters(), rate, alpha=RHO, eps=EPSILON),
        loss=lambda chosen: loss(raw(chosen), Y[chosen.to(Y.device)], plan.output),
        validate=lambda: _validated(raw, rows[1], Y, plan),
        schedule=schedule,
        seed=[*seed, WINDOWS_STAGE],
    )


def _validated(
    raw: Callable[[Tensor], Tensor], rows: np.ndarray, Y: Tensor, plan: Plan
) -> tuple[float, float]:
    """Return quality and loss of raw outputs on some rows."""
    with torch.inference_mode():
        chosen = torch.from_numpy(rows)
        outputs = torch.cat([raw(part).float() for part in chosen.split(_SEEN)])
        own = Y[chosen.to(Y.device)]
        found = to_scores(outputs, plan.output).cpu().numpy()
        return quality(found, own.cpu().numpy(), plan.output), float(
            loss(outputs, own, plan.output)
        )
