"""How long the general model takes for a song of four minutes, beyond decoding it.

    PYTHONPATH=scripts python tests/benchmarks/predict_song.py [--backbone mobilenetv3_large]
        [--minutes 4] [--threads 2]

The goal: at most 5 s with MobileNetV3-Large on 2 cores. Timed apart are the log-mel, the
network on 6-s frames and the LSTM; the first time in a process (librosa compiles its filters,
torch warms up) and then the best of three. On a busy machine the seconds of all cores together,
by the cores there would be, tell more. The weights are random: time does not hang on them.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from affectmix.features.logmel import mel_power, to_levels
from affectmix.features.logmel_recipes import RECIPES
from affectmix.learners.user_tuned.backbones import BACKBONES, Pooling, make_backbone
from affectmix.learners.user_tuned.encoded import Encoded
from affectmix.learners.user_tuned.model import GeneralModel
from affectmix.learners.user_tuned.networks import DenseHead, SequenceHead
from affectmix.learners.user_tuned.pictures import Picture
from affectmix.learners.user_tuned.plan import Plan

GOAL_S = 5.0
FEATURES = {"mobilenetv3_large": 960, "efficientnet_b3": 1536, "small": 128}
TARGETS = ("q1", "q2", "q3", "q4")


def model_of(backbone: str) -> GeneralModel:
    """Return a model with random weights."""
    recipe, features = RECIPES["frames"], FEATURES[backbone]
    plan = Plan(
        TARGETS,
        backbone,
        Picture.MEL300,
        Pooling.MEAN,
        features,
        recipe.bands,
        recipe.sample_rate / recipe.hop,
        6.0,
        4,
        {"origin": "random"},
        False,
    )
    heads = DenseHead(features, 4), SequenceHead(features, 4)
    return GeneralModel(plan, make_backbone(backbone).eval(), *heads, np.full(4, 0.25))


def main() -> None:
    """Print first and best times in seconds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--backbone", choices=BACKBONES, default="mobilenetv3_large")
    parser.add_argument("--minutes", type=float, default=4.0)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    rate = 44_100
    samples = np.random.default_rng(0).standard_normal(int(60 * arguments.minutes * rate))
    samples = samples.astype(np.float32) / 10
    model = model_of(arguments.backbone)
    made: dict[str, Any] = {}

    def hear() -> None:
        power = mel_power(samples, rate, RECIPES["frames"])
        made["levels"] = to_levels(power, float(power.max()))

    def see() -> None:
        made["encoded"] = model.encode([made["levels"]])

    def tell() -> None:
        encoded: Encoded = made["encoded"]
        model.clip_scores(encoded, hop=4)
        model.clip_shares(encoded)

    first = [timed(part) for part in (hear, see, tell)]
    best = [min(timed(part) for _ in range(3)) for part in (hear, see, tell)]
    print(f"{'':16}{'log-mel':>9}{'network':>9}{'LSTM':>9}{'sum':>9}")
    for name, parts in (("first", first), ("best of 3", best)):
        for place, what in enumerate(("", ", CPU")):
            own = [part[place] for part in parts]
            print(f"{name + what:16}" + "".join(f"{part:9.2f}" for part in (*own, sum(own))))
    total = sum(part[0] for part in first)
    print(f"goal: {GOAL_S:g} s, {'met' if total <= GOAL_S else 'not met'} the first time")


def timed(part: Callable[[], None]) -> tuple[float, float]:
    """Return the seconds of a call, and those of all cores together."""
    started, busy = time.perf_counter(), time.process_time()
    part()
    return time.perf_counter() - started, time.process_time() - busy


if __name__ == "__main__":
    main()
