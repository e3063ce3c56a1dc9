"""EmoMucs as a whole: source models of all stems, their fusion, and its three ways of training.

*full* trains everything from scratch. *freeze* and *finetune* train one source model per stem
first, each on its own; freeze then trains the fusion alone, on what the source models make
of each clip with fixed batch-norm statistics, computed once; finetune goes on training
everything at a small rate (de Berardinis et al. 2020, section 3.3).

All models of a step train together: all stems and training sets.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from affectmix.learners.emomucs.fusion import FusedNetwork
from affectmix.learners.emomucs.inputs import Clips, Features, LogMels
from affectmix.learners.emomucs.networks import C1D, C2D, Network, source_network
from affectmix.learners.emomucs.passes import predict_all
from affectmix.learners.emomucs.streams import Stream
from affectmix.learners.emomucs.training import Job, Schedule, Trained, train
from affectmix.learners.emomucs.variants import Variant


@dataclass(frozen=True)
class TrainingSet:
    """Rows that one system learns from, and by which it stops.

    Attributes:
        train: rows learned from.
        name: a whole number that names it, for its random numbers.
        validate: rows of early stopping; None to train for ``epochs``.
        epochs: how long, without validation: ``sources`` (per stem) and ``fused``, as
            :meth:`System.epochs` gives them.
    """

    train: np.ndarray
    name: int
    validate: np.ndarray | None = None
    epochs: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class System:
    """A trained variant.

    Attributes:
        variant: what it is.
        sources: its source models before they were joined; empty where none were trained.
        whole: the source model of a single stem, or all stems and their fusion as one.
    """

    variant: Variant
    sources: list[Trained]
    whole: Trained

    def epochs(self) -> dict[str, Any]:
        """Return how long its parts were trained."""
        return {"sources": [each.epoch for each in self.sources], "fused": self.whole.epoch}


class Workshop:
    """Trains systems on some clips.

    Args:
        X: log-mels in dB [shape=(n, stems, bands, frames)].
        Y: targets [shape=(n, t)].
        stems: names of the stems: one that is named alike has the same random numbers,
            whatever stands beside it.
        seed: another seed gives other models.
        schedule: how long and how fast models learn.
        finetune_rate: the learning rate of *finetune*.
        device: ``cpu`` or ``cuda``.
    """

    def __init__(
        self,
        X: np.ndarray,
        Y: np.ndarray,
        *,
        stems: Sequence[str],
        seed: int,
        schedule: Schedule,
        finetune_rate: float,
        device: str = "cpu",
    ) -> None:
        self._clips = Clips(X, device=device)
        self._count, _, *self._size = X.shape
        self._Y = torch.tensor(Y, dtype=torch.float32, device=device)
        self._stems, self._seed = tuple(stems), seed
        self._schedule, self._finetune_rate = schedule, finetune_rate
        self._sources: dict[tuple[str, tuple[int, ...]], list[list[Trained]]] = {}

    def network(self, variant: Variant) -> C1D | C2D | FusedNetwork:
        """Return the design of a variant for these clips."""
        return design(variant, len(self._stems), *self._size, targets=self._Y.shape[1])

    def train(self, variant: Variant, sets: Sequence[TrainingSet]) -> list[System]:
        """Train one system per training set, all together."""
        if variant.fusion is None:
            return [System(variant, [], own[0]) for own in self._source_models(variant, sets)]
        if not variant.pretrained:
            return [
                System(variant, [], whole)
                for whole in self._train_whole(variant, sets, [None] * len(sets), self._schedule)
            ]
        sources = self._source_models(variant, sets)
        join = self._freeze if variant.training == "freeze" else self._finetune
        return [
            System(variant, own, whole)
            for own, whole in zip(sources, join(variant, sets, sources), strict=True)
        ]

    def predict(self, systems: Sequence[System]) -> np.ndarray:
        """Return what systems of one variant make of every clip. [shape=(m, n, t)]"""
        network = self.network(systems[0].variant)
        return self._outputs(network, [system.whole for system in systems]).cpu().numpy()

    def _outputs(
        self, network: Network, trained: Sequence[Trained], *, tapped: bool = False
    ) -> Tensor:
        return predict_all(
            network,
            self._all_stems(len(trained)),
            self._count,
            torch.stack([each.weights for each in trained]),
            torch.stack([each.running for each in trained]),
            forward=network.tap if tapped and isinstance(network, FusedNetwork) else None,
        )

    def _all_stems(self, models: int) -> LogMels:
        return LogMels(self._clips, np.tile(np.arange(len(self._stems)), (models, 1)))

    def _source_models(self, variant: Variant, sets: Sequence[TrainingSet]) -> list[list[Trained]]:
        """Return each training set's source models, stem by stem; trained once per design."""
        key = variant.architecture, tuple(each.name for each in sets)
        if key not in self._sources:
            stems = range(len(self._stems))
            jobs = [self._source_job(variant, own, stem) for own in sets for stem in stems]
            heard = np.tile(np.arange(len(self._stems)), len(sets))[:, None]
            trained = train(
                source_network(variant.architecture, *self._size, targets=self._Y.shape[1]),
                LogMels(self._clips, heard),
                self._Y,
                jobs,
                schedule=self._schedule,
            )
            count = len(self._stems)
            self._sources[key] = [trained[at : at + count] for at in range(0, len(jobs), count)]
        return self._sources[key]

    def _source_job(self, variant: Variant, own: TrainingSet, stem: int) -> Job:
        epochs = None
        if own.epochs is not None:
            single = variant.fusion is None
            epochs = own.epochs["fused"] if single else own.epochs["sources"][stem]
        seed = self._seed_of(own, variant.architecture, self._stems[stem])
        return Job(own.train, seed, own.validate, epochs)

    def _seed_of(self, own: TrainingSet, *names: str | None) -> tuple[int, ...]:
        text = "/".join(str(name) for name in names)
        return self._seed, own.name, zlib.crc32(text.encode())

    def _whole_job(self, variant: Variant, own: TrainingSet) -> Job:
        names = variant.architecture, variant.fusion, variant.training, *self._stems
        epochs = None if own.epochs is None else own.epochs["fused"]
        return Job(own.train, self._seed_of(own, *names), own.validate, epochs)

    def _train_whole(
        self,
        variant: Variant,
        sets: Sequence[TrainingSet],
        starts: Sequence[tuple[Tensor, Tensor] | None],
        schedule: Schedule,
    ) -> list[Trained]:
        jobs = [
            replace(self._whole_job(variant, own), start=start)
            for own, start in zip(sets, starts, strict=True)
        ]
        inputs = self._all_stems(len(jobs))
        return train(self.network(variant), inputs, self._Y, jobs, schedule=schedule)

    def _finetune(
        self,
        variant: Variant,
        sets: Sequence[TrainingSet],
        sources: Sequence[Sequence[Trained]],
    ) -> list[Trained]:
        head = self._fused(variant).head.weights
        starts = []
        for own, models in zip(sets, sources, strict=True):
            stream = Stream(self._seed_of(own, "head", variant.architecture, variant.fusion))
            fresh = head.start([stream.start])[0].to(self._Y.device)
            starts.append(_joined(models, fresh))
        schedule = replace(self._schedule, rate=self._finetune_rate)
        return self._train_whole(variant, sets, starts, schedule)

    def _freeze(
        self,
        variant: Variant,
        sets: Sequence[TrainingSet],
        sources: Sequence[Sequence[Trained]],
    ) -> list[Trained]:
        fused = self._fused(variant)
        nothing = torch.zeros(fused.head.weights.size, device=self._Y.device)
        fixed = [_joined(models, nothing) for models in sources]
        features = self._outputs(fused, [Trained(*each) for each in fixed], tapped=True)
        jobs = [self._whole_job(variant, own) for own in sets]
        heads = train(fused.head, Features(features), self._Y, jobs, schedule=self._schedule)
        wholes = []
        for head, models in zip(heads, sources, strict=True):
            weights, running = _joined(models, head.weights)
            wholes.append(replace(head, weights=weights, running=running))
        return wholes

    def _fused(self, variant: Variant) -> FusedNetwork:
        network = self.network(variant)
        assert isinstance(network, FusedNetwork)
        return network


def design(
    variant: Variant, stems: int, bands: int, frames: int, *, targets: int
) -> C1D | C2D | FusedNetwork:
    """Return the network of a variant for log-mels of one size and a number of targets."""
    source = source_network(variant.architecture, bands, frames, targets=targets)
    if variant.fusion is None:
        return source
    return FusedNetwork(source, stems=stems, fusion=variant.fusion)


def _joined(sources: Sequence[Trained], head: Tensor) -> tuple[Tensor, Tensor]:
    """Return weights and statistics of a fused network from those of its parts."""
    weights = torch.cat([*(each.weights for each in sources), head])
    return weights, torch.cat([each.running for each in sources])
