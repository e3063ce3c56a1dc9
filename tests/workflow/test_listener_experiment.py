"""An experiment's listeners, from its finished cells to the report."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from affectmix.schemas import USERS
from affectmix.tables import read_table
from conftest import SmallProject

CELL = "svr__egemaps__noises-100_tones-100__cv3__nested__clean__none"


def test_listeners_join_a_finished_project(project: SmallProject) -> None:
    """Only what listeners need runs, and the general model is the cell's own."""
    config = project.config
    listeners = {"from": ["svr"], "simulated": 3, "songs": [1, 2], "noise": 0.1}
    config["experiments"]["joint"]["listeners"] = listeners
    project.write_config(config)
    planned = project.would_run()
    assert planned["hear_songs"] == 6
    assert planned["tune_listeners"] == 1
    assert not {"evaluate_cell", "merge_features", "make_splits"} & set(planned)
    project.snakemake()
    users = read_table(project.folder / "results" / "users" / "joint.parquet", USERS)
    own = users[users["cell"] == CELL]
    assert set(own["songs"]) == {0, 1, 2}
    assert own["listener"].nunique() == 3
    forgotten = own[(own["method"] == "general") & (own["song_set"] == "general")]
    rmse = forgotten[(forgotten["target"] == "both") & (forgotten["metric"] == "rmse")]
    for row in rmse.itertuples():
        errors = _errors(project.folder / f"results/cells/{CELL}/{row.repeat}-{row.fold}.parquet")
        assert errors.min() <= row.value <= errors.max()
        assert row.clips < len(errors)  # half of the fold's songs
    page = (project.folder / "results" / "report.html").read_text(encoding="utf-8")
    assert "How many songs does it take to know a listener?" in page
    assert (project.folder / "results/figures/joint/users.png").is_file()
    assert (project.folder / "results/tables/joint/users_table4.md").is_file()
    assert not project.would_run()


def _errors(path: Path) -> np.ndarray:
    """Return the error of each clip, over both targets."""
    rows = pd.read_parquet(path)
    squares = (rows["y_true"] - rows["y_pred"]) ** 2
    clips = rows.assign(square=squares).groupby(["corpus", "clip_id"])["square"].mean()
    return np.sqrt(clips.to_numpy())
