"""Stems whose part in valence and arousal is known: they, and no others, get the credit.

The four stems of a demo clip share its causes, so that each tells of them. Here every clip is
made of stems of four different demo clips: its valence is by the formula that of the clip
whose vocals it has, its arousal that of the clip whose drums it has, and bass and other tell
of neither. What must hold, holds for any learner that learns at all.
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
from affectmix.corpora.demo.design import design
from affectmix.corpora.demo.render import write_clips
from affectmix.evaluation.comparisons import NO_SKILL, permutation_verdict
from affectmix.evaluation.contributions import find_families, stem_contributions
from affectmix.evaluation.metrics import compute_metrics, mean_rows
from affectmix.evaluation.stem_comparisons import compare_with_mix
from affectmix.evaluation.stem_worth import stem_worth
from affectmix.features.concatenated import side_by_side
from affectmix.features.feature_sets import FeatureSet
from affectmix.features.opensmile import extract_shard
from affectmix.splits.classes import assign_classes
from affectmix.splits.folds import make_splits
from affectmix.splits.schemes import Scheme
from affectmix.stems.names import STEMS

CLIPS, SECONDS = 120, 4.0
SCHEME = Scheme.parse("cv5")
SHIFTS = {"vocals": 0, "drums": 30, "bass": 60, "other": 90}  # which clip a stem is taken of
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


def recombined(folder: Path) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Return the labels of clips made of four clips' stems, and each stem's functionals."""
    table = design(part="music", clips=CLIPS, seed=1)
    ids = table["clip_id"].to_numpy()
    settings = {"clips": CLIPS, "duration": SECONDS, "seed": 1}
    write_clips("music", settings, ids, folder)
    features = {}
    for stem, shift in SHIFTS.items():
        clips = [(clip, folder / clip / f"{stem}.flac") for clip in ids]
        found, faults = extract_shard(clips, FeatureSet.IS09)
        assert faults.empty
        features[stem] = found.assign(clip_id=np.roll(ids, shift))  # of the shift-th clip after it
    labels = pd.DataFrame({"clip_id": ids, "category": None})
    for target, stem in CAUSED.items():
        labels[target] = np.roll(table[target].to_numpy(), -SHIFTS[stem])
    return labels, features


class Cells:
    """Evaluates cells of the recombined clips, in this process."""

    def __init__(self, folder: Path) -> None:
        self._labels, self._features = recombined(folder)
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
    assert own.loc[CAUSED[target], "low"] > others["high"].max(), own
    if quantity == "r2":  # noise moves predictions, and brings nothing
        assert (others["low"] < 0.05).all(), others


def test_shares_add_up_to_what_all_stems_gain(worth: pd.DataFrame, metrics: pd.DataFrame) -> None:
    rows = mean_rows(metrics)
    rows = rows[(rows["metric"] == "r2") & (rows["control"] == "none") & (rows["features"] == ALL)]
    values = rows.pivot(index="target", columns="learner", values="value")
    shares = worth[worth["quantity"] == "r2"].groupby("target")["mean"].sum()
    np.testing.assert_allclose(shares, values["svr"] - values["mean"], atol=1e-9)


def test_all_stems_beat_every_single_one(metrics: pd.DataFrame) -> None:
    """No single stem tells of both targets, so that on their mean all stems must be better."""
    found = r2(metrics).mean(axis=1)
    assert found[ALL] > found[list(STEMS)].max() + 0.05, found[[ALL, *STEMS]]


def test_permuted_labels_show_no_skill(metrics: pd.DataFrame) -> None:
    verdicts = permutation_verdict(metrics)
    assert len(verdicts) == 2 * 5
    assert set(verdicts["verdict"]) == {NO_SKILL}


def test_stems_against_a_mix_that_tells_of_nothing(metrics: pd.DataFrame) -> None:
    """Bass stands for a mix without the causes: the stems that have them are better."""
    choices = CHOICES | {"bass": {"set": "IS09", "stem": "mix"}}
    found = compare_with_mix(metrics, choices, learners=["svr"])
    assert len(found) == 2 * (len(SUBSETS) - 1)
    for target, stem in CAUSED.items():
        own = found[(found["target"] == target) & (found["features"] == stem)].iloc[0]
        assert own["gain"] > 0
        assert own["p"] < 0.05
