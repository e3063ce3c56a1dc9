"""The learner ``user_tuned``: the general model, trained in its two stages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from affectmix.errors import ConfigError, TableError
from affectmix.learners.base import Choice
from affectmix.learners.devices import choose_device
from affectmix.learners.user_tuned.backbones import Pooling, count_features, make_backbone
from affectmix.learners.user_tuned.cuts import FrameCut, columns_of, make_windows
from affectmix.learners.user_tuned.encoded import Encoded, Memory
from affectmix.learners.user_tuned.measures import measure
from affectmix.learners.user_tuned.model import GeneralModel
from affectmix.learners.user_tuned.networks import DenseHead, SequenceHead
from affectmix.learners.user_tuned.pictures import Picture, to_pictures
from affectmix.learners.user_tuned.plan import Plan
from affectmix.learners.user_tuned.stages import (
    Frames,
    encode_frames,
    train_backbone,
    train_dense,
    train_sequence,
)
from affectmix.learners.user_tuned.target import UserTunedModel
from affectmix.learners.user_tuned.training import History, Schedule, seeded
from affectmix.learners.user_tuned.weights import give_weights
from affectmix.search.task import SearchTask


@dataclass(frozen=True)
class Trained:
    """A trained model and how each stage went."""

    model: GeneralModel
    frames: History
    windows: History


class UserTunedLearner:
    """Trains on the rows outside one inner fold, which chooses among epochs: no refit.

    That is the paper's form: 70 % train, 15 % validate, 15 % are tested, which is scheme
    ``holdout_70_15_15``; of k folds one validates. Nothing is searched.

    Args:
        settings: ``learners.<name>`` of the configuration, validated.
        stems: names of the features' stems; one alone.
        threads: threads that torch may use.
    """

    uses_features = True

    def __init__(
        self, settings: Mapping[str, Any], *, stems: Sequence[str] = ("mix",), threads: int = 1
    ) -> None:
        if len(stems) != 1:
            raise ConfigError(
                f"a learner of kind user_tuned listens to one stem, and its features are of "
                f"{list(stems)}; give it features with one stem, such as mix"
            )
        self._settings = dict(settings)
        self._threads = threads
        self._device = choose_device(settings["device"])

    def search(self, task: SearchTask) -> Choice:
        """Choose which rows train and which validate; the first inner fold does."""
        fold = task.folds[0]
        settings = self._settings
        point = {
            "backbone": settings["backbone"],
            "weights": describe_weights(settings["weights"]),
            "training": settings["training"],
            "seed": task.seed,
        }
        report = {
            "points": 1,
            "device": self._device,
            "backbone": settings["backbone"],
            "weights": describe_weights(settings["weights"]),
            # Beside the points, which a model's card shows: the rows are hundreds of numbers.
            "train_rows": [int(row) for row in fold.train],
            "validation_rows": [int(row) for row in fold.validation_rows],
            "chosen_converged": dict.fromkeys(task.targets, True),
        }
        return Choice({target: dict(point) for target in task.targets}, report)

    def fit(
        self, X: np.ndarray, Y: np.ndarray, targets: Sequence[str], choice: Choice
    ) -> dict[str, UserTunedModel]:
        """Train both stages; all targets' models are one.

        Args:
            X: log-mels in dB, NaN beyond a clip's end [shape=(n, 1, bands, columns)].
            Y: indicators of -1 and 1, or values [shape=(n, t)].
            targets: names of the columns of ``Y``.
            choice: of :meth:`search` on the same rows.

        Raises:
            TableError: no clip to train on, or none to validate on, is as long as a frame.
        """
        rows = (choice.report["train_rows"], choice.report["validation_rows"])
        trained = self.train(
            X[:, 0],
            Y,
            targets,
            rows=(np.asarray(rows[0]), np.asarray(rows[1])),
            seed=choice.points[targets[0]]["seed"],
        )
        return UserTunedModel.of_all_targets(trained.model)

    def measure(
        self, models: Mapping[str, UserTunedModel], X: np.ndarray, Y: np.ndarray
    ) -> dict[str, Any]:
        """Return the frames' and windows' accuracy and F1 on tested rows (Table 2, Fig. 4)."""
        (model, *_) = models.values()
        return measure(model.core, model.encode(X), Y)

    def train(
        self,
        levels: np.ndarray,
        Y: np.ndarray,
        targets: Sequence[str],
        *,
        rows: tuple[np.ndarray, np.ndarray],
        seed: int,
        **schedule: Any,
    ) -> Trained:
        """Train both stages on clips' log-mels.

        Args:
            levels: in dB, NaN beyond a clip's end [shape=(n, bands, columns)].
            Y: indicators of -1 and 1, or values [shape=(n, t)].
            targets: names of the columns of ``Y``.
            rows: clips to train on, and clips to choose among epochs by.
            seed: of first weights, order and dropout.
            schedule: further fields of both stages' ``Schedule``.
        """
        torch.set_num_threads(self._threads)
        torch.backends.cudnn.deterministic = True
        settings = self._settings
        cut = FrameCut(levels.shape[2] / settings["excerpt_s"], settings["frame_s"])
        frames = self._frames(levels, cut, rows)
        with seeded([seed]):
            backbone, plan = self._design(frames, cut, targets)
            dense = DenseHead(plan.features, len(targets)).to(self._device)
            sequence = SequenceHead(plan.features, len(targets)).to(self._device)
        truth = torch.from_numpy(Y.astype(np.float32)).to(self._device)
        task = _Task(plan, rows, truth, settings["learning_rate"], [seed])
        first = Schedule(settings["epochs"], settings["batch"], **schedule)
        features, of_frames = _first_stage(backbone, dense, frames, task, first, settings["l2"])
        second = Schedule(settings["lstm_epochs"], settings["batch"], **schedule)
        of_windows = _second_stage(sequence, features, frames.counts, task, second)
        model = GeneralModel(
            replace(plan, epochs=(of_frames.best, of_windows.best)),
            backbone.eval(),
            dense,
            sequence,
            _prior(Y[rows[0]], plan),
            _memory(features, frames.counts, Y, rows, plan),
        )
        return Trained(model, of_frames, of_windows)

    def _frames(
        self, levels: np.ndarray, cut: FrameCut, rows: tuple[np.ndarray, np.ndarray]
    ) -> Frames:
        starts = [cut.starts(int(columns)) for columns in columns_of(levels)]
        counts = np.array([len(own) for own in starts])
        for name, chosen in zip(("train", "validate"), rows, strict=True):
            if not counts[chosen].sum():
                raise TableError(
                    f"user_tuned: none of the {len(chosen)} clips to {name} on is as long as a "
                    f"frame of {cut.frame_s:g} s; take a smaller frame_s, or longer clips"
                )
        return Frames(
            torch.from_numpy(np.nan_to_num(levels, nan=-80.0)).to(self._device),
            torch.from_numpy(np.repeat(np.arange(len(levels)), counts)).to(self._device),
            torch.from_numpy(np.concatenate(starts)).to(self._device),
            cut.width,
        )

    def _design(
        self, frames: Frames, cut: FrameCut, targets: Sequence[str]
    ) -> tuple[nn.Module, Plan]:
        """Return the backbone with its first weights, and what the model looks like."""
        settings = self._settings
        backbone = make_backbone(settings["backbone"])
        weights = give_weights(backbone, settings["backbone"], settings["weights"])
        backbone = backbone.to(self._device)
        picture, pooling = Picture(settings["picture"]), Pooling(settings["pooling"])
        example = to_pictures(frames.take(torch.zeros(1, dtype=torch.int64)), picture)
        plan = Plan(
            tuple(targets),
            settings["backbone"],
            picture,
            pooling,
            count_features(backbone, example, pooling),
            frames.levels.shape[1],
            cut.rate,
            cut.frame_s,
            settings["window"],
            weights,
            settings["training"] == "frozen",
        )
        return backbone, plan


@dataclass(frozen=True)
class _Task:
    """What both stages are to learn: rows are clips to train on, and to choose epochs by."""

    plan: Plan
    rows: tuple[np.ndarray, np.ndarray]
    truth: Tensor
    rate: float
    seed: Sequence[int]


def _first_stage(
    backbone: nn.Module,
    dense: DenseHead,
    frames: Frames,
    task: _Task,
    schedule: Schedule,
    l2: float,
) -> tuple[Tensor, History]:
    """Train on frames; return the features of all of them by the backbone as it then is."""
    clips = frames.clips.cpu().numpy()
    train, validate = (np.flatnonzero(np.isin(clips, own)) for own in task.rows)
    common: dict[str, Any] = {
        "plan": task.plan,
        "rows": (train, validate),
        "schedule": schedule,
        "l2": l2,
        "seed": task.seed,
        "rate": task.rate,
    }
    if task.plan.frozen:
        features = encode_frames(backbone, frames, task.plan)
        return features, train_dense(dense, features, task.truth[clips], **common)
    history = train_backbone(backbone, dense, frames, task.truth[clips], **common)
    return encode_frames(backbone, frames, task.plan), history


def _second_stage(
    sequence: SequenceHead, features: Tensor, counts: np.ndarray, task: _Task, schedule: Schedule
) -> History:
    """Train on windows of the same clips as the first stage."""
    windows = make_windows(counts, length=task.plan.window, hop=1)
    return train_sequence(
        sequence,
        features,
        windows,
        task.truth[windows.clips],
        plan=task.plan,
        rows=(windows.of_clips(task.rows[0]), windows.of_clips(task.rows[1])),
        schedule=schedule,
        seed=task.seed,
        rate=task.rate,
    )


def describe_weights(weights: str | Mapping[str, str]) -> dict[str, str]:
    """Return where a backbone's first weights are from, as every result says it."""
    if isinstance(weights, str):
        return {"origin": weights}
    return {"origin": "file", **weights}


def _prior(Y: np.ndarray, plan: Plan) -> np.ndarray:
    """Return the mean scores of clips: probabilities of indicators, or values. [shape=(t,)]"""
    return Y.mean(axis=0) if plan.output.value == "values" else (Y.mean(axis=0) + 1) / 2


def _memory(
    features: Tensor,
    counts: np.ndarray,
    Y: np.ndarray,
    rows: tuple[np.ndarray, np.ndarray],
    plan: Plan,
) -> Memory | None:
    if plan.pooling is Pooling.FLATTEN:
        return None
    encoded = Encoded(features.float().cpu().numpy(), counts)
    chosen = np.concatenate(rows)
    return Memory(
        encoded.of_clips(chosen), Y[chosen], np.repeat([True, False], list(map(len, rows)))
    )
