"""Stems whose part in valence and arousal is known get the credit that they are due.

Each stem of this music carries its own causes (``stems: own``): by the formula, the vocals cause
most of valence and the drums most of arousal, and it is known how much. What must hold, holds
for any learner that learns at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from affectmix.cells.evaluate import evaluate_fold
from affectmix.cells.tables import CellTables
from affectmix.corpora.demo.causes import draw_causes
from affectmix.corpora.demo.design import design
from affectmix.corpora.demo.ownership import known_shares
from affectmix.corpora.demo.render import write_clips
from affectmix.evaluation.comparisons import NO_SKILL, permutation_verdict
from affectmix.evaluation.contributions import find_families, stem_contributions
from affectmix.evaluation.metrics import compute_metrics, mean_rows
from affectmix.evaluation.stem_comparisons import compare_with_mix
from affectmix.evaluation.stem_worth import credit_beside_causes, stem_worth
from affectmix.features.concatenated import side_by_side
from affectmix.features.feature_sets import FeatureSet
from affectmix.features.opensmile import extract_shard
from affectmix.splits.classes import assign_classes
from affectmix.splits.folds import make_splits
from affectmix.splits.schemes import Scheme
from affectmix.stems.names import STEMS

CLIPS, SECONDS = 120, 4.0
SCHEME = Scheme.parse("cv5")
CAUSED = {"valence": "vocals", "arousal": "drums"}
SVR = {
    "kind": "svr",
    "space": {"kernel": ["rbf"], "pca": [0.9], "C": [0.3, 1.0, 3.0], "epsilon": [0.1]},
    "search": "exhaustive",
}
SUBSETS = {"_".join(c): list(c) for n in range(1, 5) for c in combinations(STEMS, n)}
ALL = "_".join(STEMS)
CHOICES = {
    name: {"set": "IS09", "stem": stems, "separator": "known"} for name, stems in SUBSETS.items()
}


def music(folder: Path) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Return the clips' labels, and each stem's functionals."""
    labels = design(part="music", clips=CLIPS, seed=1)[["clip_id", *CAUSED]]
    settings = {"clips": CLIPS, "duration": SECONDS, "seed": 1, "stems": "own"}
    write_clips("music", settings, labels["clip_id"], folder)
    features = {}
    for stem in STEMS:
        clips = [(clip, folder / clip / f"{stem}.flac") for clip in labels["clip_id"]]
        features[stem], faults = extract_shard(clips, FeatureSet.IS09)
        assert faults.empty
    return labels.assign(category=None), features


class Cells:
    """Evaluates cells of these clips, in this process."""

    def __init__(self, folder: Path) -> None:
        self._labels, self._features = music(folder)
        ids = self._labels["clip_id"]
        self._groups = pd.DataFrame({"corpus": "m", "clip_id": ids, "group": ids})
        classes = assign_classes(self._labels, min_size=25)
        splits = make_splits(classes, self._groups, corpus="m", scheme=SCHEME, seed=7)
        self._splits = splits.frame

    def predictions(self, learner: str, features: str, control: str) -> pd.DataFrame:
        heard = side_by_side({stem: self._features[stem] for stem in SUBSETS[features]})
        tables = CellTables({"m": self._labels}, {"m": self._splits}, self._groups, {"m": heard})
        fields = {
            "learner": learner,
            "features": features,
            "mixture": "m-100",
            "scheme": "cv5",
            "protocol": "nested",
            "arithmetic": "clean",
            "control": control,
        }
        settings: dict[str, Any] = {
            "fields": fields,
            "shares": {"m": 1.0},
            "views": {"m": {"corpus": "m"}},
            "learner": SVR if learner == "svr" else {"kind": "mean"},
            "features": CHOICES[features],
            "seed": 3,
        }
        named = {**fields, "experiment": "e", "cell": "__".join(fields.values()), "repeat": 0}
        return pd.concat(
            [
                evaluate_fold(tables, settings, repeat=0, fold=fold).predictions.assign(
                    **named, fold=fold
                )
                for fold in SCHEME.test_folds()
            ]
        )

    def many(self, cells: Iterable[tuple[str, str, str]]) -> pd.DataFrame:
        return pd.concat([self.predictions(*cell) for cell in cells], ignore_index=True)


@pytest.fixture(scope="module")
def predictions(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    honest = [("svr", features, "none") for features in SUBSETS]
    permuted = [("svr", features, "permuted") for features in (*STEMS, ALL)]
    means = [("mean", ALL, control) for control in ("none", "permuted")]
    return Cells(tmp_path_factory.mktemp("demo")).many([*honest, *permuted, *means])


@pytest.fixture(scope="module")
def metrics(predictions: pd.DataFrame) -> pd.DataFrame:
    return compute_metrics(predictions)


@pytest.fixture(scope="module")
def worth(predictions: pd.DataFrame, metrics: pd.DataFrame) -> pd.DataFrame:
    names = ["learner", "features", "mixture", "scheme", "protocol", "arithmetic", "control"]
    cells = predictions[names].drop_duplicates().to_dict("records")
    families = find_families(cells, CHOICES, means=["mean"])
    assert len(families) == 1
    return stem_worth(metrics, stem_contributions(predictions, families), families)


def r2(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return the mean R² of honest cells, a row per feature choice and a column per target."""
    rows = mean_rows(metrics)
    rows = rows[(rows["metric"] == "r2") & (rows["control"] == "none") & (rows["learner"] == "svr")]
    return rows.pivot(index="features", columns="target", values="value")


@pytest.mark.parametrize("quantity", ["r2", "size"])
@pytest.mark.parametrize("target", CAUSED)
def test_the_stem_that_causes_a_target_contributes_most(
    worth: pd.DataFrame, target: str, quantity: str
) -> None:
    own = worth[(worth["target"] == target) & (worth["quantity"] == quantity)].set_index("stem")
    others = own.drop(CAUSED[target])
    assert own.loc[CAUSED[target], "low"] > others["mean"].max(), own


def test_the_credit_is_near_the_known_causes(worth: pd.DataFrame) -> None:
    causes = draw_causes(part="music", clips=CLIPS, seed=1).causes
    credit = credit_beside_causes(worth, {"m": known_shares(causes)})
    assert len(credit) == 2 * len(STEMS)
    assert (credit["credit"] - credit["causes"]).abs().max() < 0.25, credit
    for _, own in credit.groupby("target"):
        assert own["credit"].corr(own["causes"]) > 0.9, own


def test_shares_add_up_to_what_all_stems_gain(worth: pd.DataFrame, metrics: pd.DataFrame) -> None:
    rows = mean_rows(metrics)
    rows = rows[(rows["metric"] == "r2") & (rows["control"] == "none") & (rows["features"] == ALL)]
    values = rows.pivot(index="target", columns="learner", values="value")
    shares = worth[worth["quantity"] == "r2"].groupby("target")["mean"].sum()
    np.testing.assert_allclose(shares, values["svr"] - values["mean"], atol=1e-9)


def test_all_stems_beat_every_single_one(metrics: pd.DataFrame) -> None:
    found = r2(metrics)
    for target in CAUSED:
        own = found[target]
        assert own[ALL] > own[list(STEMS)].max() + 0.05, own[[ALL, *STEMS]]


def test_permuted_labels_show_no_skill(metrics: pd.DataFrame) -> None:
    verdicts = permutation_verdict(metrics)
    assert len(verdicts) == 2 * 5
    assert set(verdicts["verdict"]) == {NO_SKILL}


def test_stems_against_a_mix_that_tells_of_little(metrics: pd.DataFrame) -> None:
    """Bass stands for a mix with hardly any of the causes: all stems are better."""
    choices = CHOICES | {"bass": {"set": "IS09", "stem": "mix"}}
    found = compare_with_mix(metrics, choices, learners=["svr"])
    assert len(found) == 2 * (len(SUBSETS) - 1)
    whole = found[found["features"] == ALL]
    assert (whole["gain"] > 0.3).all()
    assert (whole["p"] < 0.05).all(), whole
