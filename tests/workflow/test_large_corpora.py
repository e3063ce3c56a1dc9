"""Corpora above merge_up_to: their shards are the dataset, and nothing else changes."""

from __future__ import annotations

import pandas as pd
from conftest import SmallProject


def test_shards_as_the_dataset_give_the_merged_tables_results(
    finished: SmallProject, project: SmallProject
) -> None:
    features = project.folder / "results" / "features" / "eGeMAPSv02" / "mix"
    for corpus in ("tones", "noises"):
        (features / f"{corpus}.parquet").unlink()
    project.write_config(project.config | {"merge_up_to": 11})
    assert project.would_run()["count_nonfinite"] == 2
    project.snakemake()
    assert not list(features.glob("*.parquet"))
    assert len(list(features.glob("*/*.parquet"))) == 4
    for file in ("tones.nonfinite.csv", "noises.nonfinite.csv"):
        kept = (finished.folder / features.relative_to(project.folder) / file).read_text()
        assert (features / file).read_text() == kept
    before, after = finished.tables(), project.tables()
    compared = [name for name in after if "/features/" not in name]
    assert len(compared) > 20
    for name in compared:
        pd.testing.assert_frame_equal(after[name], before[name])


def test_learners_that_hold_all_in_memory_are_refused_by_name(project: SmallProject) -> None:
    config = project.config | {"merge_up_to": 11}
    config["learners"]["trees"] = {"kind": "stack"}
    config["learners"]["bent"] = {"kind": "svr", "space": {"kernel": ["sigmoid"]}}
    config["experiments"]["joint"]["cells"][0]["learners"] = ["svr", "trees", "bent"]
    project.write_config(config)
    done = project.snakemake("--dry-run", check=False)
    assert done.returncode
    said = done.stderr + done.stdout
    assert "learners.trees: kind 'stack' holds all features in memory" in said
    assert "12 clips, above merge_up_to (11)" in said
    assert "learners.bent.space: its sigmoid kernel cannot be approximated" in said
    assert "learners.svr" not in said
