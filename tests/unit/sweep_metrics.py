"""Metrics of sweeps over shares whose R² is known, for the tests of figures and tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from affectmix.evaluation.metrics import compute_metrics
from affectmix.splits.mixtures import mixture_name

CLIPS = 60


def sweep_metrics(
    mixtures: list[Mapping[str, float]],
    error: Callable[[str, Mapping[str, float], str], float],
    *,
    controls: tuple[str, ...] = ("none",),
    learners: tuple[str, ...] = ("svr",),
    repeats: int = 1,
) -> pd.DataFrame:
    """Return metrics of predictions that are off by ``error(view, mixture, control)``.

    That is each fold's RMSE; the mean predictor's is 1.
    """
    parts = []
    for mixture in mixtures:
        for control in controls:
            for learner in learners:
                for view in mixture:
                    for repeat in range(repeats):
                        parts.append(_rows(mixture, error, control, learner, view, repeat))
    return compute_metrics(pd.concat(parts, ignore_index=True))


def _rows(
    mixture: Mapping[str, float],
    error: Callable[[str, Mapping[str, float], str], float],
    control: str,
    learner: str,
    view: str,
    repeat: int,
) -> pd.DataFrame:
    rng = np.random.default_rng([sum(view.encode()), 1])
    truth, noise = np.linspace(-1, 1, CLIPS), rng.choice([-1.0, 1.0], CLIPS)
    cut = np.random.default_rng([repeat, 2])  # every fold has labels over the whole range
    folds = np.concatenate([cut.permutation(5) for _ in range(CLIPS // 5)])
    size = 1.0 if learner == "mean" else error(view, mixture, control)
    name = mixture_name(mixture)
    columns = {
        "fold": folds,
        "clip_id": [f"c{i:02}" for i in range(CLIPS)],
        "y_true": truth,
        "y_pred": truth + size * noise,
    }
    fields = {
        "experiment": "sweep",
        "cell": f"{learner}__{name}__{control}",
        "learner": learner,
        "features": "is13",
        "mixture": name,
        "scheme": "cv5",
        "protocol": "nested",
        "arithmetic": "clean",
        "control": control,
        "repeat": repeat,
        "corpus": view,
        "view": view,
        "target": "arousal",
        "in_train": 0,
    }
    return pd.DataFrame(columns).assign(**fields)
