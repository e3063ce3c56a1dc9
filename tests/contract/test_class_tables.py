"""Classes in the public tables: one name for each metric, task and target everywhere."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import yaml
from affectmix.config.validate import SCHEMA_PATH
from affectmix.errors import TableError
from affectmix.evaluation.class_metrics import CLASS_METRICS
from affectmix.evaluation.metrics import HIGHER_IS_BETTER, REGRESSION_METRICS
from affectmix.schemas import CELL_PREDICTIONS, METRICS
from affectmix.tables import check_table
from affectmix.tasks import CLASS_TASKS, TASK_OF_INDICATOR, Task, targets_of


def test_every_metric_that_is_computed_is_declared_and_has_a_direction() -> None:
    declared = METRICS.columns["metric"].allowed
    assert declared == (*REGRESSION_METRICS, *CLASS_METRICS)
    assert set(HIGHER_IS_BETTER) == set(declared)


def test_the_configuration_knows_every_task() -> None:
    schema = yaml.safe_load(SCHEMA_PATH.read_text(encoding="utf-8"))
    assert schema["$defs"]["task"]["enum"] == [str(task) for task in Task]


def test_the_names_of_targets_are_part_of_the_contract() -> None:
    assert {str(task): targets_of(task) for task in Task} == {
        "regression": ("valence", "arousal"),
        "valence_class": ("valence_high",),
        "arousal_class": ("arousal_high",),
        "quadrant": ("q1", "q2", "q3", "q4"),
    }
    assert set(TASK_OF_INDICATOR.values()) == set(CLASS_TASKS)


def test_a_metric_that_nobody_declared_is_refused() -> None:
    row = {name: ["x"] for name in METRICS.columns}
    row |= {"repeat": [None], "fold": [None], "value": [0.5]}
    row |= {"ci95_low": [np.nan], "ci95_high": [np.nan], "metric": ["accuracy"]}
    frame = pd.DataFrame(row).astype({"repeat": "Int32", "fold": "Int32"})
    check_table(frame, METRICS, where="metrics")
    with pytest.raises(TableError, match="precision"):
        check_table(frame.assign(metric="precision"), METRICS, where="metrics")


def test_scores_may_be_any_number_and_truths_may_not() -> None:
    rows = pd.DataFrame(
        {
            "corpus": "a",
            "view": "a",
            "clip_id": "c",
            "target": ["q1", "q2"],
            "y_true": [1.0, -1.0],
            "y_pred": [1.7, -2.5],
            "in_train": np.int32(0),
        }
    )
    check_table(rows, CELL_PREDICTIONS, where="predictions")
    with pytest.raises(TableError, match="y_true"):
        check_table(rows.assign(y_true=2.0), CELL_PREDICTIONS, where="predictions")
