"""What AutoML finds at equal budgets: `stack`, FLAML and auto-sklearn, nested, by seed.

For each seed (a repeat of the scheme cv5) one outer fold is held out, the search sees the other
four as its inner folds, and the outer fold is predicted. The corpora, their features and the
views that are mixed come from a configuration; the searches are jobs of the workflow. What has
been run already is not run again, so that the table can be filled in portions.
Run by hand: python tests/benchmarks/automl_table.py --directory runs/four_q \
    --configfile four_q.yaml --mixture four_q --budgets 60 300 --seeds 3 --threads 1 --cores 2
"""

from __future__ import annotations

import argparse
import itertools
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from affectmix.config.cells import expand_cells
from affectmix.config.validate import validate_config
from affectmix.evaluation.intervals import repeated_interval
from affectmix.evaluation.metrics import score

REPOSITORY = Path(__file__).parents[2]
BACKENDS = {
    "svr": {"kind": "svr", "space": "svr_paper", "search": "halving"},
    "stack": {"kind": "stack"},
    "flaml": {"kind": "flaml"},
    "autosklearn": {"kind": "autosklearn", "space": "paper"},
    "autosklearn_wide": {"kind": "autosklearn", "space": "wide"},
}
UNTIMED = ("svr",)  # shown for scale: it takes what it takes
FOLD = 0


def configuration(options: argparse.Namespace) -> dict:
    """Return the given configuration with one experiment of all backends and budgets."""
    config = yaml.safe_load(Path(options.configfile).read_text(encoding="utf-8"))
    learners = {
        f"{name}_{budget}s": settings | ({} if name in UNTIMED else {"budget_s": budget})
        for (name, settings), budget in itertools.product(BACKENDS.items(), options.budgets)
        if name in options.backends
    }
    block = {
        "learners": list(learners),
        "features": list(config["features"])[:1],
        "mixtures": [dict.fromkeys(options.mixture, 1)],
    }
    config["schemes"] = {"cv5": {"repeats": options.seeds}}
    config["learners"] = learners
    config["experiments"] = {"automl": {"cells": [block], "models": []}}
    return config


def run(config: dict, targets: list[str], options: argparse.Namespace) -> None:
    """Make the targets; what fails is left out, and the rest goes on."""
    path = Path(options.directory) / "automl_table.yaml"
    path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    rules = ("evaluate_cell", "run_flaml", "run_autosklearn")
    command = [
        *(sys.executable, "-m", "snakemake", "--snakefile", str(REPOSITORY / "Snakefile")),
        *("--directory", str(options.directory), "--configfile", str(path)),
        *("--cores", str(options.cores), "--keep-going", "--quiet", "rules"),
        *("--set-threads", *(f"{rule}={options.threads}" for rule in rules)),
        *("--", *targets),
    ]
    subprocess.run(command, cwd=REPOSITORY, check=False)


def scores(path: Path) -> dict[tuple[str, str], float]:
    """Return (view, target) → R² of one file of predictions; empty where there is none."""
    if not path.exists():
        return {}
    rows = pd.read_parquet(path)
    return {
        key: score(part["y_true"].to_numpy(), part["y_pred"].to_numpy())["r2"]
        for key, part in rows.groupby(["view", "target"])
    }


def shown(values: np.ndarray) -> str:
    """Return the mean over seeds with its 95 % interval, and how many searches found nothing."""
    interval = repeated_interval([[value] for value in values], ratio=0.25)
    if not interval.count:
        return "failed"
    missing = int(np.isnan(values).sum())
    half = f" ± {interval.high - interval.mean:.3f}" if interval.count > 1 else ""
    return f"{interval.mean:.3f}{half}" + (f", {missing} failed" if missing else "")


def print_table(found: dict[tuple[str, int], dict[tuple[str, str], float]]) -> None:
    """Print the R², and by how much `stack` is ahead at the same budget, as Markdown.

    Args:
        found: (learner, seed) → (view, target) → R².
    """
    tasks = sorted({task for by_task in found.values() for task in by_task})
    learners = list(dict.fromkeys(learner for learner, _ in found))
    seeds = sorted({seed for _, seed in found})

    def of(learner: str, task: tuple[str, str]) -> np.ndarray:
        return np.array([found[learner, seed].get(task, np.nan) for seed in seeds])

    print("| view | target | " + " | ".join(learners) + " |")
    print("|---|---|" + "---|" * len(learners))
    for task in tasks:
        row = [shown(of(learner, task)) for learner in learners]
        print(f"| {task[0]} | {task[1]} | " + " | ".join(row) + " |")
    for learner in learners:
        stack = f"stack_{learner.rpartition('_')[2]}"
        if tasks and stack in learners and learner != stack:
            # Over tasks first: those of one seed share their test clips.
            ahead = np.mean([of(stack, task) - of(learner, task) for task in tasks], axis=0)
            print(f"{stack} - {learner}, mean over views and targets: {shown(ahead)}")


def main() -> None:
    """Run what is missing, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--directory", required=True, help="where the run's results are")
    parser.add_argument("--configfile", required=True)
    parser.add_argument("--mixture", nargs="+", required=True, help="views to train on")
    parser.add_argument("--budgets", nargs="+", type=int, default=[60, 300, 900])
    parser.add_argument("--backends", nargs="+", choices=BACKENDS, default=list(BACKENDS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1, help="cores of each search")
    parser.add_argument("--cores", type=int, default=2, help="cores of all of them")
    options = parser.parse_args()
    config = configuration(options)
    cells = expand_cells(validate_config(config)["experiments"]["automl"])
    folder = Path("results/cells")
    files = {
        (cell.learner, seed): folder / cell.name / f"{seed}-{FOLD}.parquet"
        for seed, cell in itertools.product(range(options.seeds), cells)
    }
    run(config, [str(file) for file in files.values()], options)
    print_table({key: scores(Path(options.directory) / file) for key, file in files.items()})


if __name__ == "__main__":
    main()
