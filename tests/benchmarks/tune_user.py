"""Seconds that tuning takes once the features are cached, on two cores: budget 30 s.

    python tests/benchmarks/tune_user.py [--songs 20] [--frames 46]

Functionals: a model of 6373 features, 384 training clips. Network: MobileNetV3-Large's 960
features of a frame, 1,200 clips of five frames in memory, and the listener's songs of 280 s.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from affectmix.learners.user_tuned.backbones import Pooling, make_backbone
from affectmix.learners.user_tuned.encoded import Encoded, Memory
from affectmix.learners.user_tuned.model import GeneralModel
from affectmix.learners.user_tuned.networks import DenseHead, SequenceHead
from affectmix.learners.user_tuned.pictures import Picture
from affectmix.learners.user_tuned.plan import Plan
from affectmix.tuning.components import ComponentSpace
from affectmix.tuning.hear_songs import songs_of, space_of
from affectmix.tuning.methods import METHODS
from affectmix.tuning.songs import Songs, quadrant_probabilities

FEATURES, CLIPS, FRAMES, BUDGET_S = 960, 1200, 5, 30.0


def main() -> None:
    """Print the seconds of every method, and fail above the budget."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--songs", type=int, default=20)
    parser.add_argument("--frames", type=int, default=46, help="6-s frames of a song")
    chosen = parser.parse_args()
    random = np.random.default_rng(0)
    affect = random.uniform(-0.6, 0.6, (chosen.songs, 2))
    started = time.perf_counter()
    space = ComponentSpace.fit(random.standard_normal((384, 6373)))
    print(f"components of 6373 features: {time.perf_counter() - started:.2f} s")
    songs = Songs.of_clips(affect, space.apply(random.standard_normal((chosen.songs, 6373))))
    likely = Songs.of_clips(quadrant_probabilities(affect, spread=0.35), songs.components)
    targets = np.eye(4)[np.arange(chosen.songs) % 4]
    worst = 0.0
    for name, method in METHODS.items():
        if method.of_network:
            continue
        for given, wanted in ((songs, -affect), (likely, targets)):
            if given.output in method.outputs:
                took = seconds(lambda m=method, g=given, w=wanted: m.fit(g, w))
                worst = max(worst, took * (1 + chosen.songs))  # and each song left out
                print(f"{name} ({given.output}): {took:.3f} s, with leave-one-out {worst:.1f} s")
    model = network(random)
    counts = np.full(chosen.songs, chosen.frames)
    features = random.random((counts.sum(), FEATURES), dtype=np.float32)
    heard = songs_of(model, Encoded(features, counts), space_of(model))
    paper = METHODS["paper"]
    took = seconds(lambda: paper.fit(heard, targets, model=model, seed=0))
    print(f"paper, 50 epochs over {CLIPS} clips and the songs: {took:.1f} s")
    if max(worst, took) > BUDGET_S:
        raise SystemExit(f"above the budget of {BUDGET_S:g} s")


def seconds(work: Callable[[], object]) -> float:
    """Return how long ``work`` takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def network(random: np.random.Generator) -> GeneralModel:
    """Return an untrained general model with a memory of as many clips as the paper has."""
    quadrants = ("q1", "q2", "q3", "q4")
    plan = Plan.from_json(
        {
            "targets": quadrants,
            "backbone": "small",
            "picture": Picture.PLAIN.value,
            "pooling": Pooling.MEAN.value,
            "features": FEATURES,
            "bands": 96,
            "rate": 22050 / 512,
            "frame_s": 6.0,
            "window": 4,
            "weights": {"origin": "random"},
            "frozen": True,
            "epochs": [1, 1],
        }
    )
    counts = np.full(CLIPS, FRAMES)
    features = random.random((counts.sum(), FEATURES), dtype=np.float32)
    Y = 2.0 * np.eye(4)[np.arange(CLIPS) % 4] - 1
    memory = Memory(Encoded(features, counts), Y, np.arange(CLIPS) < 0.8 * CLIPS)
    heads = DenseHead(FEATURES, 4), SequenceHead(FEATURES, 4)
    return GeneralModel(plan, make_backbone("small"), *heads, np.full(4, 0.25), memory)


if __name__ == "__main__":
    main()
