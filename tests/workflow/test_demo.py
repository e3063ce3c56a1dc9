"""The default run: planted causes are found, permuted labels are not, nothing leaks.

What can be found is known: the oracle, a regression on the true causes, says it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from affectmix.evaluation.comparisons import compare_mixtures, permutation_verdict
from affectmix.evaluation.coverage import ALL_VIEWS, verdicts

REPOSITORY = Path(__file__).parents[2]
LEAST_SHARE = 0.7  # of the oracle's R²
MIXED = "demo_music-100_demo_sounds-100"
ALONE = {
    "demo_music": "demo_music-100_demo_sounds-000",
    "demo_sounds": "demo_music-000_demo_sounds-100",
}
CASES = [(view, target) for view in ALONE for target in ("valence", "arousal")]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    command = [
        *(sys.executable, "-m", "snakemake", "--cores", "all", "--directory", str(folder)),
        *("--snakefile", str(REPOSITORY / "Snakefile")),
    ]
    done = subprocess.run(
        command, cwd=REPOSITORY, env=os.environ, capture_output=True, text=True, timeout=3000
    )
    assert done.returncode == 0, done.stderr[-6000:]
    return folder / "results"


def r2(
    results: Path,
    mixture: str,
    view: str,
    target: str,
    *,
    protocol: str = "nested",
    arithmetic: str = "clean",
) -> float:
    experiment = "joint" if protocol == "nested" else "arithmetics"
    metrics = pd.read_parquet(results / "metrics" / f"{experiment}.parquet")
    row = metrics[
        (metrics["learner"] == "svr")
        & (metrics["control"] == "none")
        & (metrics["protocol"] == protocol)
        & (metrics["arithmetic"] == arithmetic)
        & (metrics["mixture"] == mixture)
        & (metrics["view"] == view)
        & (metrics["target"] == target)
        & (metrics["metric"] == "r2")
        & metrics["fold"].isna()
    ]
    assert len(row) == 1
    return float(row["value"].iloc[0])


def oracle(results: Path, quantity: str, view: str, target: str, other: float) -> pd.Series:
    table = pd.read_parquet(results / "oracle.parquet")
    row = table[
        (table["corpus"] == view)
        & (table["target"] == target)
        & (table["quantity"] == quantity)
        & (table["own_share"] == 1)
        & (table["other_share"] == other)
    ]
    assert len(row) == 1
    return row.iloc[0]


@pytest.mark.parametrize(("view", "target"), CASES)
def test_planted_causes_are_found(results: Path, view: str, target: str) -> None:
    alone = oracle(results, "r2", view, target, 0.0)["mean"]
    mixed = oracle(results, "r2", view, target, 1.0)["mean"]
    assert r2(results, ALONE[view], view, target) >= LEAST_SHARE * alone
    assert r2(results, MIXED, view, target) >= LEAST_SHARE * mixed


@pytest.mark.parametrize(("view", "target"), CASES)
def test_gain_by_mixing_has_the_sign_of_the_oracles(results: Path, view: str, target: str) -> None:
    known = oracle(results, "gain", view, target, 1.0)
    gain = r2(results, MIXED, view, target) - r2(results, ALONE[view], view, target)
    if known["low"] > 0:
        assert gain > 0
    elif known["high"] < 0:
        assert gain < 0
    else:  # nothing is known of the sign: what five folds can tell must not contradict the bracket
        metrics = pd.read_parquet(results / "metrics" / "joint.parquet")
        told = compare_mixtures(metrics, mean_learners=("mean",)).query(
            "learner == 'svr' and metric == 'r2' and protocol == 'nested' and control == 'none'"
        )
        own = told[(told["mixture"] == MIXED) & (told["view"] == view)]
        (row,) = own[own["target"] == target].itertuples()
        assert row.gain == pytest.approx(gain)
        assert row.ci95_low < known["high"]
        assert row.ci95_high > known["low"]


def test_intervals_hold_the_share_that_they_promise(results: Path) -> None:
    table = verdicts(pd.read_parquet(results / "coverage" / "joint.parquet"))
    told = table[table["view"] == ALL_VIEWS]
    assert len(told) == 18  # three learners on three mixtures, two targets
    assert set(told["verdict"]) == {"as promised"}
    known = told[(told["low"] <= told["nominal"]) & (told["nominal"] <= told["high"])]
    assert len(known) >= 16  # by chance one of 18 is outside of 95 %


def test_permuted_labels_show_no_skill(results: Path) -> None:
    verdict = permutation_verdict(pd.read_parquet(results / "metrics" / "joint.parquet"))
    assert len(verdict) == 4
    assert set(verdict["verdict"]) == {"no skill"}


def test_nothing_leaks(results: Path) -> None:
    summary = pd.read_parquet(results / "audit" / "joint.parquet")
    assert (summary[["in_train", "group_in_train", "foreign", "findings"]] == 0).all(axis=None)


@pytest.mark.parametrize("target", ["valence", "arousal"])
def test_the_released_arithmetic_inflates_the_shifted_corpus(results: Path, target: str) -> None:
    clean = r2(results, MIXED, "demo_sounds", target, protocol="paper")
    leaked = r2(
        results, MIXED, "demo_sounds", target, protocol="paper", arithmetic="reference_2023"
    )
    assert leaked > clean + 0.05


def test_the_audit_names_the_rows_that_the_released_arithmetic_leaks(results: Path) -> None:
    cell = f"svr__is13__{MIXED}__cv5_ungrouped__paper__reference_2023__none"
    tested = pd.concat(map(pd.read_parquet, sorted((results / "cells" / cell).glob("0-?.parquet"))))
    leaked = tested[(tested["in_train"] > 0) & (tested["view"] == "demo_sounds")]
    sounds = tested[tested["view"] == "demo_sounds"]
    assert leaked["clip_id"].nunique() > 0.5 * sounds["clip_id"].nunique()
    findings = pd.read_parquet(results / "audit" / "arithmetics.findings.parquet")
    named = findings[(findings["cell"] == cell) & (findings["check"] == "clip")]
    named = named[named["corpus"] == "demo_sounds"]
    assert set(named["clip_id"]) == set(leaked["clip_id"])
    assert named["declared"].all()
