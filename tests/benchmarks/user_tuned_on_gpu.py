"""What the general model of ``user_tuned`` reaches, and how long an epoch takes, on a GPU.

    PYTHONPATH=scripts python tests/benchmarks/user_tuned_on_gpu.py frames.npz --out folder

Needs numpy, torch and pytorchcv alone. The archive holds log-mels of the recipe ``frames``:
``mels`` (uint8, 0 is -80 dB and 255 is 0 dB [shape=(n, 96, 1292)]), ``frames`` (columns that are
the clip's own), ``clip_id``, ``quadrant`` (Q1 to Q4), ``corpus`` and ``split`` (train, valid or
test). Every run starts from random weights. ``results.json`` is written anew after each epoch, so
that a machine that is taken away leaves what it knew; models are written in files below 16 MiB.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from affectmix.learners.user_tuned.learner import Trained, UserTunedLearner
from affectmix.learners.user_tuned.measures import measure
from affectmix.learners.user_tuned.target import UserTunedModel

TARGETS = ("q1", "q2", "q3", "q4")
RUNS = (  # backbone, picture, pooling, L2 of the dense layers, learning rate
    "mobilenetv3_large:mel300:mean:0.1:0.001",
    "mobilenetv3_large:mel300:mean:0.0001:0.001",
    "efficientnet_b3:mel300:mean:0.0001:0.001",
    "small:plain:mean:0.0001:0.001",
)
PART = 15 * 2**20  # bytes of a file of weights


def main() -> None:
    """Train each run within its share of the time, and say what it reached."""
    arguments = parse()
    arguments.out.mkdir(parents=True, exist_ok=True)
    levels, Y, splits, corpora = read(arguments.npz)
    began = time.monotonic()
    results: dict[str, Any] = {
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
        "torch": torch.__version__,
        "clips": {name: len(rows) for name, rows in splits.items()},
        "runs": [],
    }
    for number, spec in enumerate(arguments.runs):
        left = arguments.time_limit - (time.monotonic() - began)
        if left < 10:
            results["stopped"] = f"no time was left for {arguments.runs[number:]}"
            break
        run: dict[str, Any] = {"spec": spec, "seed": arguments.seed, "epochs": []}
        results["runs"].append(run)
        try:
            seconds = 0.9 * left / (len(arguments.runs) - number)
            one_run(run, spec, levels, Y, splits, corpora, arguments, seconds, results)
        except Exception as error:  # one run that fails must not take the others with it
            run["error"] = f"{type(error).__name__}: {error}"
        write(results, arguments.out)
    print(json.dumps(summary(results)), flush=True)


def one_run(
    run: dict[str, Any],
    spec: str,
    levels: np.ndarray,
    Y: np.ndarray,
    splits: dict[str, np.ndarray],
    corpora: np.ndarray,
    arguments: argparse.Namespace,
    seconds: float,
    results: dict[str, Any],
) -> None:
    """Train one run; fill ``run`` while it goes on."""

    def say(epoch: dict[str, float]) -> None:
        run["epochs"].append({name: round(value, 4) for name, value in epoch.items()})
        write(results, arguments.out)
        print(spec, len(run["epochs"]), run["epochs"][-1], flush=True)

    learner = UserTunedLearner(settings(spec, arguments), threads=arguments.threads)
    rows = splits["train"], splits["valid"]
    started = time.monotonic()
    trained = learner.train(
        levels, Y, TARGETS, rows=rows, seed=arguments.seed, seconds=seconds, say=say
    )
    run["train_s"] = round(time.monotonic() - started, 1)
    run |= stages(trained)
    tested = UserTunedModel.of_all_targets(trained.model)["q1"]
    encoded = tested.encode(levels[splits["test"]][:, None])
    run["test"] = measure(trained.model, encoded, Y[splits["test"]])
    run["test_by_corpus"] = {
        str(corpus): measure(trained.model, encoded.of_clips(own), Y[splits["test"]][own])
        for corpus in np.unique(corpora)
        if len(own := np.flatnonzero(corpora[splits["test"]] == corpus))
    }
    if torch.cuda.is_available():
        run["peak_gib"] = round(torch.cuda.max_memory_allocated() / 2**30, 2)
        torch.cuda.reset_peak_memory_stats()
    run["files"] = save(tested.core.to_arrays(), arguments.out, spec.replace(":", "-"))


def stages(trained: Trained) -> dict[str, Any]:
    """Return of each stage its epochs, the best one, and the seconds of an epoch."""
    return {
        name: {
            "epochs": len(history.epochs),
            "best_epoch": history.best,
            "valid_accuracy": round(history.quality, 4),
            "s_per_epoch": round(float(np.median([e["s"] for e in history.epochs])), 3),
        }
        for name, history in (("cnn", trained.frames), ("lstm", trained.windows))
    }


def settings(spec: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """Return a learner's settings of one run."""
    backbone, picture, pooling, l2, rate = spec.split(":")
    return {
        "backbone": backbone,
        "picture": picture,
        "pooling": pooling,
        "l2": float(l2),
        "learning_rate": float(rate),
        "training": "finetune",
        "weights": "random",
        "frame_s": 6.0,
        "window": 4,
        "excerpt_s": 30.0,
        "epochs": arguments.epochs,
        "lstm_epochs": arguments.lstm_epochs,
        "batch": 32,
        "device": "auto",
    }


def read(file: Path) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray], np.ndarray]:
    """Return levels in dB, indicators of quadrants, rows of each split, and corpora."""
    with np.load(file, allow_pickle=False) as archive:
        data = {name: archive[name] for name in archive.files}
    levels = (data["mels"].astype(np.float32) * (80 / 255) - 80).astype(np.float16)
    beyond = np.arange(levels.shape[2]) >= data["frames"][:, None]
    levels[np.broadcast_to(beyond[:, None, :], levels.shape)] = np.nan
    names = np.char.lower(data["quadrant"].astype(str))
    Y = np.where(names[:, None] == np.array(TARGETS), 1.0, -1.0)
    if (Y.max(axis=1) < 0).any():
        raise SystemExit(f"{file}: a quadrant is none of {[name.upper() for name in TARGETS]}")
    split = data["split"].astype(str)
    splits = {name: np.flatnonzero(split == name) for name in ("train", "valid", "test")}
    return levels, Y, splits, data["corpus"].astype(str)


def save(arrays: dict[str, np.ndarray], folder: Path, name: str) -> list[str]:
    """Write arrays in files below 16 MiB: safetensors, or npz where that is not installed."""
    parts: list[dict[str, np.ndarray]] = [{}]
    for key, array in arrays.items():
        if array.nbytes > PART:  # a long memory of features, or weights of flattened ones
            print(f"{name}: {key} of {array.nbytes:,} bytes is left out", flush=True)
            continue
        if sum(own.nbytes for own in parts[-1].values()) + array.nbytes > PART:
            parts.append({})
        parts[-1][key] = np.ascontiguousarray(array)
    files = []
    for number, part in enumerate(parts):
        try:
            from safetensors.numpy import save_file
        except ImportError:
            file = folder / f"{name}.{number}.npz"
            np.savez(file, **part)
        else:
            file = folder / f"{name}.{number}.safetensors"
            save_file(part, file)
        files.append(file.name)
    return files


def write(results: dict[str, Any], folder: Path) -> None:
    """Write all that is known so far, whole or not at all."""
    temporary = folder / "results.json.tmp"
    temporary.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    temporary.replace(folder / "results.json")


def summary(results: dict[str, Any]) -> dict[str, Any]:
    """Return the results without the single epochs."""
    short = ("epochs", "test_by_corpus", "files")
    runs = [{k: v for k, v in run.items() if k not in short} for run in results["runs"]]
    return {**results, "runs": runs}


def parse() -> argparse.Namespace:
    """Return the command line's arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("npz", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--runs", nargs="+", default=list(RUNS))
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--lstm-epochs", type=int, default=20)
    parser.add_argument("--time-limit", type=float, default=540.0, help="seconds of all runs")
    parser.add_argument("--seed", type=int, default=2024)
    parser.add_argument("--threads", type=int, default=8)
    return parser.parse_args()


if __name__ == "__main__":
    main()
