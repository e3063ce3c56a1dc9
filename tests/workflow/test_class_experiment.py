"""Classes and a blend beside regression, in a project that was run before."""

from __future__ import annotations

import pandas as pd
from conftest import SmallProject


def test_a_class_experiment_joins_a_finished_project(project: SmallProject) -> None:
    config = project.config
    config["learners"] |= {
        "majority": {"kind": "mean", "task": "arousal_class"},
        "svc": {"kind": "svc", "task": "arousal_class", "cs": [1], "gammas": [0.5]},
        "svr_class": config["learners"]["svr"] | {"task": "arousal_class"},
        "both": {
            "kind": "blend",
            "task": "arousal_class",
            "of": [{"learner": name, "features": "egemaps"} for name in ("svc", "svr_class")],
        },
    }
    block = {"features": ["egemaps"], "mixtures": [{"tones": 1}], "schemes": ["cv3"]}
    cells = [block | {"learners": ["majority", "both"]}]
    config["experiments"]["classes"] = {"cells": cells, "models": []}
    project.write_config(config)
    planned = project.would_run()
    assert (planned["evaluate_cell"], planned["blend_cell"]) == (9, 3)
    assert "search_cell" not in planned
    project.snakemake()
    metrics = pd.read_parquet(project.folder / "results/metrics/classes.parquet")
    assert set(metrics["metric"]) == {"accuracy", "f1", "log_loss"}
    accuracy = metrics[metrics["fold"].isna() & (metrics["metric"] == "accuracy")]
    assert accuracy.set_index("learner")["value"]["both"] > 0.8
    assert set(metrics["learner"]) == {"majority", "both"}
    page = (project.folder / "results" / "report.html").read_text(encoding="utf-8")
    assert "Confusion" in page
    assert (project.folder / "results/figures/classes/confusion_arousal_class.png").stat().st_size
    audit = pd.read_parquet(project.folder / "results/audit/classes.parquet")
    assert audit["findings"].tolist() == [0, 0]
