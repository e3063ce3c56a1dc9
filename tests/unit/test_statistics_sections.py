"""The sections on learners, ceilings and published claims: what they say, and when they are."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from affectmix.config.project import Project
from affectmix.corpora.base import RATERS
from affectmix.corpora.pmemo import PMEmoCorpus
from affectmix.corpora.table import TableCorpus
from affectmix.errors import ConfigError
from affectmix.evaluation.metrics import summarise_folds
from affectmix.evaluation.noise_ceiling import COUNTED, DECLARED, READ_OFF, Raters
from affectmix.report.blocks import Fold, Section, Table, Text
from affectmix.report.evidence import Evidence
from affectmix.report.gather.corpora import raters_by_view
from affectmix.report.sections.ceiling import ceiling_section
from affectmix.report.sections.claims import claims_section
from affectmix.report.sections.learners import learners_section
from affectmix.schemas import LABELS, RATINGS
from affectmix.tables import write_table

FOLDS = np.array([-0.02, 0.01, 0.0, 0.03, -0.02])


def cell(learner: str, mean: float, *, wobble: float = 1.0, **fields: str) -> pd.DataFrame:
    named = {
        "experiment": "joint",
        "cell": f"{learner}{sorted(fields.items())}",
        "learner": learner,
        "features": "is13",
        "mixture": "music-100",
        "scheme": "cv5",
        "protocol": "nested",
        "arithmetic": "clean",
        "control": "none",
        "view": "music",
        "target": "arousal",
        "metric": "r2",
        **fields,
    }
    values = mean + wobble * FOLDS
    rows = {"repeat": 0, "fold": range(5), "value": values, "ci95_low": math.nan}
    return pd.DataFrame(rows).assign(ci95_high=math.nan, **named)


def evidence(*cells: pd.DataFrame, **settings: Any) -> Evidence:
    folds = pd.concat(cells, ignore_index=True)
    metrics = pd.concat([folds, summarise_folds(folds)], ignore_index=True)
    return Evidence("joint", metrics, **settings)


def labels(spread: float = 0.3) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "clip_id": [f"c{i:02}" for i in range(40)],
            "valence": math.nan,
            "arousal": rng.uniform(-0.8, 0.8, 40),
            "valence_sd": math.nan,
            "arousal_sd": spread,
        }
    )


def table_of(section: Section | None) -> pd.DataFrame:
    assert section is not None
    return next(block.frame for block in section.blocks if isinstance(block, Table))


def words_of(section: Section | None) -> str:
    assert section is not None
    return " ".join(str(block.text) for block in section.blocks if isinstance(block, Text))


def test_learners_are_told_apart_in_words_and_numbers() -> None:
    section = learners_section(
        evidence(cell("svr", 0.5, wobble=2.0), cell("elasticnet", 0.3), cell("mean", 0.0))
    )
    shown = table_of(section)
    assert shown["verdict"].tolist() == ["svr better"]
    assert shown["learners"].tolist() == ["elasticnet − svr"]
    assert shown["difference"].iloc[0].startswith("−.200 (")
    assert "elasticnet and svr: svr is better in 1 of 1 comparisons." in words_of(section)
    assert section is not None
    assert list(section.tables) == ["learners"]


def test_one_learner_has_no_such_section() -> None:
    assert learners_section(evidence(cell("svr", 0.5), cell("mean", 0.0))) is None


def test_partial_mixtures_are_folded_and_settings_that_vary_are_named() -> None:
    partial = {"mixture": "music-100_sounds-025"}
    cells = [cell("svr", 0.5, **f) for f in ({}, partial, {"features": "egemaps"})]
    cells += [cell("stack", 0.5, wobble=1.5, **f) for f in ({}, partial, {"features": "egemaps"})]
    section = learners_section(evidence(*cells))
    assert section is not None
    assert table_of(section)["features"].tolist() == ["egemaps", "is13"]
    (fold,) = [block for block in section.blocks if isinstance(block, Fold)]
    assert fold.summary == "Partial mixtures (1)"


def test_ceiling_beside_the_best_honest_number() -> None:
    section = ceiling_section(
        evidence(
            cell("svr", 0.5),
            cell("elasticnet", 0.4),
            cell("svr", 0.9, protocol="paper"),
            cell("svr", 0.9, scheme="cv5_ungrouped"),
            cell("svr", 0.9, control="permuted"),
            cell("mean", 0.99),
            labels={"music": labels()},
            raters={"music": Raters(10, DECLARED)},
        )
    )
    assert section is not None
    row = section.tables["ceiling"].frame.iloc[0]
    variance = labels()["arousal"].var()
    assert row["r2"] == pytest.approx(1 - 0.009 / variance)
    assert row["best_r2"] == pytest.approx(0.5)
    assert row["share_of_ceiling"] == pytest.approx(0.5 / row["r2"])
    shown = table_of(section).iloc[0]
    assert shown["by"] == "svr on music"
    assert shown["listeners per clip"] == "10"
    assert "raters_per_clip" not in words_of(section)


def test_an_unknown_number_of_raters_is_said() -> None:
    section = ceiling_section(
        evidence(cell("svr", 0.5), labels={"music": labels()}, raters={"music": Raters()})
    )
    shown = table_of(section).iloc[0]
    assert shown["ceiling of R²"] == ""
    assert shown["ceiling for one listener"].startswith("at most ")
    assert "not known of music" in words_of(section)
    assert "raters_per_clip" in words_of(section)


def test_labels_without_deviations_have_no_ceiling() -> None:
    bare = evidence(
        cell("svr", 0.5), labels={"music": labels(math.nan)}, raters={"music": Raters(10, DECLARED)}
    )
    assert ceiling_section(bare) is None


def test_counted_raters_go_before_declared_ones_and_these_before_others(tmp_path: Path) -> None:
    ratings = pd.DataFrame(
        {
            "clip_id": ["a", "a", "b", "b"],
            "rater": ["1", "2", "1", "2"],
            "valence": [0.1, 0.2, 0.3, 0.4],
            "arousal": [0.1, 0.2, 0.3, math.nan],
        }
    )
    points = np.random.default_rng(3).integers(1, 10, (30, 2, 22))
    published = pd.DataFrame({"clip_id": [f"s{i:02}" for i in range(30)]})
    for column, target in enumerate(("valence", "arousal")):
        published[target] = (points[:, column] - 5).mean(axis=1) / 4
        published[f"{target}_sd"] = points[:, column].std(axis=1, ddof=1) / 4
    published[["quadrant", "category", "source"]] = None
    files = {name: str(tmp_path / f"{name}.parquet") for name in ("ratings_a", "ratings_b")}
    write_table(ratings, files["ratings_a"], RATINGS)
    write_table(ratings.head(0), files["ratings_b"], RATINGS)
    files["labels_b"] = str(tmp_path / "labels.parquet")
    write_table(published, files["labels_b"], LABELS)
    views = {"a": {"corpus": "a"}, "part": {"corpus": "a"}, "b": {"corpus": "b"}}
    scale = {"points": 9, "ddof": 1, "least": 2}
    known = {
        "a": {"declared": 7, "scale": None},
        "part": {"declared": None, "scale": None},
        "b": {"declared": 30, "scale": scale},
    }
    found = raters_by_view(files, views, known)
    assert (found["b"].counts, found["b"].origin) == (30, DECLARED)
    for view in ("a", "part"):
        assert found[view].origin == COUNTED
        assert found[view].counts.loc["b"].to_dict() == {"valence": 2, "arousal": 1}
    told = raters_by_view(files, views, {**known, "b": {"declared": None, "scale": scale}})["b"]
    assert told.origin == READ_OFF
    assert set(told.counts["valence"]) == {22}
    nothing = {"declared": None, "scale": {**scale, "points": 8}}
    assert raters_by_view(files, views, {**known, "b": nothing})["b"].counts is None


@pytest.mark.parametrize("value", [1, 0, -3, "ten", 2.5, True])
def test_a_number_of_raters_that_cannot_be(value: Any) -> None:
    with pytest.raises(ConfigError, match=RATERS):
        PMEmoCorpus("pmemo", {"root": "x", RATERS: value})
    with pytest.raises(ConfigError, match=RATERS):
        TableCorpus("own", {"root": "x", "labels": "a.csv", RATERS: value})
    assert PMEmoCorpus("pmemo", {"root": "x", RATERS: 10}).settings[RATERS] == 10
    assert PMEmoCorpus("pmemo", {"root": "x"}).settings[RATERS] is None


def test_a_number_of_raters_reaches_the_report_and_no_label(tmp_path: Path) -> None:
    example = Path(__file__).parents[2] / "config" / "examples" / "joint_paper.yaml"
    config = yaml.safe_load(example.read_text(encoding="utf-8"))
    config["corpora"]["iads_e"][RATERS] = 30
    project = Project(config, home=tmp_path)
    raters = project.report_settings("table1")["raters"]
    assert raters["pmemo"] == {"declared": None, "scale": {"points": 9, "ddof": 0, "least": 10}}
    assert raters["iads_e_no_music"]["declared"] == 30
    assert RATERS not in project.corpus_settings("iads_e")


def test_claims_stand_beside_the_papers_own_corpora_alone() -> None:
    roles = {"music": "pmemo"}
    section = claims_section(evidence(cell("svr", 0.5), roles=roles))
    assert table_of(section)["system"].tolist() == ["Chowdhury et al., 2021"] * 2
    assert "2 of 12 published pairs" in words_of(section)
    assert section is not None
    (fold,) = [block for block in section.blocks if isinstance(block, Fold)]
    (statements,) = [block.frame for block in fold.blocks if isinstance(block, Table)]
    assert {"Fig. 4", "Fig. 5"} <= set(statements["where"])
    assert set(section.tables) == {"published_pairs", "published_statements"}
    sounds = claims_section(evidence(cell("svr", 0.5), roles={"music": "iads_e_music"}))
    assert "None of the 6 published pairs" in words_of(sounds)
    assert claims_section(evidence(cell("svr", 0.5), roles=roles, analogous=True)) is None
    assert claims_section(evidence(cell("svr", 0.5))) is None
