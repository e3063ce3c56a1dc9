"""What every AutoML program reads and writes: tables as Parquet, all else as JSON.

These programs run in environments of their own, with other versions of Python and of every
package, so that nothing here may import the affectmix package, and no object crosses the
border. A task is posed by ``affectmix.automl.task``, which says what its tables mean.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import BaseCrossValidator

KEY = ["corpus", "clip_id"]
EXPLAINED = 3  # exit status of a failure that the last line of the output explains
MARK = "affectmix: "  # begins that line


class Failure(Exception):
    """The search cannot give a model, for a reason that the user can mend."""


class TaskFolds(BaseCrossValidator):
    """Folds as they are given, whether or not training rows are all that is not validated.

    Args:
        folds: positions of the rows trained on and of those validated; a position that
            occurs twice counts twice.
    """

    shuffle = False  # FLAML asks for it

    def __init__(self, folds: list[tuple[np.ndarray, np.ndarray]]) -> None:
        self.folds = folds

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of folds."""
        return len(self.folds)

    def split(
        self, X: Any, y: Any = None, groups: Any = None
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield the given folds."""
        yield from self.folds


@dataclass(frozen=True)
class Refit:
    """One set of rows to fit the found model on, and the rows that it then predicts.

    Attributes:
        fold: the reported fold.
        X, y: rows trained on, as often as they are. [shapes=(n, d), (n,)]
        keys: corpus and clip_id of the predicted rows.
        predict_X: their features. [shape=(m, d)]
    """

    fold: int
    X: np.ndarray
    y: np.ndarray
    keys: pd.DataFrame
    predict_X: np.ndarray


@dataclass(frozen=True)
class Task:
    """The rows of one target's search, its folds, and the refits after it.

    Attributes:
        X: features of the rows searched on, NaN where one is not finite. [shape=(n, d)]
        y: their labels. [shape=(n,)]
        folds: of the search, positions into ``X``.
        refits: in the order of their folds.
    """

    X: np.ndarray
    y: np.ndarray
    folds: TaskFolds
    refits: list[Refit]


def read_task(rows: Path, folds: Path, target: str) -> Task:
    """Return one target's task from its two tables (``schemas.AUTOML_ROWS`` and ``_FOLDS``)."""
    table = pd.read_parquet(rows)
    places = pd.MultiIndex.from_frame(table[KEY])
    labels = table[target].to_numpy(dtype=float)
    features = table.drop(columns=[*KEY, "valence", "arousal"]).to_numpy(
        dtype=np.float32, copy=True
    )
    features[~np.isfinite(features)] = np.nan
    parts = pd.read_parquet(folds)

    def positions(phase: str, fold: int, role: str) -> np.ndarray:
        own = parts[(parts["phase"] == phase) & (parts["fold"] == fold) & (parts["role"] == role)]
        found = places.get_indexer(pd.MultiIndex.from_frame(own[KEY]))
        return np.repeat(found, own["copies"].to_numpy())

    def numbers(phase: str) -> list[int]:
        return sorted(int(fold) for fold in parts.loc[parts["phase"] == phase, "fold"].unique())

    pairs = [
        (positions("search", n, "train"), positions("search", n, "test")) for n in numbers("search")
    ]
    searched = np.unique(np.concatenate([part for pair in pairs for part in pair]))
    inside = [
        (np.searchsorted(searched, train), np.searchsorted(searched, test)) for train, test in pairs
    ]
    refits = []
    for number in numbers("refit"):
        train, test = positions("refit", number, "train"), positions("refit", number, "test")
        refits.append(
            Refit(number, features[train], labels[train], table[KEY].iloc[test], features[test])
        )
    return Task(features[searched], labels[searched], TaskFolds(inside), refits)


def run(
    backend: Callable[[Task, dict[str, Any], int, Path], tuple[Callable[..., Any], dict[str, Any]]],
    packages: tuple[str, ...],
) -> None:
    """Read a task, let a backend search, refit and predict, and write what comes out.

    Args:
        backend: takes the task, the settings, the number of processes and a folder for
            scratch files; returns a function that fits the found model to ``X, y`` and
            returns its ``predict``, and the description of what was found.
        packages: whose versions the description names.
    """
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    for name in ("rows", "folds", "settings", "scratch", "predictions", "description"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--target", choices=("valence", "arousal"), required=True)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    settings = json.loads(given.settings.read_text(encoding="utf-8"))
    task = read_task(given.rows, given.folds, given.target)
    try:
        refit, description = backend(task, settings, given.threads, given.scratch)
        frames = []
        for part in task.refits:
            predict = refit(part.X, part.y)
            values = np.asarray(predict(part.predict_X), dtype=float)
            frames.append(part.keys.assign(fold=np.int32(part.fold), y_pred=values))
    except Failure as failure:
        print(f"{MARK}{failure}", file=sys.stderr, flush=True)
        sys.exit(EXPLAINED)
    pd.concat(frames, ignore_index=True).to_parquet(given.predictions, index=False)
    description["versions"] = {
        "python": ".".join(str(part) for part in sys.version_info[:3]),
        **{package: version(package) for package in packages},
    }
    given.description.write_text(json.dumps(description, indent=1, sort_keys=True) + "\n")
