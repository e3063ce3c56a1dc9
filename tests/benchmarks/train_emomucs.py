"""Training the nested source models of EmoMucs together against one by one.

    PYTHONPATH=scripts python tests/benchmarks/train_emomucs.py [--architecture c2d]
        [--models 20] [--clips 96] [--epochs 2] [--threads 2] [--device cpu]

One by one is what a notebook does: a plain torch module per model, torch's Adam, an epoch of
batches of 32, then a validation pass. Together is ``training.train``. Both train the same
designs on the same clips for the same epochs; each way runs once to warm up. The third
line is ``training.train`` with one model at a time: what batching alone gains. Where other
programs run, CPU time tells more than the clock; set OMP_WAIT_POLICY=passive, lest threads
that wait are counted as ones that work.

From the rate of the second line follows how long the paper's Tables 1 and 2 take.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch
from affectmix.learners.emomucs.inputs import Clips, LogMels
from affectmix.learners.emomucs.networks import C2D, source_network
from affectmix.learners.emomucs.training import Job, Schedule, train
from torch import Tensor, nn

BANDS, FRAMES, BATCH, STEMS = 96, 938, 32, 4
GOAL = 3.0
CLIPS, FOLDS, EPOCHS = 767, 5, 40  # of the paper's tables; epochs until early stopping, about


def plain(architecture: str, bands: int, frames: int) -> nn.Module:
    """Return a source model as one would write it in torch."""
    if architecture == "c1d":
        flat = 16 * (((frames - 7) // 4 - 7) // 4)
        return nn.Sequential(
            *(nn.Conv1d(bands, 32, 8), nn.MaxPool1d(4), nn.BatchNorm1d(32)),
            *(nn.Conv1d(32, 16, 8), nn.MaxPool1d(4), nn.BatchNorm1d(16), nn.Flatten()),
            *(nn.Dropout(), nn.Linear(flat, 64), nn.ReLU(), nn.Dropout(), nn.Linear(64, 2)),
        )
    layers: list[nn.Module] = [nn.Unflatten(1, (1, bands))]
    for number, pool in enumerate(C2D.POOLS):
        convolution = nn.Conv2d(32 if number else 1, 32, 3, padding=1)
        layers += [convolution, nn.BatchNorm2d(32), nn.ELU(), nn.MaxPool2d(pool)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 2))


def train_plain(
    architecture: str, X: Tensor, Y: Tensor, jobs: list[Job], stems: np.ndarray, epochs: int
) -> None:
    """Train one module after the other."""
    for job, stem in zip(jobs, stems[:, 0], strict=True):
        assert job.validate is not None
        module = plain(architecture, *X.shape[2:]).to(X.device)
        optimiser = torch.optim.Adam(module.parameters(), lr=0.005)
        rows = torch.as_tensor(job.train, device=X.device)
        for _ in range(epochs):
            module.train()
            for part in rows[torch.randperm(len(rows), device=X.device)].split(BATCH):
                optimiser.zero_grad()
                (module(X[part, stem].float()) - Y[part]).square().sum().backward()
                optimiser.step()
            module.eval()
            with torch.no_grad():
                for part in torch.as_tensor(job.validate, device=X.device).split(BATCH):
                    module(X[part, stem].float()).sum().item()


def seconds(run: Callable[[], object], device: str) -> tuple[float, float]:
    """Return wall-clock and CPU seconds of a run."""
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - wall, time.process_time() - cpu


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--architecture", choices=["c1d", "c2d"], default="c2d")
    parser.add_argument("--models", type=int, default=20)
    parser.add_argument("--clips", type=int, default=96)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--frames", type=int, default=FRAMES)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    rng = np.random.default_rng(0)
    X = torch.tensor(rng.normal(-30, 15, (options.clips, STEMS, BANDS, options.frames)))
    X = X.to(options.device, torch.float16)
    Y = torch.tensor(rng.uniform(-1, 1, (options.clips, 2)), dtype=torch.float32)
    Y = Y.to(options.device)
    stems = np.arange(options.models)[:, None] % STEMS
    orders = [rng.permutation(options.clips) for _ in range(options.models)]
    cut = options.clips * 3 // 4
    jobs = [Job(o[:cut], (0, i), validate=o[cut:]) for i, o in enumerate(orders)]
    network = source_network(options.architecture, BANDS, options.frames)
    clips = Clips(X, device=options.device)

    def together(chosen: slice = slice(None), epochs: int = options.epochs) -> None:
        schedule = Schedule(batch=BATCH, patience=epochs, epochs=epochs)
        train(network, LogMels(clips, stems[chosen]), Y, jobs[chosen], schedule=schedule)

    def alone(architecture: str = options.architecture) -> None:
        train_plain(architecture, X, Y, jobs, stems, options.epochs)

    def stack_of_one() -> None:
        for model in range(options.models):
            together(slice(model, model + 1))

    prepared, _ = seconds(lambda: clips.moments, options.device)
    together(slice(0, 1), epochs=1)
    train_plain(options.architecture, X, Y, jobs[:1], stems[:1], 1)
    seen = options.models * options.epochs * cut
    print(
        f"{options.architecture}, {options.models} models, {seen} clips seen, "
        f"{options.threads} threads, {options.device}; prepared in {prepared:.1f} s"
    )
    runs = {"plain, one by one": alone, "together": together, "one at a time": stack_of_one}
    rates, costs = {}, {}
    for name, run in runs.items():
        wall, cpu = seconds(run, options.device)
        rates[name], costs[name] = seen / wall, cpu / seen
        print(f"{name:>20}: {seen / wall:7.1f} clips/s  {1000 * cpu / seen:7.2f} ms CPU per clip")
    ratio = rates["together"] / rates["plain, one by one"]
    by_cpu = costs["plain, one by one"] / costs["together"]
    print(
        f"together / plain: {ratio:.2f}, by CPU time {by_cpu:.2f} (goal: {GOAL}); "
        f"together / one at a time: {rates['together'] / rates['one at a time']:.2f}"
    )
    models = FOLDS * (FOLDS - 1)
    trained = CLIPS * (FOLDS - 2) // FOLDS * EPOCHS * models
    print(
        f"source models of {STEMS} stems and the mix, {models} each, {EPOCHS} epochs: "
        f"{(STEMS + 1) * trained / rates['together'] / 60:.0f} min"
    )


if __name__ == "__main__":
    main()
