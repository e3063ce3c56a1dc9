"""The learner ``emomucs``: variants tried inside the training folds, the best one trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from affectmix.learners.base import Choice
from affectmix.learners.devices import choose_device
from affectmix.learners.emomucs.model import EmomucsModel
from affectmix.learners.emomucs.search import REFIT, Found, best_of, search_variants
from affectmix.learners.emomucs.systems import TrainingSet, Workshop
from affectmix.learners.emomucs.training import Schedule
from affectmix.learners.emomucs.variants import Variant, variants
from affectmix.search.task import SearchTask


class EmomucsLearner:
    """Chooses architecture, fusion, way of training and epochs, and trains the chosen network.

    With ``selection: refit`` the chosen variant is trained anew on all rows, for the median of
    the inner folds' epochs. With ``selection: best_inner``, the paper's form, the model of
    the inner fold with the lowest validation loss is used, without a refit: it is trained
    again from its own seed on that fold's rows, which gives the same model.

    Args:
        settings: ``learners.<name>`` of the configuration, validated.
        stems: names of the features' stems.
        threads: threads that torch may use.
    """

    uses_features = True

    def __init__(
        self, settings: Mapping[str, Any], *, stems: Sequence[str], threads: int = 1
    ) -> None:
        self._variants = variants(settings, len(stems))
        self._stems = tuple(stems)
        self._refits = settings["selection"] == "refit"
        self._finetune_rate = float(settings["finetune_learning_rate"])
        self._schedule = Schedule(
            rate=float(settings["learning_rate"]),
            batch=int(settings["batch"]),
            patience=int(settings["patience"]),
            epochs=int(settings["epochs"]),
        )
        self._device = choose_device(settings["device"])
        self._threads = threads

    def search(self, task: SearchTask) -> Choice:
        """Choose by the mean RMSE over inner folds, views and targets: one network for both."""
        workshop = self._workshop(task.X[:], task.Y, task.seed)
        found = search_variants(task, workshop, self._variants)
        best = best_of(found)
        point = {
            **best.variant.to_json(),
            **self._training(best, task),
            "stems": list(self._stems),
            "seed": task.seed,
        }
        usable = bool(np.isfinite(best.rmse))
        report = {
            "points": len(found),
            "variants": [each.to_json() for each in found],
            "device": self._device,
            "best_rmse": dict(zip(task.targets, map(float, best.by_target), strict=True)),
            "chosen_converged": dict.fromkeys(task.targets, usable),
        }
        return Choice({target: dict(point) for target in task.targets}, report)

    def _training(self, best: Found, task: SearchTask) -> dict[str, Any]:
        """Return which rows the chosen variant is trained on, and how long."""
        if self._refits:
            return {"epochs": best.typical_epochs()}
        fold = best.best_fold()
        return {
            "epochs": best.systems[fold].epochs(),
            "fold": fold,
            "rows": task.folds[fold].train.tolist(),
        }

    def fit(
        self, X: np.ndarray, Y: np.ndarray, targets: Sequence[str], choice: Choice
    ) -> dict[str, EmomucsModel]:
        """Train the chosen network once; its models of all targets share the weights."""
        point = choice.points[targets[0]]
        variant = Variant(point["architecture"], point["fusion"], point["training"])
        rows = np.asarray(point.get("rows", np.arange(len(X))))
        own = TrainingSet(rows, point.get("fold", REFIT), epochs=point["epochs"])
        (system,) = self._workshop(X, Y, point["seed"]).train(variant, [own])
        return {
            target: EmomucsModel(
                {
                    "variant": variant.to_json(),
                    "stems": X.shape[1],
                    "bands": X.shape[2],
                    "frames": X.shape[3],
                    "targets": len(targets),
                    "column": column,
                },
                system.whole.weights,
                system.whole.running,
            )
            for column, target in enumerate(targets)
        }

    def _workshop(self, X: np.ndarray, Y: np.ndarray, seed: int) -> Workshop:
        torch.set_num_threads(self._threads)
        torch.backends.cudnn.deterministic = True
        torch.backends.cudnn.allow_tf32 = False
        return Workshop(
            X,
            Y,
            stems=self._stems,
            seed=seed,
            schedule=self._schedule,
            finetune_rate=self._finetune_rate,
            device=self._device,
        )
