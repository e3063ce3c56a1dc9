"""Training on segments against a bare loop over the same network with tensors in memory.

    PYTHONPATH=scripts python tests/benchmarks/train_segments.py [--backbone small]
        [--clips 24] [--segment-s 4] [--epochs 3] [--rounds 3] [--batch 72] [--threads 1]
        [--device cpu]

The bare loop is what a notebook does: all segments as one float tensor where the network is,
and per batch a forward and a backward pass and a step of AdamW, in the same precision. The
learner slices the same segments out of the clips' log-mels, standardises them, and keeps
schedule, losses and counts; with every label kept that is the same work. The third line is
the whole method: a pass without gradients over all segments, the mixture, erased labels, mixup
and R-Drop; its bare loop has that pass too.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import torch
from affectmix.learners.segments.answers import Answers
from affectmix.learners.segments.clips import Clips
from affectmix.learners.segments.grid import Segments
from affectmix.learners.segments.recipe import RATES, Recipe
from affectmix.learners.segments.system import network_of
from affectmix.learners.segments.workshop import Workshop
from torch.nn import functional

BANDS, RATE = 128, 22_050 / 512
GOAL = 1.2
CLASSES = ("q1", "q2", "q3", "q4")


def clock(device: str) -> float:
    """Return seconds: of this process alone on a CPU, which others may share, else of the wall."""
    if device == "cpu":
        return time.process_time()
    torch.cuda.synchronize()
    return time.perf_counter()


def per_epoch(run: Callable[[int], object], *, epochs: int, device: str) -> float:
    """Return what an epoch takes of a run of so many, what comes before the first included."""
    started = clock(device)
    run(epochs)
    return (clock(device) - started) / epochs


def bare(
    X: torch.Tensor, Y: torch.Tensor, workshop: Workshop, recipe: Recipe, *, epochs: int
) -> None:
    """Train a network by a plain loop; with partitions, all are predicted after the first epoch."""
    device = X.device
    network = network_of(recipe, workshop.answers, (1, BANDS), X.shape[2]).to(device)
    network = network.to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(network.parameters(), lr=recipe.learning_rate, fused=True)
    half = device.type == "cuda" and torch.cuda.is_bf16_supported()
    for epoch in range(epochs):
        with torch.autocast(device.type, torch.bfloat16) if half else nullcontext():
            if recipe.partitions and epoch:
                network.eval()
                with torch.no_grad():
                    for at in range(0, len(X), 256):
                        network(X[at : at + 256])
            network.train()
        for chosen in torch.randperm(len(X), device=device).split(recipe.batch):
            with torch.autocast(device.type, torch.bfloat16) if half else nullcontext():
                outputs = network(X[chosen])
            functional.cross_entropy(outputs.float(), Y[chosen]).backward()
            optimiser.step()
            optimiser.zero_grad()


def pictures(workshop: Workshop, segments: Segments) -> torch.Tensor:
    """Return all segments as one tensor of floats, on the device."""
    sliced = workshop.clips.slices(workshop.clips.places(segments), segments.width)
    return (sliced.float() + 40) / 15


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backbone", choices=RATES, default="small")
    parser.add_argument("--clips", type=int, default=24)
    parser.add_argument("--segment-s", type=float, default=4.0)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch", type=int, default=72)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    rng = np.random.default_rng(0)
    frames = 1 + int(30 * RATE)
    X = rng.normal(-40, 15, (options.clips, 1, BANDS, frames)).astype(np.float16)
    Y = np.where(np.eye(4)[rng.permutation(options.clips) % 4] > 0, 1.0, -1.0)
    clips = Clips(X, device=options.device)
    workshop = Workshop(clips, Y, Answers.of(Y, CLASSES), seed=1)
    full = Recipe(
        backbone=options.backbone,
        segment_s=options.segment_s,
        overlap_s=max(options.segment_s - 1, 0.0),
        warmup=1,
        epochs=options.epochs,
        batch=options.batch,
        learning_rate=RATES[options.backbone],
    )
    inherited = replace(full, method="inheritance")
    segments = workshop.segments(full)
    everything = pictures(workshop, segments)
    answers = torch.from_numpy(Y.argmax(1)[segments.clip]).to(everything.device)
    rows = np.arange(options.clips)
    print(
        f"{options.backbone}, {len(segments)} segments of {segments.width} frames, batches of "
        f"{options.batch}, {options.threads} threads, {options.device}"
    )
    for name, recipe in (("inherited labels", inherited), ("the whole method", full)):
        runs = (
            lambda n, r=recipe: bare(everything, answers, workshop, r, epochs=n),
            lambda n, r=recipe: workshop.train(r, rows, epochs=n, name="benchmark"),
        )
        # In turns, and the best of each: other work on the machine slows some of them.
        taken = [
            [per_epoch(run, epochs=options.epochs, device=options.device) for run in runs]
            for _ in range(options.rounds)
        ]
        plain, own = np.min(taken, axis=0)
        print(
            f"{name}: bare loop {plain:.2f} s per epoch, learner {own:.2f} s, "
            f"{own / plain:.2f} times (goal {GOAL})"
        )


if __name__ == "__main__":
    main()
