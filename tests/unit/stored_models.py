"""A small model of tones, stored as the workflow stores it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from affectmix.cells.conformal import Calibration
from affectmix.cells.domain import Domain
from affectmix.cells.final import FinalModel
from affectmix.cells.store import save_model
from affectmix.features.feature_sets import FeatureSet
from affectmix.features.functionals import Functionals
from affectmix.learners import make_learner
from affectmix.learners.base import Choice

RATE = 16_000
CLIPS = 30
TARGETS = ("valence", "arousal")
POINT = {"kernel": "linear", "pca": 0.9, "C": 1.0, "epsilon": 0.05}


def tone(index: int, seconds: float = 1.0) -> np.ndarray:
    """Return a tone that is higher and louder by its index. [shape=(n,)]"""
    time = np.arange(round(seconds * RATE)) / RATE
    pitch = 110 * 2 ** (3 * ((index * 7) % CLIPS) / CLIPS)
    gain = 0.05 + 0.7 * ((index * 11) % CLIPS) / CLIPS
    noise = np.random.default_rng(index).normal(size=len(time))
    return gain * (np.sin(2 * np.pi * pitch * time) + 0.05 * noise)


def write_tone(path: Path, index: int, seconds: float = 1.0) -> Path:
    soundfile.write(path, tone(index, seconds), RATE)
    return path


def write_model(folder: Path, **changes: Any) -> Path:
    """Write a model of valence, which is pitch, and arousal, which is loudness."""
    functionals = Functionals(FeatureSet.EGEMAPS_V02)
    X = np.stack([functionals(tone(index).astype(np.float32), RATE) for index in range(CLIPS)])
    steps = np.array([[(i * 7) % CLIPS, (i * 11) % CLIPS] for i in range(CLIPS)])
    Y = 1.8 * steps / CLIPS - 0.9
    learner = make_learner({"kind": "svr", "space": "svr_small", "search": "halving"})
    models = learner.fit(X, Y, TARGETS, Choice(dict.fromkeys(TARGETS, POINT)))
    fields = {"learner": "svr", "features": "small", "mixture": "tones-100", "scheme": "cv3"}
    description = {
        "settings": {
            "fields": fields,
            "learner": {"kind": "svr", "exact_rows": 5000, "landmarks": 1000},
            "features": {"set": "eGeMAPSv02", "stem": "mix"},
        },
        "chosen": dict.fromkeys(TARGETS, POINT),
        "rows": {"tones": CLIPS},
        "hearing": {"separator": None, "recipe": None},
        "clip_s": {"shortest": 1.0, "median": 1.0, "longest": 1.0},
        "metrics": [],
        **changes,
    }
    errors = np.linspace(0.01, 0.3, CLIPS)
    save_model(
        FinalModel(
            models,
            list(functionals.columns),
            description,
            Calibration(dict.fromkeys(TARGETS, errors), CLIPS),
            Domain.fit(X, np.arange(CLIPS) % 5, seed=0),
        ),
        folder,
    )
    return folder
