"""What each stage of a general model reached on tested clips, gathered from its cells."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from affectmix.evaluation.intervals import Interval, repeated_interval
from affectmix.files import read_sealed
from affectmix.splits.schemes import Scheme

STAGES: Final = ("frames", "windows", "clips")


def gather_measures(
    searches: Mapping[str, Sequence[str | Path]], settings: Mapping[str, Mapping[str, Any]]
) -> pd.DataFrame:
    """Return ``schemas.GENERAL_MEASURES`` of the cells of kind ``user_tuned``.

    Args:
        searches: cell → ``{repeat}-{fold}.search.json`` of its evaluations.
        settings: cell → ``Project.cell_settings``.
    """
    rows = [
        row
        for cell, files in searches.items()
        for file in sorted(map(Path, files))
        for row in _rows(cell, file, settings[cell])
    ]
    return pd.DataFrame(rows)


def _rows(cell: str, file: Path, settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    report = read_sealed(file)["report"]
    repeat, fold = file.name.split(".")[0].split("-")
    learner, fields = settings["learner"], settings["fields"]
    common = {
        "cell": cell,
        "learner": fields["learner"],
        "mixture": fields["mixture"],
        "scheme": fields["scheme"],
        "control": fields["control"],
        "task": learner["task"],
        "backbone": learner["backbone"],
        "weights": report["weights"]["origin"],
        "training": learner["training"],
        "repeat": int(repeat),
        "fold": int(fold),
    }
    tested = report["tested"]
    return [
        {
            **common,
            "stage": stage,
            "n": tested[stage]["n"],
            "accuracy": tested[stage].get("accuracy"),
            "f1": tested[stage].get("f1"),
            "confusion": json.dumps(tested[stage].get("confusion", [])),
        }
        for stage in STAGES
    ]


def stage_table(measures: pd.DataFrame) -> pd.DataFrame:
    """Return the mean of each cell's stages over repeats and folds, classes alone.

    Returns:
        ``cell, learner, mixture, scheme, task, backbone, weights, training, stage, n`` (of one
        evaluation, about), and ``accuracy``, ``f1`` with ``…_low`` and ``…_high``, 95 % intervals
        (`repeated_interval`), NaN of a single evaluation.
    """
    own = measures[measures["accuracy"].notna() & (measures["control"] == "none")]
    order = {stage: place for place, stage in enumerate(STAGES)}
    own = own.sort_values(["cell", "stage", "repeat", "fold"], key=lambda c: c.replace(order))
    keys = ["cell", "learner", "mixture", "scheme", "task", "backbone", "weights", "training"]
    rows = []
    for names, group in own.groupby([*keys, "stage"], sort=False):
        row = dict(zip([*keys, "stage"], names, strict=True)) | {"n": int(group["n"].median())}
        for metric in ("accuracy", "f1"):
            found = _interval(group, metric)
            row |= {metric: found.mean, f"{metric}_low": found.low, f"{metric}_high": found.high}
        rows.append(row)
    columns = [*keys, "stage", "n"]
    columns += [
        f"{metric}{part}" for metric in ("accuracy", "f1") for part in ("", "_low", "_high")
    ]
    return pd.DataFrame(rows, columns=columns)


def _interval(group: pd.DataFrame, metric: str) -> Interval:
    scheme = Scheme.parse(group["scheme"].iloc[0])
    ratio = scheme.shares[0] / scheme.shares[-1] if scheme.kind == "holdout" else 0.0
    repeats = [own.to_numpy(dtype=float) for _, own in group.groupby("repeat")[metric]]
    return repeated_interval(repeats, ratio=ratio)


def confusion_of(measures: pd.DataFrame, cell: str, stage: str) -> np.ndarray:
    """Return a cell's confusion matrix, summed over evaluations (rows: true) [shape=(k, k)]."""
    own = measures[(measures["cell"] == cell) & (measures["stage"] == stage)]
    matrices = [np.array(json.loads(text)) for text in own["confusion"]]
    return np.sum([matrix for matrix in matrices if matrix.size], axis=0)
