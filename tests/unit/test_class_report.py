"""What the report says of classes: tables, confusions, and nothing of R²."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from affectmix.evaluation.class_results import class_results, confusion
from affectmix.evaluation.comparisons import skill_over_mean
from affectmix.evaluation.metrics import compute_metrics
from affectmix.report.evidence import Evidence
from affectmix.report.experiment import ExperimentReport
from affectmix.report.page import experiment_headline
from affectmix.report.sections.classes import classes_section
from affectmix.tasks import Task, targets_of

CLIPS, FOLDS = 200, 5


def cell(
    learner: str, task: Task, *, skill: float, mixture: str = "a-100", features: str = "is13"
) -> pd.DataFrame:
    """Return predictions that are right in about a share ``skill`` of the clips."""
    rng = np.random.default_rng([len(learner), len(mixture), int(100 * skill)])
    targets = targets_of(task)
    truth = np.arange(CLIPS) % len(targets) if len(targets) > 1 else np.arange(CLIPS) % 2
    decided = np.where(rng.uniform(size=CLIPS) < skill, truth, rng.permutation(truth))
    frames = []
    for place, target in enumerate(targets):
        on = place if len(targets) > 1 else 1
        frames.append(
            pd.DataFrame(
                {
                    "target": target,
                    "clip_id": [f"c{i:03d}" for i in range(CLIPS)],
                    "y_true": np.where(truth == on, 1.0, -1.0),
                    "y_pred": np.where(decided == on, 0.6, -0.6),
                }
            )
        )
    rows = pd.concat(frames, ignore_index=True)
    fields = {
        "learner": learner,
        "features": features,
        "mixture": mixture,
        "scheme": "cv5",
        "protocol": "nested",
        "arithmetic": "clean",
        "control": "none",
    }
    fold = rows["clip_id"].str[1:].astype(int) // (CLIPS // FOLDS)
    return rows.assign(
        experiment="x",
        cell="__".join(fields.values()),
        repeat=np.int32(0),
        fold=fold.astype(np.int32),
        corpus="a",
        view="a",
        in_train=np.int32(0),
        **fields,
    )


def majority(task: Task, mixture: str = "a-100") -> pd.DataFrame:
    rows = cell("majority", task, skill=1.0, mixture=mixture)
    first = targets_of(task)[0]
    return rows.assign(y_pred=np.where(rows["target"] == first, -0.4, -0.6))


def evidence(*cells: pd.DataFrame) -> Evidence:
    predictions = pd.concat(cells, ignore_index=True)
    return Evidence(
        "x", compute_metrics(predictions), kinds={"majority": "mean"}, predictions=predictions
    )


@pytest.fixture(scope="module")
def quadrants() -> Evidence:
    task = Task.QUADRANT
    return evidence(cell("svc", task, skill=0.7), cell("poor", task, skill=0.0), majority(task))


def test_results_hold_a_cell_beside_the_majority(quadrants: Evidence) -> None:
    skill = skill_over_mean(quadrants.metrics, metric="accuracy", mean_learners=("majority",))
    results = class_results(quadrants.metrics, skill)
    best = results.iloc[0]
    assert best["learner"] == "svc"
    assert best["accuracy_mean"] == pytest.approx(0.25)
    assert best["gain"] == pytest.approx(best["accuracy"] - 0.25)
    assert best["accuracy_low"] < best["accuracy"] < best["accuracy_high"]
    assert best["verdict"] == "skill"
    assert results.set_index("learner")["verdict"]["poor"] == "no skill"


def test_confusions_count_every_clip_once_by_its_true_class(quadrants: Evidence) -> None:
    name = quadrants.metrics.loc[quadrants.metrics["learner"] == "svc", "cell"].iloc[0]
    assert quadrants.predictions is not None
    counts = confusion(quadrants.predictions, cell=name, view="a", task=Task.QUADRANT)
    assert counts.sum(axis=1).tolist() == [50] * 4
    means = quadrants.metrics[quadrants.metrics["fold"].isna()]
    accuracy = means[(means["cell"] == name) & (means["metric"] == "accuracy")]["value"].iloc[0]
    assert np.trace(counts) / CLIPS == pytest.approx(accuracy)


def test_an_experiment_of_classes_says_nothing_of_ratings(quadrants: Evidence) -> None:
    made = ExperimentReport(quadrants)
    assert [section.key for section in made.sections] == ["classes", "controls"]
    assert made.answers is None
    assert list(made.figures) == ["confusion_quadrant"]
    assert "Q1: " in made.figures["confusion_quadrant"].alt
    assert {"classes", "classes_learners"} <= set(made.tables)
    said = experiment_headline(quadrants)
    assert said.startswith("Quadrant: at best ")
    assert "by svc, the majority .250 (p\N{NO-BREAK SPACE}<" in said
    assert "R²" not in said


def test_ratings_and_classes_stand_beside_each_other() -> None:
    task = Task.VALENCE_CLASS
    both = evidence(
        *(rated(mixture) for mixture in ("a-100", "a-100_b-100")),
        cell("svc", task, skill=0.3),
        cell("svc", task, skill=0.9, mixture="a-100_b-100"),
    )
    made = ExperimentReport(both)
    keys = [section.key for section in made.sections]
    assert keys[:2] == ["mixing", "classes"]
    assert made.answers is not None
    assert {row.target for row in made.answers.rows} == {"valence", "arousal"}
    section = classes_section(both)
    assert section is not None
    (compared,) = section.tables["classes_mixing"].frame.itertuples()
    assert (compared.metric, compared.verdict) == ("accuracy", "helped")
    assert "High or low valence: at best" in experiment_headline(both)
    assert experiment_headline(both).endswith("Mixing helped in 1 of 1 comparisons.")


def test_stems_are_held_against_the_mix_by_accuracy() -> None:
    task = Task.AROUSAL_CLASS
    heard = evidence(cell("svc", task, skill=0.2), cell("svc", task, skill=0.95, features="vocals"))
    choices = {
        "is13": {"set": "IS13", "stem": "mix"},
        "vocals": {"set": "IS13", "stem": "vocals", "separator": "classical"},
    }
    section = classes_section(replace(heard, features=choices))
    assert section is not None
    (compared,) = section.tables["classes_unmixing"].frame.itertuples()
    assert (compared.metric, compared.verdict) == ("accuracy", "helped")


def rated(mixture: str) -> pd.DataFrame:
    """Return predictions of ratings in the same folds."""
    rows = cell("svr", Task.QUADRANT, skill=0.5, mixture=mixture)
    rows = rows[rows["target"].isin(["q1", "q2"])].copy()
    rows["target"] = rows["target"].map({"q1": "valence", "q2": "arousal"})
    rng = np.random.default_rng(len(mixture))
    rows["y_true"] = rng.uniform(-1, 1, len(rows))
    rows["y_pred"] = 0.5 * rows["y_true"] + rng.normal(0, 0.1, len(rows))
    return rows
