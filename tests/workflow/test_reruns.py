"""The matrix "edit → rules that rerun": caching must neither redo work nor miss a change."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import SmallProject, write_clip

AUDIO = {"scan_audio", "index_audio", "group_clips", "extract_opensmile", "merge_features"}
LEARNING = {"search_cell", "evaluate_cell", "fit_model"}
MEASURING = {
    "gather_predictions",
    "compute_metrics",
    "audit_cells",
    "draw_figures",
    "write_tables",
    "write_report",
}
SPLITTING = {"assign_classes", "make_splits"}


def add_clip(project: SmallProject) -> None:
    root = project.folder / "resources" / "tones"
    write_clip(root / "tones12.wav", "tones", 5)
    with (root / "ratings.csv").open("a", encoding="utf-8") as table:
        table.write("tones12.wav,4.0,6.0\n")


def change_label(project: SmallProject) -> None:
    table = project.folder / "resources" / "tones" / "ratings.csv"
    lines = table.read_text(encoding="utf-8").splitlines()
    lines[3] = "tones02.wav,5.25,7.5"
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")


def change_audio(project: SmallProject) -> None:
    write_clip(project.folder / "resources" / "tones" / "tones03.wav", "tones", 9)


def change_feature_set(project: SmallProject) -> None:
    config = project.config
    config["features"]["egemaps"]["set"] = "GeMAPSv01b"
    project.write_config(config)


def add_share(project: SmallProject) -> None:
    config = project.config
    config["experiments"]["joint"]["cells"][0]["mixtures"].append({"tones": 1, "noises": 0.5})
    project.write_config(config)


def widen_grid(project: SmallProject) -> None:
    config = project.config
    config["learners"]["svr"]["space"]["C"] = [1.0, 3.0]
    project.write_config(config)


def change_scale(project: SmallProject) -> None:
    config = project.config
    config["corpora"]["tones"]["scale"] = [0, 10]
    project.write_config(config)


def name_raters(project: SmallProject) -> None:
    config = project.config
    config["corpora"]["tones"]["raters_per_clip"] = 12
    project.write_config(config)


def pin_splits(project: SmallProject) -> None:
    folder = project.folder / "resources" / "splits" / "tones"
    folder.mkdir(parents=True)
    shutil.copy(project.folder / "results/splits/tones/cv3.parquet", folder / "cv3.parquet")


def touch_readme(project: SmallProject) -> None:
    with (project.folder / "README.md").open("a", encoding="utf-8") as readme:
        readme.write("\nOne more line.\n")


def edit_text(path: str, old: str, new: str) -> Callable[[SmallProject], None]:
    def edit(project: SmallProject) -> None:
        file = project.folder / path
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), encoding="utf-8")

    return edit


HALVING = "scripts/affectmix/search/halving.py"
MATRIX = {
    "nothing": (lambda project: None, set()),
    "added clip": (add_clip, AUDIO | {"index_labels"} | SPLITTING | LEARNING | MEASURING),
    "changed label": (change_label, {"index_labels"} | SPLITTING | LEARNING | MEASURING),
    "changed audio": (change_audio, AUDIO | SPLITTING | LEARNING | MEASURING),
    "changed feature set": (
        change_feature_set,
        {"extract_opensmile", "merge_features"} | LEARNING | MEASURING,
    ),
    "one more share": (add_share, LEARNING | MEASURING),
    "wider grid": (widen_grid, LEARNING | MEASURING),
    "changed scale": (change_scale, {"index_labels"} | SPLITTING | LEARNING | MEASURING),
    "number of raters": (name_raters, {"draw_figures", "write_tables", "write_report"}),
    "pinned splits": (pin_splits, {"make_splits"} | LEARNING | MEASURING),
    "touched readme": (touch_readme, set()),
    "edited adapter": (
        edit_text("scripts/affectmix/corpora/rows.py", "def ", "UNUSED = 1\n\n\ndef "),
        {"index_labels"} | SPLITTING | LEARNING | MEASURING,
    ),
    "edited data of a module": (
        edit_text("scripts/affectmix/evaluation/published.csv", ",0.214,", ",0.215,"),
        {"draw_figures", "write_tables", "write_report"},
    ),
    "new version of the package": (
        edit_text("scripts/affectmix/__init__.py", '"0.', '"9.'),
        set(),
    ),
    "edited module": (edit_text(HALVING, "MIN_ROWS = 20", "MIN_ROWS = 21"), LEARNING | MEASURING),
    "comment in a module": (edit_text(HALVING, "MIN_ROWS = 20", "MIN_ROWS = 20  # few"), set()),
    "edited script": (
        edit_text("scripts/compute_metrics.py", "metrics = compute", "found = metrics = compute"),
        MEASURING - {"gather_predictions", "audit_cells"},
    ),
}


@pytest.mark.parametrize("edit", MATRIX)
def test_edit_reruns_what_hangs_on_it_and_nothing_else(project: SmallProject, edit: str) -> None:
    change, expected = MATRIX[edit]
    change(project)
    assert set(project.would_run()) == expected


def test_one_more_share_runs_only_its_own_cells(project: SmallProject) -> None:
    add_share(project)
    jobs = project.would_run()
    # Two learners on three folds, and one final model; no other cell.
    assert jobs["evaluate_cell"] == 6
    assert (jobs["search_cell"], jobs["fit_model"]) == (1, 1)


def test_wider_grid_leaves_the_other_learners_alone(project: SmallProject) -> None:
    widen_grid(project)
    assert project.would_run()["evaluate_cell"] == 6


def test_added_clip_extracts_only_its_own_shard(project: SmallProject) -> None:
    add_clip(project)
    jobs = project.would_run()
    assert (jobs["scan_audio"], jobs["extract_opensmile"]) == (1, 1)


def test_second_run_does_nothing(project: SmallProject) -> None:
    before = modification_times(project.folder / "results")
    done = project.snakemake()
    assert "Nothing to be done" in done.stdout + done.stderr
    assert modification_times(project.folder / "results") == before


def modification_times(folder: Path) -> dict[str, int]:
    return {str(file): file.stat().st_mtime_ns for file in sorted(folder.rglob("*.parquet"))}
