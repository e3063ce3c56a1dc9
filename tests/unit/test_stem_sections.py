"""What the report says of stems: known answers, and a page that needs nothing from outside."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
import soundfile
from affectmix.evaluation.best_stem import BOTH, best_stems, stems_by_quadrant
from affectmix.evaluation.comparisons import HELPED, NOT_SHOWN
from affectmix.evaluation.contributions import find_families, stem_contributions
from affectmix.evaluation.metrics import compute_metrics
from affectmix.evaluation.stem_comparisons import compare_with_mix
from affectmix.report.audit import AuditSummary
from affectmix.report.context import ReportContext
from affectmix.report.evidence import Evidence
from affectmix.report.experiment import ExperimentReport
from affectmix.report.page import render_report
from affectmix.schemas import EXCERPTS
from affectmix.stems.excerpts import cut_excerpts, telling_clips
from affectmix.stems.names import STEMS
from affectmix.tables import check_table

CLIPS = 60
SUBSETS = {"".join(s[0] for s in c): list(c) for n in range(1, 5) for c in combinations(STEMS, n)}
FEATURES: dict[str, dict[str, Any]] = {
    "mix": {"set": "IS09", "stem": "mix"},
    **{name: {"set": "IS09", "stem": s, "separator": "x"} for name, s in SUBSETS.items()},
}
NETWORKS = {
    "net": {
        "kind": "emomucs",
        "architectures": ["c2d"],
        "fusions": ["late"],
        "trainings": ["freeze"],
        "selection": "best_inner",
    }
}
FIELDS = ["learner", "features", "mixture", "scheme", "protocol", "arithmetic", "control"]


def predictions() -> pd.DataFrame:
    """Return a learner's cells: vocals know valence, drums arousal, and the mix a little."""
    rng = np.random.default_rng(0)
    ranks = np.arange(CLIPS)  # such that every fold has low and high ratings
    truth = np.column_stack([ranks, (ranks * 37) % CLIPS]) / CLIPS * 1.8 - 0.9
    noise = {name: rng.normal(0, 0.1, size=(CLIPS, 2)) for name in FEATURES}
    rows = []
    for learner, features in [("mean", "mix"), *(("net", name) for name in FEATURES)]:
        stems = SUBSETS.get(features, [])
        known = np.array(["vocals" in stems, "drums" in stems], dtype=float)
        if features == "mix":
            known = np.array([0.2, 0.2])
        made = known * truth + noise[features] if learner == "net" else 0 * truth + 0.01
        cell = dict(zip(FIELDS, (learner, features, "a-100", "cv5"), strict=False))
        cell |= {"protocol": "nested", "arithmetic": "clean", "control": "none"}
        for place, target in enumerate(("valence", "arousal")):
            rows += [
                {
                    **cell,
                    "experiment": "e",
                    "cell": "__".join(cell.values()),
                    "repeat": 0,
                    "fold": clip % 5,
                    "corpus": "a",
                    "view": "a",
                    "clip_id": f"c{clip:02d}",
                    "target": target,
                    "in_train": 0,
                    "y_true": truth[clip, place],
                    "y_pred": made[clip, place],
                }
                for clip in range(CLIPS)
            ]
    return pd.DataFrame(rows).sample(frac=1, random_state=0, ignore_index=True)


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    own = predictions()
    cells = own[FIELDS].drop_duplicates().to_dict("records")
    families = find_families(cells, FEATURES, means=["mean"])
    contributions = stem_contributions(own, families)
    folder = tmp_path_factory.mktemp("audio")
    sound = np.random.default_rng(0).normal(0, 0.05, size=8 * 8000)
    clips = []
    for clip in own["clip_id"].unique():
        (folder / clip).mkdir()
        for file in (folder / f"{clip}.wav", *(folder / clip / f"{s}.flac" for s in STEMS)):
            if clip in {c for _, c in telling_clips(contributions)}:
                soundfile.write(file, sound, 8000)
        clips.append(["a", clip, str(folder / f"{clip}.wav"), str(folder / clip)])
    return Evidence(
        "e",
        compute_metrics(own),
        title="Stems",
        features=FEATURES,
        networks=NETWORKS,
        kinds={"net": "emomucs"},
        roles={"a": "pmemo"},
        analogous=True,
        predictions=own,
        contributions=contributions,
        excerpts=cut_excerpts(clips, telling_clips(contributions)),
    )


@pytest.fixture(scope="module")
def report(evidence: Evidence) -> ExperimentReport:
    return ExperimentReport(evidence)


def section(report: ExperimentReport, key: str) -> Any:
    return next(s for s in report.sections if s.key == key)


def test_stems_that_know_are_better_than_a_mix_that_knows_little(
    report: ExperimentReport,
) -> None:
    found = compare_with_mix(report.evidence.metrics, FEATURES, learners=["net"])
    verdicts = found.set_index(["features", "target"])["verdict"]
    assert verdicts["v", "valence"] == verdicts["d", "arousal"] == HELPED
    assert verdicts["vdbo", "valence"] == verdicts["vdbo", "arousal"] == HELPED
    assert verdicts["b", "valence"] != HELPED
    assert NOT_SHOWN in set(verdicts) or "hurt" in set(verdicts)
    assert "net on stems: better than the mix in" in section(report, "unmixing").blocks[0].text


def test_each_clip_goes_to_the_stem_that_errs_least(evidence: Evidence) -> None:
    assert evidence.predictions is not None
    best = best_stems(evidence.predictions, FEATURES)
    assert len(best) == CLIPS * 3
    shares = best.groupby("target")["stem"].value_counts(normalize=True)
    assert shares["valence", "vocals"] > 0.5
    assert shares["arousal", "drums"] > 0.5
    both = best[best["target"] == BOTH]
    table = stems_by_quadrant(both).set_index("quadrant")
    assert table.loc["all", "clips"] == CLIPS == table["clips"].iloc[:-1].sum()
    np.testing.assert_allclose(table.drop(columns="clips").sum(axis=1), 1)


def test_contributions_are_those_that_were_planted(report: ExperimentReport) -> None:
    worth = section(report, "contributions").tables["stem_contributions"].frame
    r2 = worth[worth["quantity"] == "r2"].set_index(["target", "stem"])["mean"]
    assert r2["valence"].idxmax() == "vocals"
    assert r2["arousal"].idxmax() == "drums"
    assert r2["valence"].drop("vocals").abs().max() < 0.1


def test_credit_stands_beside_known_causes(evidence: Evidence) -> None:
    known = {"valence": {"vocals": 0.9, "drums": 0.1}, "arousal": {"vocals": 0.2, "drums": 0.8}}
    shares = {"a": {target: dict.fromkeys(STEMS, 0.0) | own for target, own in known.items()}}
    parts = section(ExperimentReport(replace(evidence, known_shares=shares)), "contributions")
    credit = parts.tables["stem_credit"].frame.set_index(["target", "stem"])
    assert credit.loc[("valence", "vocals"), "causes"] == 0.9
    assert credit.loc[("valence", "vocals"), "credit"] > 0.9
    np.testing.assert_allclose(credit.groupby("target")["credit"].sum(), 1)
    assert (credit["low"] <= credit["credit"]).all()
    unknown = section(ExperimentReport(evidence), "contributions")
    assert "stem_credit" not in unknown.tables


def test_quality_of_separation_is_over_the_mix(evidence: Evidence) -> None:
    rows = pd.DataFrame(
        {
            "clip_id": ["c1", "c2", "c3", "c1"],
            "stem": ["vocals", "vocals", "vocals", "bass"],
            "sdr": [4.0, 6.0, np.nan, -1.0],
            "si_sdr": [3.0, 5.0, np.nan, -2.0],
            "mix_sdr": [1.0, 1.0, np.nan, -3.0],
            "mix_si_sdr": [0.0, 0.0, np.nan, -4.0],
        }
    )
    known = rows.assign(separator="x", corpus="a")
    quality = section(ExperimentReport(replace(evidence, separation=known)), "separation")
    summary = quality.tables["separation"].frame.set_index("stem")
    assert list(summary.index) == ["vocals", "bass"]
    assert summary.loc["vocals", ["clips", "sdr", "sdr_gain"]].tolist() == [2, 5.0, 4.0]
    shown = quality.blocks[0].frame
    assert shown["SI-SDR"].tolist() == ["4.0 (3.5 to 4.5)", "−2.0 (−2.0 to −2.0)"]
    assert shown["SI-SDR gain"].tolist() == ["+4.0", "+2.0"]


def test_excerpts_are_short_and_can_be_played(evidence: Evidence) -> None:
    assert evidence.excerpts is not None
    check_table(evidence.excerpts, EXCERPTS, where="here")
    assert len(evidence.excerpts) == 3 * 5
    assert evidence.excerpts["duration_s"].max() <= 6
    assert evidence.excerpts["start_s"].tolist() == [1.0] * 15
    head, _, body = evidence.excerpts["audio"].iloc[0].partition(",")
    assert head == "data:audio/mpeg;base64"
    samples, rate = soundfile.read(io.BytesIO(base64.b64decode(body)))
    assert len(samples) / rate == pytest.approx(6, abs=0.2)
    assert np.abs(samples).max() > 0.05


def test_tables_and_figures_have_the_papers_numbers(report: ExperimentReport) -> None:
    assert {"emomucs_table1", "emomucs_table2", "emomucs_fig3", "emomucs_fig4"} <= set(
        report.tables
    )
    assert {"emomucs_fig3", "emomucs_fig4"} <= set(report.figures)
    second = report.tables["emomucs_table2"].shown
    assert second is not None
    assert second["R² valence (paper)"].iloc[0].endswith("(.4814)")
    best = section(report, "combinations").blocks[1].frame
    two = best[(best["stems"] == 2) & (best["target"] == "valence")].iloc[0]
    assert "V" in two["best"]
    assert two["best in the paper (C2D, late, freeze)"] == "B-O"


def test_the_page_holds_its_sounds_and_asks_for_nothing(report: ExperimentReport) -> None:
    empty = pd.DataFrame()
    page = render_report(
        ReportContext(
            title="AffectMix",
            experiments=[report],
            fig1=None,
            corpora=empty,
            audit=AuditSummary(True, empty, empty),
            convergence=empty,
            skipped=empty,
            feature_faults=empty,
        )
    )
    assert page.count("<audio controls") == 15
    assert set(re.findall(r'src="([^",]{0,22})', page)) == {"data:audio/mpeg;base64"}
    assert "Does un-mixing help? net on stems" in page
    assert "Did mixing help" not in page
    assert "<h2>Did un-mixing help, by how much, and is it real?</h2>" in page
    assert len(page) < 4_000_000


def test_without_stems_there_is_nothing_of_it() -> None:
    own = predictions()
    plain = own[own["features"] == "mix"]
    bare = Evidence("e", compute_metrics(plain), features={"mix": FEATURES["mix"]})
    keys = {s.key for s in ExperimentReport(bare).sections}
    assert keys.isdisjoint({"unmixing", "contributions", "best-stem", "combinations"})
    assert "training-sets" in keys
