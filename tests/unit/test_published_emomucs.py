"""EmoMucs' published numbers: all are there, and RMSE and R² agree with each other."""

from __future__ import annotations

import pandas as pd
import pytest
from affectmix.evaluation.emomucs_tables import CHOSEN, emomucs_table, paper_row
from affectmix.evaluation.published import LABEL_VARIANCE
from affectmix.evaluation.published_emomucs import FIG4_BEST, FLAGS, load_published_emomucs
from affectmix.stems.names import STEMS

KEYS = ["table", "architecture", "input", "fusion", "training"]
NET = {"architectures": ["c2d"], "fusions": ["late"], "trainings": ["freeze"]}


def test_every_cell_of_both_tables_is_there_once() -> None:
    published = load_published_emomucs()
    cells = published.groupby(KEYS).size()
    assert (cells == 4).all()
    assert cells.groupby("table").size().to_dict() == {1: 2 * 5, 2: 11}
    assert not published.duplicated([*KEYS, "target", "metric"]).any()
    flags = {flag for row in published["flags"] for flag in row.split(";")}
    assert flags == set(FLAGS)
    frozen = published["flags"].str.contains("moving_statistics")
    assert frozen.equals(published["training"] == "freeze")


def test_rmse_and_r2_imply_the_variance_of_pmemos_labels() -> None:
    published = load_published_emomucs()
    wide = published.pivot(index=[*KEYS, "target"], columns="metric", values="value")
    implied = wide["rmse"] ** 2 / (1 - wide["r2"])
    for target, part in implied.groupby("target"):
        # A mean of RMSEs and one of R² over five folds agree to a few percent only.
        assert part.between(0.94 * part.median(), 1.06 * part.median()).all(), part
        assert part.median() == pytest.approx(LABEL_VARIANCE["pmemo", str(target)], rel=0.03)


def test_the_paper_says_which_combination_is_best_for_each_number_of_stems() -> None:
    assert {len(stems) == count for (count, _), stems in FIG4_BEST.items()} == {True}
    assert set().union(*FIG4_BEST.values()) == set(STEMS)


def test_which_row_a_cell_stands_for() -> None:
    four = {"stem": ["other", "bass", "drums", "vocals"], "separator": "x"}
    row = {"table": 2, "architecture": "c2d", "input": "stems"}
    assert paper_row(NET, four) == row | {"fusion": "late", "training": "freeze"}
    several = NET | {"fusions": ["early", "late"]}
    assert paper_row(several, four) == row | {"fusion": CHOSEN, "training": "freeze"}
    alone = {"table": 1, "architecture": "c2d", "input": "mix", "fusion": "", "training": ""}
    assert paper_row(several, {"stem": "mix"}) == alone
    assert paper_row(NET, {"stem": ["bass", "drums"], "separator": "x"}) is None


def test_ours_stand_beside_the_published_in_the_papers_order() -> None:
    rows = [
        {
            "learner": "net",
            "features": features,
            "mixture": "pmemo-100",
            "scheme": "cv5",
            "protocol": "nested",
            "control": "none",
            "view": "pmemo",
            "target": target,
            "metric": metric,
            "value": 0.5,
            "ci95_low": 0.4,
            "ci95_high": 0.6,
            "repeat": pd.NA,
            "fold": pd.NA,
        }
        for features in ("drums", "mix", "all")
        for target in ("valence", "arousal")
        for metric in ("rmse", "r2", "mae")
    ]
    features = {
        "drums": {"stem": "drums", "separator": "x"},
        "mix": {"stem": "mix"},
        "all": {"stem": list(STEMS), "separator": "x"},
    }
    networks = {"net": NET | {"selection": "refit"}}
    published = load_published_emomucs()
    tables = [
        emomucs_table(pd.DataFrame(rows), published, table=n, networks=networks, features=features)
        for n in (1, 2)
    ]
    assert tables[0]["input"].drop_duplicates().tolist() == ["mix", "drums"]
    assert len(tables[0]) == 8
    assert tables[0]["ours_ci"].tolist() == pytest.approx([0.1] * 8)
    found = tables[1].set_index(["metric", "target"])["published"]
    assert found["r2", "valence"] == 0.4814
    assert found["rmse", "arousal"] == 0.2322
    assert "moving_statistics" in tables[1]["published_flags"].iloc[0]
