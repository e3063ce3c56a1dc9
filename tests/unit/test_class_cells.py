"""Cells of class tasks: their labels, their controls, and their metrics."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from affectmix.cells.evaluate import evaluate_fold, fit_final, search_over_all_folds
from affectmix.cells.rows import CellRows
from affectmix.cells.store import load_model, save_model
from affectmix.cells.tables import CellTables
from affectmix.errors import ConfigError, TableError
from affectmix.evaluation.class_metrics import LEAST_PROBABILITY, score_classes
from affectmix.evaluation.comparisons import permutation_verdict, skill_over_mean
from affectmix.evaluation.metrics import compute_metrics
from affectmix.schemas import CELL_PREDICTIONS, METRICS
from affectmix.splits.classes import assign_classes
from affectmix.splits.folds import make_splits
from affectmix.splits.schemes import Scheme
from affectmix.tables import check_table
from affectmix.tasks import CLASS_TASKS, Task, indicators, targets_of

CLIPS = 120
SPACE = {"kernel": ["rbf"], "pca": [1.0], "C": [3.0], "epsilon": [0.1]}


@pytest.fixture(scope="module")
def tables() -> CellTables:
    """A corpus that rates quadrants, which follow from two of its six features."""
    rng = np.random.default_rng(5)
    X = rng.normal(size=(CLIPS, 6))
    ids = [f"c{i:03d}" for i in range(CLIPS)]
    labels = pd.DataFrame({"clip_id": ids, "category": None})
    labels["valence"] = np.where(X[:, 0] > 0, 0.5, -0.5)
    labels["arousal"] = np.where(X[:, 1] > 0, 0.5, -0.5)
    quadrants = {(0.5, 0.5): "Q1", (-0.5, 0.5): "Q2", (-0.5, -0.5): "Q3", (0.5, -0.5): "Q4"}
    pairs = zip(labels["valence"], labels["arousal"], strict=True)
    labels["quadrant"] = [quadrants[pair] for pair in pairs]
    features = pd.DataFrame(X.astype(np.float32), columns=[f"f{i}" for i in range(6)])
    features.insert(0, "clip_id", ids)
    groups = pd.DataFrame({"corpus": "a", "clip_id": ids, "group": ids})
    splits = make_splits(
        assign_classes(labels, min_size=10), groups, corpus="a", scheme=Scheme.parse("cv3"), seed=7
    )
    return CellTables({"a": labels}, {"a": splits.frame}, groups, {"a": features})


def settings(task: Task, *, control: str = "none", **learner: Any) -> dict[str, Any]:
    learner = learner or {"kind": "svr", "space": SPACE, "search": "exhaustive"}
    learner = {"exact_rows": 5000, "landmarks": 1000} | learner
    return {
        "fields": {
            "learner": learner["kind"],
            "features": "six",
            "mixture": "a-100",
            "scheme": "cv3",
            "protocol": "nested",
            "arithmetic": "clean",
            "control": control,
        },
        "shares": {"a": 1.0},
        "views": {"a": {"corpus": "a"}},
        "learner": {**learner, "task": str(task)},
        "features": {"set": "six", "stem": "mix"},
        "seed": 3,
    }


def predictions_of(tables: CellTables, cell: dict[str, Any]) -> pd.DataFrame:
    """Return the rows of ``schemas.PREDICTIONS`` of a cell's three folds."""
    parts = []
    for fold in range(3):
        part = evaluate_fold(tables, cell, repeat=0, fold=fold).predictions
        check_table(part, CELL_PREDICTIONS, where="predictions")
        parts.append(part.assign(repeat=np.int32(0), fold=np.int32(fold)))
    name = "__".join(cell["fields"].values())
    return pd.concat(parts, ignore_index=True).assign(experiment="x", cell=name, **cell["fields"])


@pytest.mark.parametrize("task", CLASS_TASKS)
def test_planted_classes_are_found(tables: CellTables, task: Task) -> None:
    cells = [settings(task), settings(task, kind="mean")]
    predictions = pd.concat([predictions_of(tables, cell) for cell in cells], ignore_index=True)
    assert set(predictions["target"]) == set(targets_of(task))
    assert set(predictions["y_true"]) == {-1.0, 1.0}
    metrics = compute_metrics(predictions)
    check_table(metrics, METRICS, where="metrics")
    assert set(metrics["metric"]) == {"accuracy", "f1", "log_loss"}
    assert set(metrics["target"]) == {str(task)}
    means = metrics[metrics["fold"].isna()].set_index(["learner", "metric"])["value"]
    assert means["svr", "accuracy"] > (0.75 if task is Task.QUADRANT else 0.85)
    assert means["svr", "log_loss"] < means["mean", "log_loss"]
    assert means["mean", "accuracy"] < 0.6
    (verdict,) = skill_over_mean(metrics, metric="accuracy")["verdict"]
    assert verdict == "skill"
    assert skill_over_mean(metrics).empty


def test_permuted_classes_are_not_learned(tables: CellTables) -> None:
    cells = [
        settings(Task.QUADRANT, control="permuted"),
        settings(Task.QUADRANT, control="permuted", kind="mean"),
    ]
    predictions = pd.concat([predictions_of(tables, cell) for cell in cells], ignore_index=True)
    metrics = compute_metrics(predictions)
    verdict = permutation_verdict(metrics).iloc[0]
    assert (verdict["target"], verdict["verdict"]) == ("quadrant", "no skill")
    assert verdict["against"] == "mean predictor"
    alone = permutation_verdict(metrics[metrics["learner"] == "svr"]).iloc[0]
    assert (alone["verdict"], alone["against"]) == ("undefined", "no mean predictor")


@pytest.mark.parametrize(("task", "chance"), [(Task.QUADRANT, 0.25), (Task.VALENCE_CLASS, 0.5)])
def test_chance_is_no_skill_where_equal_classes_make_the_majority_worse(
    task: Task, chance: float
) -> None:
    """What is frequent in training is rare in the fold: the majority stays below chance."""
    rng = np.random.default_rng(0)
    blind = chance + rng.normal(scale=0.01, size=10)

    def metrics(majority: float, control: str) -> pd.DataFrame:
        fields = settings(task, control=control)["fields"]
        own = {"mean": majority + rng.normal(scale=0.01, size=10), "blind": blind}
        rows = [
            {**fields, "experiment": "e", "cell": learner, "learner": learner, "view": "a"}
            | {"target": str(task), "metric": "accuracy", "repeat": 0, "fold": fold, "value": value}
            for learner, values in own.items()
            for fold, value in enumerate(values)
        ]
        return pd.DataFrame(rows, columns=list(METRICS.columns))

    permuted = permutation_verdict(metrics(chance - 0.05, "permuted"))
    assert permuted["verdict"].tolist() == ["no skill"]
    found = skill_over_mean(metrics(chance - 0.05, "none"), metric="accuracy").iloc[0]
    assert found["verdict"] == "no skill"
    assert found["accuracy_mean"] == pytest.approx(chance)
    above = skill_over_mean(metrics(chance + 0.2, "none"), metric="accuracy").iloc[0]
    assert above["accuracy_mean"] == pytest.approx(chance + 0.2, abs=0.02)


def test_permuted_clips_swap_all_their_labels_together(tables: CellTables) -> None:
    rows = CellRows(tables, settings(Task.QUADRANT, control="permuted"), repeat=0)
    train, _ = rows.of_fold(0)
    quadrant = rows.labels_of(train, phase="train")
    valence = CellRows(
        tables, settings(Task.VALENCE_CLASS, control="permuted"), repeat=0
    ).labels_of(train, phase="train")
    np.testing.assert_array_equal(valence[:, 0] > 0, (quadrant[:, 0] > 0) | (quadrant[:, 3] > 0))
    own = tables.labels["a"].set_index("clip_id").loc[train["clip_id"]]
    assert (quadrant != indicators(own, Task.QUADRANT)).any()


def test_noise_is_no_class(tables: CellTables) -> None:
    cell = settings(Task.VALENCE_CLASS, control="uniform-a")
    with pytest.raises(ConfigError, match="'regression' only"):
        evaluate_fold(tables, cell, repeat=0, fold=0)


def test_a_final_model_predicts_scores_and_says_so(tables: CellTables, tmp_path: Any) -> None:
    cell = settings(Task.QUADRANT)
    choice = search_over_all_folds(tables, cell, repeat=0)
    save_model(fit_final(tables, cell, choice), tmp_path)
    model = load_model(tmp_path)
    assert model.predict(tables.features["a"].iloc[:5, 1:].to_numpy()).shape == (5, 4)
    assert list(model.models) == ["q1", "q2", "q3", "q4"]
    assert "the quadrant (Q1, Q2, Q3, Q4)" in (tmp_path / "README.md").read_text()


def test_scores_have_known_values() -> None:
    truth = 2 * np.eye(4)[[0, 1, 1, 3]] - 1
    scores = np.array([[1.0, -1, -1, -1], [-1, 0, 0, -1], [0, -1, -1, -0.9], [-1, -1, -1, 1.0]])
    found = score_classes(truth, scores, Task.QUADRANT)
    assert found["accuracy"] == 0.75
    # Q1: precision 1/2 and recall 1; Q2: 1 and 1/2; Q4: 1 and 1. Q3 is neither true nor decided.
    assert found["f1"] == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
    e = LEAST_PROBABILITY
    third = np.array([0.5 / 0.55, e, e, 0.05 / 0.55])
    p = [1 / (1 + 3 * e), 0.5 / (1 + 2 * e), e / third.sum(), 1 / (1 + 3 * e)]
    assert found["log_loss"] == pytest.approx(-np.mean(np.log(p)))
    two = score_classes(np.array([[1.0], [-1.0]]), np.array([[0.5], [-0.5]]), Task.AROUSAL_CLASS)
    assert two == pytest.approx({"accuracy": 1.0, "f1": 1.0, "log_loss": -math.log(0.75)})


def test_a_clip_of_two_classes_is_a_fault(tables: CellTables) -> None:
    predictions = predictions_of(tables, settings(Task.QUADRANT, kind="mean"))
    first = predictions["clip_id"] == predictions["clip_id"].iloc[0]
    predictions.loc[first, "y_true"] = 1.0
    with pytest.raises(TableError, match="does not have one class of task 'quadrant'"):
        compute_metrics(predictions)
