"""One outer fold of EmoMucs' Tables 1 and 2 on a GPU, and what both tables take whole.

    PYTHONPATH=scripts python tests/benchmarks/emomucs_on_gpu.py [--time-limit 200] [--json FILE]
    PYTHONPATH=scripts python tests/benchmarks/emomucs_on_gpu.py --oom

Needs Python, torch, numpy, pandas, scipy and scikit-learn, and nothing else of AffectMix's
environment. The log-mels are random numbers of the size of PMEmo's 767 labelled clips: the mix
and four stems of 96 bands and 938 frames. An outer fold leaves four fifths of them to four inner
folds, whose networks the learner trains together. Every part is trained for ``--epochs`` epochs
and counted as ``--assumed`` ones, about what early stopping with the paper's patience of 15 takes.

Two figures come of it: *shared*, where the source models of an architecture are trained once for
all ways of joining them, and *cell by cell*, as the workflow runs them, where each cell that
needs source models trains its own.

``--oom`` leaves torch too little memory for all networks at once, and checks that training goes
on with fewer and comes to the same losses.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from affectmix.learners.emomucs.inputs import Clips, LogMels
from affectmix.learners.emomucs.networks import source_network
from affectmix.learners.emomucs.search import REFIT
from affectmix.learners.emomucs.systems import TrainingSet, Workshop
from affectmix.learners.emomucs.training import Job, Schedule, Trained, train
from affectmix.learners.emomucs.variants import Variant

STEMS = ("vocals", "bass", "drums", "other")
STREAMS = ("mix", *STEMS)
OUTER, INNER, GOAL_MIN = 5, 4, 30.0
TABLE_2 = [
    *(Variant("c1d", fusion, how) for fusion in ("early", "mid") for how in ("freeze", "finetune")),
    *(Variant("c1d", fusion, "full") for fusion in ("early", "mid")),
    Variant("c1d", "late", "freeze"),
    *(Variant("c2d", "early", how) for how in ("freeze", "finetune", "full")),
    Variant("c2d", "late", "freeze"),
]


class Timer:
    """Times parts one after the other, and writes each down at once."""

    def __init__(self, limit_s: float, file: Path | None) -> None:
        self._end, self._file = time.perf_counter() + limit_s, file
        self.seconds: dict[str, float] = {}

    def __call__(self, name: str, run: Callable[[], Any]) -> Any:
        """Run a part unless the time is up; return what it makes, or None."""
        if time.perf_counter() > self._end:
            print(f"{name:<34} left out: the time is up", flush=True)
            return None
        begin = time.perf_counter()
        made = run()
        _finish()
        self.seconds[name] = time.perf_counter() - begin
        print(f"{name:<34} {self.seconds[name]:8.2f} s   {_memory()}", flush=True)
        if self._file:
            self._file.write_text(json.dumps(self.seconds, indent=1), encoding="utf-8")
        return made


def workshop(asked: argparse.Namespace, streams: tuple[str, ...]) -> Workshop:
    rng = np.random.default_rng(1)
    shape = asked.clips * (OUTER - 1) // OUTER, len(streams), asked.bands, asked.frames
    levels = -40 + 10 * rng.standard_normal(shape, dtype=np.float32)
    Y = rng.uniform(-1, 1, (shape[0], 2))
    schedule = Schedule(patience=asked.epochs, epochs=asked.epochs)
    return Workshop(
        levels.astype(np.float16),
        Y,
        stems=streams,
        seed=1,
        schedule=schedule,
        finetune_rate=5e-4,
        device=asked.device,
    )


def inner_sets(asked: argparse.Namespace) -> list[TrainingSet]:
    rows = np.arange(asked.clips * (OUTER - 1) // OUTER)
    return [
        TrainingSet(rows[rows % INNER != fold], fold, validate=rows[rows % INNER == fold])
        for fold in range(INNER)
    ]


def measure(asked: argparse.Namespace) -> dict[str, float]:
    """Time every part of an outer fold; seconds by name."""
    timed = Timer(asked.time_limit, asked.json)
    sets = inner_sets(asked)
    one = [TrainingSet(sets[0].train, REFIT, epochs={"sources": [], "fused": asked.epochs})]
    single = timed("log-mels of a stream", lambda: workshop(asked, STREAMS[:1]))
    few = [TrainingSet(np.arange(8), REFIT + 1, epochs={"sources": [], "fused": 1})]
    for architecture in ("c1d", "c2d"):
        first = Variant(architecture, None, None)
        timed(f"{architecture} warm-up", lambda v=first: single.train(v, few))
    for architecture in ("c1d", "c2d"):
        variant = Variant(architecture, None, None)
        timed(f"{architecture} one stream, search", lambda v=variant: single.train(v, sets))
        timed(f"{architecture} one stream, fit", lambda v=variant: single.train(v, one))
    stems = timed("log-mels of four stems", lambda: workshop(asked, STEMS))
    for architecture in ("c1d", "c2d"):
        variant = Variant(architecture, "late", "freeze")  # its head takes next to nothing
        timed(f"{architecture} four stems, search", lambda v=variant: stems.train(v, sets))
    for variant in TABLE_2:
        name = f"{variant.architecture} {variant.fusion} {variant.training}"
        systems = timed(f"{name}, search", lambda v=variant: stems.train(v, sets))
        if systems:
            timed(f"{name}, scored", lambda s=systems: stems.predict(s))
    return timed.seconds


def arithmetic(asked: argparse.Namespace, seconds: dict[str, float]) -> None:
    """Print what both tables take whole, from the parts of one outer fold."""
    factor = asked.assumed / asked.epochs
    try:
        table_1 = 5 * sum(
            seconds[f"{a} one stream, {part}"] for a in ("c1d", "c2d") for part in ("search", "fit")
        )
        sources = {a: seconds[f"{a} four stems, search"] for a in ("c1d", "c2d")}
        joined, alone = 0.0, 0.0
        for variant in TABLE_2:
            name = f"{variant.architecture} {variant.fusion} {variant.training}"
            own, scored = seconds[f"{name}, search"], seconds[f"{name}, scored"]
            if variant.training == "freeze":  # one pass over the clips, whatever the epochs
                own = max(own - scored, 0.0) + scored / factor
            # The fit trains one more network of as many rows: a fold's share of the search.
            fit = (own + (sources[variant.architecture] if variant.pretrained else 0)) / INNER
            joined += own + fit + scored / factor
            alone += sources[variant.architecture] if variant.pretrained else 0.0
    except KeyError as missing:
        print(f"not whole: {missing} was not measured; raise --time-limit")
        return
    shared = OUTER * factor * (table_1 + joined + sum(sources.values())) / 60
    by_cell = OUTER * factor * (table_1 + joined + alone) / 60
    print(
        f"one outer fold, {asked.epochs} epochs: Table 1 {table_1:.1f} s (five streams), Table 2 "
        f"{joined:.1f} s and its source models {sum(sources.values()):.1f} s"
    )
    print(
        f"Tables 1 and 2 whole: {OUTER} outer folds × {asked.assumed} / {asked.epochs} epochs: "
        f"{shared:.1f} min shared, {by_cell:.1f} min cell by cell (goal: {GOAL_MIN:g} min)"
    )


def out_of_memory(asked: argparse.Namespace) -> bool:
    """Train with enough memory and with too little; return whether the losses are the same."""
    rng = np.random.default_rng(2)
    models, rows = 16, 96
    levels = -40 + 10 * rng.standard_normal((128, 4, asked.bands, asked.frames), dtype=np.float32)
    # In double precision: what rounding makes of the gradient of a bias before batch norm, which
    # is zero, Adam would blow up to whole steps.
    Y = torch.tensor(rng.uniform(-1, 1, (128, 2)), dtype=torch.float64, device=asked.device)
    jobs = [Job(np.arange(rows), (m,), validate=np.arange(rows, 128)) for m in range(models)]
    heard = np.arange(models)[:, None] % 4
    schedule = Schedule(epochs=2, patience=2)

    def trained() -> list[Trained]:
        clips = Clips(levels.astype(np.float16), device=asked.device, dtype=torch.float64)
        inputs = LogMels(clips, heard)
        network = source_network("c2d", asked.bands, asked.frames)
        return train(network, inputs, Y, jobs, schedule=schedule)

    expected = trained()
    _finish()
    peak, whole = torch.cuda.max_memory_allocated(), torch.cuda.mem_get_info()[1]
    torch.cuda.empty_cache()
    kept = torch.cuda.memory_allocated()
    share = (kept + asked.share * (peak - kept)) / whole
    print(f"peak {peak / 2**20:.0f} MiB; allowed now {share * whole / 2**20:.0f} MiB", flush=True)
    torch.cuda.set_per_process_memory_fraction(share)
    said: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    found = trained()
    torch.cuda.set_per_process_memory_fraction(1.0)
    print(*said, sep="\n")
    pairs = [np.array([each.losses for each in both]) for both in (expected, found)]
    worst = float(np.max(np.abs(pairs[1] - pairs[0]) / pairs[0]))
    print(f"{len(said)} warnings; losses differ by at most {worst:.1e} of themselves")
    return bool(said) and worst < asked.tolerance


def _finish() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def _memory() -> str:
    if not torch.cuda.is_available():
        return ""
    peak = torch.cuda.max_memory_allocated() / 2**30
    torch.cuda.reset_peak_memory_stats()
    return f"peak {peak:.1f} GiB"


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--oom", action="store_true")
    parser.add_argument("--share", type=float, default=0.6, help="of the peak that --oom leaves")
    parser.add_argument("--tolerance", type=float, default=1e-3)
    parser.add_argument("--time-limit", type=float, default=200.0, help="start no part after (s)")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--assumed", type=int, default=40)
    parser.add_argument("--clips", type=int, default=767)
    parser.add_argument("--bands", type=int, default=96)
    parser.add_argument("--frames", type=int, default=938)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    torch.backends.cudnn.deterministic = True  # as the learner has them
    torch.backends.cudnn.allow_tf32 = False
    name = torch.cuda.get_device_name() if asked.device == "cuda" else "CPU"
    print(f"{name}, torch {torch.__version__}, {asked.clips} clips", flush=True)
    if asked.oom:
        return 0 if out_of_memory(asked) else 1
    arithmetic(asked, measure(asked))
    return 0


if __name__ == "__main__":
    sys.exit(main())
