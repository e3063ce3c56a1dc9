"""Folds that are evaluated twice: which, how far apart they are, and what the report says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from affectmix.cells.again import compare_evaluations
from affectmix.config.again import AgainPlan
from affectmix.config.files import RunFiles
from affectmix.config.project import Project
from affectmix.errors import ConfigError, TableError
from affectmix.report.blocks import Text
from affectmix.report.evidence import Evidence
from affectmix.report.sections.again import again_section
from affectmix.schemas import AGAIN
from affectmix.tables import check_table
from sweep_metrics import sweep_metrics

MINI = Path(__file__).parents[2] / "config" / "examples" / "mini.yaml"


def predictions(y_pred: list[float]) -> pd.DataFrame:
    """Return predictions of clips whose valence is 0."""
    clips = [f"c{i}" for i in range(len(y_pred))]
    fields = {"corpus": "a", "view": "a", "target": "valence", "y_true": 0.0, "in_train": 0}
    return pd.DataFrame({"clip_id": clips, "y_pred": y_pred}).assign(**fields)


def plan(again: list[str]) -> AgainPlan:
    config = yaml.safe_load(MINI.read_text(encoding="utf-8"))
    config["experiments"]["joint"]["again"] = again
    project = Project(config)
    return AgainPlan(project, RunFiles(project))


def test_differences_are_counted_and_measured_whatever_the_order_of_rows() -> None:
    first, second = predictions([0.0, 0.3, 0.4]), predictions([0.0, 0.3, 0.0]).iloc[::-1]
    (found,) = compare_evaluations(first, second).to_dict("records")
    assert (found["rows"], found["apart"], found["largest"]) == (3, 1, 0.4)
    assert found["rmse"] == pytest.approx(0.5 / np.sqrt(3))
    assert found["rmse_again"] == pytest.approx(0.3 / np.sqrt(3))


def test_other_rows_are_refused() -> None:
    with pytest.raises(TableError, match="has 3 predictions, evaluated again 2"):
        compare_evaluations(predictions([0.0, 0.1, 0.2]), predictions([0.0, 0.1]))


def test_the_first_cell_of_each_named_learner_is_made_twice() -> None:
    assert plan([]).tables("joint") == {}
    named = plan(["svr"])
    (cell,) = named.cells("joint")
    assert cell.name.startswith("svr__egemaps__mini_music-100_mini_sounds-000__cv3")
    assert named.page_tables() == {"again": [f"results/again/{cell.name}.parquet"]}
    assert named.inputs(cell.name)["first"] == f"results/cells/{cell.name}/0-0.parquet"


@pytest.mark.parametrize(
    ("named", "said"),
    [(["svm"], "experiments.joint.again"), (["spare"], "has no cell in this experiment")],
)
def test_what_has_no_cell_is_refused(named: list[str], said: str) -> None:
    config = yaml.safe_load(MINI.read_text(encoding="utf-8"))
    config["learners"]["spare"] = {"kind": "mean"}
    config["experiments"]["joint"]["again"] = named
    with pytest.raises(ConfigError, match=said):
        Project(config)


def headline(second: list[float]) -> str:
    first = predictions([0.0, 0.3, 0.4])
    fields = {"learner": "net", "features": "mel", "mixture": "a-100", "scheme": "cv3"}
    kept = {"protocol": "nested", "arithmetic": "clean", "control": "none", "cell": "net__a"}
    rows = compare_evaluations(first, predictions(second))
    rows = rows.assign(**fields, **kept, repeat=0, fold=0, device="cuda")
    check_table(rows, AGAIN, where="the table")
    metrics = sweep_metrics([{"a": 1.0}], lambda *_: 0.5)
    section = again_section(Evidence("joint", metrics, again=rows))
    assert section is not None
    first_block = section.blocks[0]
    assert isinstance(first_block, Text)
    return str(first_block.text)


def test_the_report_says_how_far_apart_they_are() -> None:
    assert "came out the same to the last bit" in headline([0.0, 0.3, 0.4])
    told = headline([0.0, 0.3, 0.0])
    assert "1 of 1 cell did not come out the same" in told
    assert "up to 0.4 apart, and RMSE by 0.12" in told
    assert again_section(Evidence("joint", sweep_metrics([{"a": 1.0}], lambda *_: 0.5))) is None
