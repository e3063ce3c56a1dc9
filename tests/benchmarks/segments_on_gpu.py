"""Cross-validation of the segment learner on a machine with a GPU and little else installed.

    PYTHONPATH=scripts python tests/benchmarks/segments_on_gpu.py mels.npz --out results
        [--backbone vgg16] [--segment-s 4] [--epochs 14] [--method full] [--task quadrant]
        [--folds 0,1,2] [--fold-key fold_song] [--processes 2] [--time-limit 300]

It needs numpy, scipy, pandas, scikit-learn, torch and pytorchcv. The archive holds ``mels``
(uint8 levels [clips, bands, frames]), ``frames`` (of each clip), ``clip_id``, ``quadrant``
(Q1 to Q4) and a fold of each clip. Written are, after each fold, so that a run that is stopped
leaves what it has: ``fold-<k>.npz`` with the probabilities of all segments and songs, and
``fold-<k>.json``; at the end ``summary.json``.

Network and training are the learner's own classes. ``--inner-folds`` chooses the epoch inside
the training folds and trains the song level on songs that those networks did not hear;
without it all epochs are trained. Accuracies after each epoch are those of tested songs, for
looking at, and nothing is chosen by them.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from affectmix.features.segments import frames_in, grid_of
from affectmix.learners.segments.answers import Answers
from affectmix.learners.segments.clips import Clips
from affectmix.learners.segments.machines import (
    choose_machines,
    fit_machines,
    machine_scores,
    stratified_folds,
)
from affectmix.learners.segments.recipe import METHODS, RATES, Recipe
from affectmix.learners.segments.search import song_level_data, try_length
from affectmix.learners.segments.songs import means, statistics, votes
from affectmix.learners.segments.workshop import Workshop
from affectmix.search.task import SearchFold, SearchTask
from sklearn.metrics import accuracy_score, f1_score

TASKS = {
    "quadrant": (("q1", "q2", "q3", "q4"), (("Q1",), ("Q2",), ("Q3",), ("Q4",))),
    "valence_class": (("valence_high",), (("Q1", "Q4"),)),
    "arousal_class": (("arousal_high",), (("Q1", "Q2"),)),
}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--task", choices=TASKS, default="quadrant")
    parser.add_argument("--fold-key", default="fold_song")
    parser.add_argument("--folds", default="all", help="such as 0,3,4")
    parser.add_argument("--backbone", choices=RATES, default="vgg16")
    parser.add_argument("--segment-s", type=float, default=4.0)
    parser.add_argument("--overlap-s", type=float)
    parser.add_argument("--clip-s", type=float, default=30.0)
    parser.add_argument("--method", choices=METHODS, default="full")
    for part in ("erase", "mixup", "rdrop"):
        parser.add_argument(f"--no-{part}", dest=part, action="store_false")
    parser.add_argument("--threshold", type=float, default=0.5)
    parser.add_argument("--temperature", type=float, default=0.5)
    parser.add_argument("--mixup-alpha", type=float, default=0.5)
    parser.add_argument("--rdrop-weight", type=float, default=1.0)
    parser.add_argument("--warmup", type=int, default=4)
    parser.add_argument("--epochs", type=int, default=14)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--learning-rate", type=float)
    parser.add_argument("--weight-decay", type=float, default=0.01)
    parser.add_argument("--augment", choices=["none", "specaugment"], default="none")
    parser.add_argument("--precision", choices=["auto", "float32", "bfloat16"], default="auto")
    parser.add_argument("--compile", choices=["auto", "always", "never"], default="never")
    parser.add_argument("--inner-folds", type=int, default=0)
    parser.add_argument("--clips", type=int, help="only so many clips, for a try")
    parser.add_argument("--seed", type=int, default=2024)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--processes", type=int, default=1, help="folds trained at once")
    parser.add_argument("--time-limit", type=float, default=1e9, help="seconds, of all together")
    parser.add_argument("--worker", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


@dataclass(frozen=True)
class Data:
    """Clips with their labels and folds."""

    levels: np.ndarray
    heard: np.ndarray
    clip_id: np.ndarray
    fold: np.ndarray
    Y: np.ndarray
    targets: tuple[str, ...]


def read(options: argparse.Namespace, recipe: Recipe) -> Data:
    """Return the archive's clips; of ``--clips`` as many, evenly over the archive."""
    with np.load(options.data) as archive:
        chosen = np.arange(len(archive["frames"]))
        if options.clips:
            chosen = np.unique(np.linspace(0, len(chosen) - 1, options.clips).astype(int))
        levels = archive["mels"][chosen][:, None]
        frames, quadrant = archive["frames"][chosen], archive["quadrant"][chosen]
        clip_id, fold = archive["clip_id"][chosen], archive[options.fold_key][chosen]
    targets, members = TASKS[options.task]
    Y = np.column_stack([np.where(np.isin(quadrant, own), 1.0, -1.0) for own in members])
    width = levels.shape[-1]
    rate = (width - 1) / recipe.clip_s
    grid = grid_of([recipe.segment_s, recipe.step_s, recipe.clip_s])
    seconds = np.floor(frames / rate / grid) * grid
    heard = np.array([frames_in(min(s, recipe.clip_s), frames=width, clip_s=recipe.clip_s)
                      for s in seconds])  # fmt: skip
    return Data(levels, heard, clip_id, fold, Y, targets)


def recipe_of(options: argparse.Namespace) -> Recipe:
    """Return what is trained."""
    overlap = options.overlap_s
    named = {name: getattr(options, name) for name in Recipe.__dataclass_fields__
             if hasattr(options, name)}  # fmt: skip
    return Recipe(**{
        **named,
        "overlap_s": max(options.segment_s - 1, 0.0) if overlap is None else overlap,
        "learning_rate": options.learning_rate or RATES[options.backbone],
    })  # fmt: skip


def scored(Y: np.ndarray, scores: np.ndarray) -> dict[str, float]:
    """Return accuracy and macro F1 of indicators; of quadrants, of both axes too."""
    if Y.shape[1] == 1:
        truth, said = Y[:, 0] > 0, scores[:, 0] > 0
        return {"accuracy": float((truth == said).mean()),
                "f1": float(f1_score(truth, said, average="macro"))}  # fmt: skip
    truth, said = Y.argmax(1), scores.argmax(1)
    p = (scores + 1) / 2
    found = {"accuracy": float(accuracy_score(truth, said)),
             "f1": float(f1_score(truth, said, average="macro"))}  # fmt: skip
    for name, own in (("valence", [0, 3]), ("arousal", [0, 1])):
        high = p[:, own].sum(1) > p.sum(1) / 2
        found[f"{name}_accuracy"] = float((np.isin(truth, own) == high).mean())
    return found


class Worker:
    """Trains some folds, one after the other."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._recipe = recipe_of(options)
        self._data = read(options, self._recipe)
        torch.set_num_threads(options.threads)
        torch.backends.cudnn.benchmark = True
        clips = Clips(self._data.levels, heard=self._data.heard, device=options.device)
        answers = Answers.of(self._data.Y, self._data.targets)
        self._workshop = Workshop(clips, self._data.Y, answers, options.seed)

    def folds(self) -> list[int]:
        """Return all folds that are asked for."""
        if self._options.folds == "all":
            return sorted(int(fold) for fold in np.unique(self._data.fold))
        return [int(fold) for fold in self._options.folds.split(",")]

    def run(self, fold: int) -> None:
        """Train without a fold, predict all clips, and write what came out."""
        started = time.perf_counter()
        data, recipe, workshop = self._data, self._recipe, self._workshop
        train, test = np.flatnonzero(data.fold != fold), np.flatnonzero(data.fold == fold)
        epochs, songs, inner = recipe.epochs, None, None
        if self._options.inner_folds:
            task = self._task(fold, train)
            tried = try_length(workshop, task, recipe, self._options.inner_folds)
            songs, epochs, inner = song_level_data(workshop, task, tried), tried.epoch, tried
        trained = workshop.train(recipe, train, epochs=epochs, watch=test, name=f"fold {fold}")
        segments = workshop.segments(recipe)
        outputs = trained.passes.predict(trained.network, workshop.clips.places(segments))
        outputs = outputs.cpu().numpy()
        scores = self._songs(segments.clip, outputs, train, songs)
        watched = segments.of(test)
        curve = [
            scored(data.Y[test], workshop.mean_scores(segments, watched, own, train)[test])
            for own in trained.watched
        ]
        clean = np.full(len(segments), np.nan)
        if trained.partitioned:
            clean[segments.of(train)] = trained.clean
        place = self._options.out / f"fold-{fold}"
        np.savez_compressed(
            place.with_suffix(".npz"),
            **{f"song_{name}": values for name, values in scores.items()},
            clip_id=data.clip_id,
            test=test,
            Y=data.Y,
            segment_clip=segments.clip,
            start_s=segments.start_s,
            segment_probability=outputs,
            clean=clean,
        )
        told = {
            "fold": fold,
            "song_level": {n: scored(data.Y[test], s[test]) for n, s in scores.items()},
            "by_epoch": curve,
            "training": trained.to_json(),
            "inner": None if inner is None else inner.to_json(),
            "seconds": time.perf_counter() - started,
        }
        place.with_suffix(".json").write_text(json.dumps(told, indent=1))
        last = [epoch.seconds for epoch in trained.epochs]
        shown = {n: round(v["accuracy"], 4) for n, v in told["song_level"].items()}
        print(
            f"fold {fold}: {shown}, {told['seconds']:.0f} s; per epoch {min(last):.2f} to "
            f"{max(last):.2f} s; by epoch {[round(e['accuracy'], 3) for e in curve]}",
            flush=True,
        )

    def _task(self, fold: int, train: np.ndarray) -> SearchTask:
        data = self._data
        inner = [own for own in np.unique(data.fold) if own != fold]
        nothing = np.zeros(len(data.Y))
        folds = tuple(
            SearchFold(train[data.fold[train] != own], {"all": np.flatnonzero(data.fold == own)})
            for own in inner
        )
        return SearchTask(
            np.empty((len(data.Y), 0)), data.Y, data.targets, nothing.astype(int), nothing, folds,
            seed=self._options.seed,
        )  # fmt: skip

    def _songs(
        self, clip: np.ndarray, outputs: np.ndarray, train: np.ndarray, songs: Any
    ) -> dict[str, np.ndarray]:
        """Return scores of all songs by every song level there is."""
        data, answers, count = self._data, self._workshop.answers, len(self._data.Y)
        made = statistics(outputs, clip, count, share_above=self._recipe.share_above)
        heard = np.isfinite(made).all(axis=1)
        own = train[heard[train]]
        points = choose_machines(
            made[own], data.Y[own], stratified_folds(data.Y[own]), answers,
            seed=self._options.seed,
        )  # fmt: skip
        found = {
            "mean": answers.scores(means(outputs, clip, count)),
            "majority": answers.scores(votes(outputs, clip, count)),
            "in_sample": machine_scores(
                fit_machines(made[own], data.Y[own], answers, points), np.nan_to_num(made), answers
            ),
        }
        if songs is not None:
            machines = fit_machines(
                np.array(songs["statistics"]), np.array(songs["labels"]), answers, songs["points"]
            )
            found["out_of_fold"] = machine_scores(machines, np.nan_to_num(made), answers)
        prior = answers.scores(self._workshop.prior(train)[None])
        return {name: np.where(heard[:, None], scores, prior) for name, scores in found.items()}


def summarise(options: argparse.Namespace) -> None:
    """Write what the finished folds give together."""
    told = [json.loads(f.read_text()) for f in sorted(options.out.glob("fold-*.json"))]
    pooled: dict[str, list[np.ndarray]] = {}
    truth = []
    for file in sorted(options.out.glob("fold-*.npz")):
        with np.load(file) as archive:
            test = archive["test"]
            truth.append(archive["Y"][test])
            for name in archive.files:
                if name.startswith("song_"):
                    pooled.setdefault(name.removeprefix("song_"), []).append(archive[name][test])
    if not told:
        print("no fold was finished")
        return
    settings = {k: str(v) for k, v in vars(options).items() if k != "worker"}
    seconds = [e["seconds"] for own in told for e in own["training"]["epochs"]]
    summary = {
        "settings": settings,
        "folds": [own["fold"] for own in told],
        "pooled": {n: scored(np.concatenate(truth), np.concatenate(s)) for n, s in pooled.items()},
        "seconds_per_epoch": float(np.median(seconds)),
        "device": torch.cuda.get_device_name() if options.device == "cuda" else "cpu",
        "torch": torch.__version__,
    }
    (options.out / "summary.json").write_text(json.dumps(summary, indent=1))
    print(json.dumps(summary["pooled"]), f"median {np.median(seconds):.2f} s per epoch")


def main() -> None:
    options = arguments()
    options.out.mkdir(parents=True, exist_ok=True)
    if options.worker is not None:
        worker = Worker(options)
        for fold in worker.folds()[options.worker :: options.processes]:
            worker.run(fold)
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # and the workers with it
    end = time.monotonic() + options.time_limit
    command = [sys.executable, __file__, *sys.argv[1:]]
    workers = [
        subprocess.Popen([*command, "--worker", str(number)]) for number in range(options.processes)
    ]
    try:
        for own in workers:
            own.wait(timeout=max(0.0, end - time.monotonic()))
    except subprocess.TimeoutExpired:
        print("the time is up")
    finally:
        for own in workers:
            own.kill()
    summarise(options)


if __name__ == "__main__":
    main()
