"""`affectmix predict` against bare feature extraction, and how soon it starts.

    python tests/benchmarks/predict_throughput.py --model results/models/CELL AUDIO [AUDIO …]

Both go over the same files in one process, with nothing in the cache, in turns. Bare extraction
decodes each file and computes its functionals, in a process that has loaded what it needs.
The command's time is told whole, and without its start-up, which is the time of a run in
which all features are in the cache. A start-up is of a process, from its first to its last
instruction; times of the machine's cores are beside those of the clock, as the machine may be
busy with other things.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from affectmix.cells.store import load_model
from affectmix.predict.files import find_audio

BARE = """
import sys, time
from affectmix.audio.decode import decode_mono
from affectmix.features.feature_sets import FeatureSet
from affectmix.features.functionals import Functionals
functionals = Functionals(FeatureSet(sys.argv[1]))
clock, cpu = time.perf_counter(), time.process_time()
for file in sys.argv[2:]:
    functionals(*decode_mono(file))
print(time.perf_counter() - clock, time.process_time() - cpu)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("audio", nargs="+", help="files or folders")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--turns", type=int, default=3)
    arguments = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    files = [str(file) for file in find_audio(arguments.audio)[0]]
    name = load_model(arguments.model).description["settings"]["features"]["set"]
    bare, predicted, started = [], [], []
    for _ in range(arguments.turns):
        bare.append(run_bare(name, files))
        with tempfile.TemporaryDirectory() as cache:
            out = str(Path(cache) / "said.txt")
            command = [str(Path(sys.executable).with_name("affectmix")), "predict", "--jobs", "1"]
            command += ["--model", str(arguments.model), "--cache", cache, "--out", out]
            predicted.append(timed([*command, *files]))
            started.append(timed([*command, files[0]]))
    best = {
        kind: np.array(turns).min(axis=0)
        for kind, turns in (("bare", bare), ("predict", predicted), ("start", started))
    }
    print(f"{len(files)} files, {name}; the best of {arguments.turns} turns, clock and CPU in s")
    for kind, (clock, cpu) in best.items():
        print(f"{kind:<8} {clock:8.2f} {cpu:8.2f}")
    for place, unit in enumerate(("clock", "CPU")):
        work = best["predict"][place] - best["start"][place]
        print(
            f"by {unit}: bare / predict without its start-up {best['bare'][place] / work:.3f}, "
            f"with it {best['bare'][place] / best['predict'][place]:.3f}"
        )


def run_bare(name: str, files: list[str]) -> tuple[float, float]:
    done = subprocess.run(
        [sys.executable, "-c", BARE, name, *files], check=True, capture_output=True, text=True
    )
    clock, cpu = done.stdout.split()
    return float(clock), float(cpu)


def timed(command: list[str]) -> tuple[float, float]:
    """Return the clock's and the cores' seconds that a command takes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    clock = time.perf_counter()
    subprocess.run(command, check=True)
    clock = time.perf_counter() - clock
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
