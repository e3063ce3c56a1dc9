"""AutoML through the workflow, in the environments that the workflow makes itself.

They are those of the repository's own folder, so that they are made once. Where one cannot
be made (no Python 3.9, no package index), the tests that need it are skipped.
"""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from affectmix.automl.environments import Environments, interpreter_key
from affectmix.automl.interpreters import find_interpreter
from affectmix.errors import ConfigError
from conftest import REPOSITORY, SmallProject, make_project

FOLDER = REPOSITORY / ".venv-automl"
BOTH = {"tones": 1, "noises": 1}
FLAML = {"kind": "flaml", "max_iter": 3, "estimators": ["svr", "extra_tree"]}
AUTOSKLEARN = {"kind": "autosklearn", "budget_s": 40, "memory_mb": 4000, "space": "wide"}
CAN_BE_NO_FAULT_OF_OURS = ("could not install the packages", "could not make a virtual environment")


def configure(project: SmallProject, learner: dict, **fields: list[str]) -> str:
    """Give the project one mixture and, beside the mean, one AutoML learner; return its cell."""
    config = project.config
    block = {"features": ["egemaps"], "mixtures": [BOTH], "schemes": ["cv3"]}
    config["environments"] = {"folder": str(FOLDER), "interpreters": {}}
    config["learners"] = {"mean": {"kind": "mean"}, "automl": learner}
    config["schemes"] = {"cv3": {}, "cv3_ungrouped": {}}
    cells = [block | {"learners": ["mean"]}, block | {"learners": ["automl"]} | fields]
    config["experiments"] = {"joint": {"cells": cells}}
    project.write_config(config)
    own = {key: values[0] for key, values in fields.items()}
    told = [own.get("schemes", "cv3"), own.get("protocols", "nested")]
    told += [own.get("arithmetics", "clean"), "none"]
    return "__".join(["automl", "egemaps", "noises-100_tones-100", *told])


def make_environment(project: SmallProject, backend: str) -> None:
    settings = project.config["environments"]
    made = Environments(settings, pins=REPOSITORY / "envs", by_conda=False)
    (ready,) = made.ready(backend)
    if Path(ready).is_file():
        return
    done = project.snakemake(ready, check=False)
    if done.returncode:
        said = done.stderr[-3000:]
        if any(words in said for words in CAN_BE_NO_FAULT_OF_OURS):
            pytest.skip(f"no environment for {backend}: {said[-300:]}")
        raise AssertionError(said)


@pytest.fixture(scope="module")
def with_flaml(tmp_path_factory: pytest.TempPathFactory) -> SmallProject:
    """A finished project with a FLAML learner; not to be changed, only copied."""
    project = make_project(tmp_path_factory.mktemp("flaml") / "finished")
    configure(project, FLAML)
    make_environment(project, "flaml")
    project.snakemake()
    return project


def test_flaml_leaves_what_every_learner_leaves(with_flaml: SmallProject) -> None:
    results = with_flaml.folder / "results"
    predictions = pd.read_parquet(results / "predictions" / "joint.parquet")
    own = predictions[predictions["learner"] == "automl"]
    assert own.groupby(["view", "target"]).size().tolist() == [12] * 4
    assert (own["in_train"] == 0).all()
    audit = pd.read_parquet(results / "audit" / "joint.parquet")
    assert audit["findings"].sum() == 0
    (cell,) = {path.parent for path in results.glob("cells/automl*/0-0.search.json")}
    choice = json.loads((cell / "0-0.search.json").read_text())
    (member,) = choice["points"]["valence"]["ensemble"]
    assert member["estimator"] in FLAML["estimators"]
    assert choice["report"]["automl"]["arousal"]["versions"]["flaml"] == "2.7.0"
    models = [folder.name.split("__")[0] for folder in (results / "models").iterdir()]
    assert models == ["mean"]
    assert (results / "report.html").is_file()
    tasks = [
        p for p in (results / "automl").rglob("*") if ".rows." in p.name or ".folds." in p.name
    ]
    assert not tasks
    assert with_flaml.would_run() == {}


def test_number_of_trials_comes_out_the_same_again(
    with_flaml: SmallProject, tmp_path: Path
) -> None:
    project = with_flaml.copy_to(tmp_path / "again")
    (file,) = (project.folder / "results" / "automl").glob("*/0-1.arousal.parquet")
    before = pd.read_parquet(file), file.with_suffix(".json").read_text()
    file.unlink()
    project.snakemake(str(file.relative_to(project.folder)))
    after = pd.read_parquet(file), file.with_suffix(".json").read_text()
    pd.testing.assert_frame_equal(before[0], after[0])
    first, second = (json.loads(text) for text in (before[1], after[1]))
    assert first.pop("seconds") > 0
    second.pop("seconds")
    assert first == second


def test_a_budget_too_short_for_one_trial_is_refused(
    with_flaml: SmallProject, tmp_path: Path
) -> None:
    project = with_flaml.copy_to(tmp_path / "short")
    cell = configure(project, {"kind": "flaml", "budget_s": 0.001})
    target = f"results/automl/{cell}/0-0.arousal.parquet"
    done = project.snakemake(target, check=False)
    assert done.returncode != 0
    (message,) = {line for line in done.stderr.splitlines() if "affectmix: run_flaml" in line}
    assert "budget_s" in message
    assert "0.001" in message
    assert not (project.folder / target).exists()


def edit(project: SmallProject, path: str, old: str, new: str) -> None:
    file = project.folder / path
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_searches_run_again_for_what_they_hang_on_and_nothing_else(
    with_flaml: SmallProject, tmp_path: Path
) -> None:
    project = with_flaml.copy_to(tmp_path / "edited")
    edit(project, "scripts/affectmix/search/halving.py", "MIN_ROWS = 20", "MIN_ROWS = 21")
    edit(project, "scripts/affectmix/automl/supervise.py", "parser = ", "parser = own = ")
    edit(project, "scripts/automl/run_autosklearn.py", "per_run = ", "per_run = own = ")
    assert "run_flaml" not in project.would_run()
    edit(project, "scripts/automl/flaml_estimators.py", "max_iter=10_000", "max_iter=9_000")
    jobs = project.would_run()
    assert (jobs["run_flaml"], jobs["collect_automl"]) == (6, 3)
    config = project.config
    config["learners"]["automl"]["max_iter"] = 4
    edit(project, "scripts/automl/flaml_estimators.py", "max_iter=9_000", "max_iter=10_000")
    project.write_config(config)
    jobs = project.would_run()
    assert (jobs["run_flaml"], jobs["collect_automl"]) == (6, 3)
    assert "extract_opensmile" not in jobs


def test_autosklearn_searches_on_reported_folds_and_refits_on_each(tmp_path: Path) -> None:
    try:
        find_interpreter("3.9", key=interpreter_key("autosklearn"))
    except ConfigError as error:
        pytest.skip(str(error))
    project = make_project(tmp_path / "autosklearn")
    replay = {
        "schemes": ["cv3_ungrouped"],
        "protocols": ["paper"],
        "arithmetics": ["reference_2024"],
    }
    cell = configure(project, AUTOSKLEARN, **replay)
    make_environment(project, "autosklearn")
    target = f"results/automl/{cell}/0.valence.parquet"
    project.snakemake(target)
    predictions = pd.read_parquet(project.folder / target)
    assert sorted(predictions["fold"].unique()) == [0, 1, 2]
    assert predictions["y_pred"].between(-1.5, 1.5).all()
    described = json.loads((project.folder / target).with_suffix(".json").read_text())
    assert sum(member["weight"] for member in described["ensemble"]) == pytest.approx(1)
    assert described["runs"]["SUCCESS"] >= 1
    assert described["versions"]["auto-sklearn"] == "0.15.0"


def test_missing_interpreter_is_told_before_any_work(tmp_path: Path) -> None:
    project = make_project(tmp_path / "none")
    configure(project, AUTOSKLEARN)
    config = project.config
    missing = {"folder": "made", "interpreters": {"autosklearn": str(tmp_path / "python3.9")}}
    project.write_config(config | {"environments": missing})
    done = project.snakemake(check=False)
    assert done.returncode != 0
    assert "environments.interpreters.autosklearn" in done.stderr
    assert "Python 3.9" in done.stderr
    assert not (project.folder / "results").exists()
