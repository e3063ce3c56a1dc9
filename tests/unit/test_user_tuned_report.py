"""The general model in the report: stages gathered, published numbers beside them, doubts said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from affectmix.evaluation.general_measures import confusion_of, gather_measures, stage_table
from affectmix.evaluation.published_user_tuned import (
    FLAGS,
    load_published_user_tuned,
    without_tuning_songs,
)
from affectmix.files import write_sealed
from affectmix.report.evidence import Evidence
from affectmix.report.sections.user_tuned_tables import user_tuned_tables_section
from affectmix.schemas import GENERAL_MEASURES, METRICS
from affectmix.tables import check_table


def stage(accuracy: float) -> dict[str, Any]:
    right = round(100 * accuracy)
    confusion = np.diag([right, 0, 0, 0])
    confusion[0, 1] = 100 - right
    return {"n": 100, "accuracy": accuracy, "f1": accuracy / 2, "confusion": confusion.tolist()}


def measures(tmp_path: Path, *, weights: str = "random", task: str = "quadrant") -> pd.DataFrame:
    """Return the measures of one cell in three repeats."""
    files = []
    for repeat in range(3):
        tested = {"frames": stage(0.5 + repeat / 10), "windows": stage(0.6), "clips": stage(0.7)}
        report = {"weights": {"origin": weights}, "tested": tested}
        files.append(tmp_path / f"{repeat}-0.search.json")
        write_sealed({"points": {}, "report": report}, files[-1])
    learner = {"task": task, "backbone": "mobilenetv3_large", "training": "finetune"}
    fields = {"learner": "m", "mixture": "a-100", "scheme": "holdout_70_15_15", "control": "none"}
    return gather_measures({"c": files}, {"c": {"learner": learner, "fields": fields}})


def evidence(general: pd.DataFrame | None) -> Evidence:
    return Evidence("e", pd.DataFrame(columns=list(METRICS.columns)), general=general)


def test_stages_are_gathered_and_averaged(tmp_path: Path) -> None:
    found = measures(tmp_path)
    check_table(found.astype({"repeat": "int32", "fold": "int32"}), GENERAL_MEASURES, "general")
    table = stage_table(found).set_index("stage")
    assert table.loc["frames", "accuracy"] == pytest.approx(0.6)
    assert table.loc["frames", "accuracy_low"] < 0.5 < 0.7 < table.loc["frames", "accuracy_high"]
    assert table.loc["windows", "f1"] == pytest.approx(0.3)
    assert confusion_of(found, "c", "windows")[0].tolist() == [180, 120, 0, 0]


def test_the_papers_numbers_stand_beside_quadrants_and_their_doubts_below(tmp_path: Path) -> None:
    section = user_tuned_tables_section(evidence(measures(tmp_path)))
    assert section is not None
    shown = section.tables["user_tuned_table2"].shown
    assert shown is not None
    assert shown["accuracy"].tolist()[0].endswith("(.60)")
    assert shown["accuracy"].tolist()[1].endswith("(.91)")
    assert "(" not in shown["accuracy"].tolist()[2]
    said = " ".join(section.tables["user_tuned_table2"].notes)
    assert FLAGS["jump_over_frames"] in said
    assert "m: began with random weights" in said
    assert "user_tuned_fig4_m" in section.tables


def test_other_tasks_and_other_weights_are_said_as_they_are(tmp_path: Path) -> None:
    section = user_tuned_tables_section(
        evidence(measures(tmp_path, weights="imagenet", task="arousal_class"))
    )
    assert section is not None
    said = " ".join(section.tables["user_tuned_table2"].notes)
    assert "random" not in said
    assert "paper's numbers" not in said
    assert list(section.tables) == ["user_tuned_table2"]


def test_without_general_models_there_is_no_section() -> None:
    assert user_tuned_tables_section(evidence(None)) is None


def test_published_numbers_are_the_papers() -> None:
    table = load_published_user_tuned()
    assert set(";".join(table["flags"]).split(";")) - {""} <= set(FLAGS)
    counts = table[table["metric"] == "correct"].set_index(["table", "listener", "suggested"])
    assert counts.loc[("3", "1", "10"), "value"] == 36
    errors = table[(table["metric"] == "difference_error") & (table["table"] == "3")]
    means = errors.groupby("suggested")["value"].mean()
    assert means["0"] == pytest.approx(44.53, abs=0.005)  # the paper prints 44.62
    assert means["10"] == pytest.approx(35.0, abs=0.005)
    assert means["20"] == pytest.approx(30.51, abs=0.005)


def test_accuracies_without_the_tuning_songs_are_lower() -> None:
    table = without_tuning_songs().set_index(["listener", "suggested"])
    assert table.loc[("1", 10), "others"] == pytest.approx(26 / 40)
    means = table.loc["mean"]
    np.testing.assert_allclose(means["printed"], [0.4467, 0.6267, 0.76], atol=1e-4)
    np.testing.assert_allclose(means["others"], [0.4467, 0.5333, 0.6], atol=1e-4)
