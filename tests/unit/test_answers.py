"""The first table of the page: what mixing did, and whether controls, audit and causes agree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from affectmix.evaluation.comparisons import compare_mixtures
from affectmix.evaluation.noise_ceiling import Raters
from affectmix.report.answer_checks import honest
from affectmix.report.answer_table import AnswerTable, answer_table
from affectmix.report.audit import AuditSummary
from affectmix.report.context import ReportContext
from affectmix.report.evidence import Evidence
from affectmix.report.experiment import ExperimentReport
from affectmix.report.page import render_report
from sweep_metrics import CLIPS, sweep_metrics

PAIR = [{"music": 1.0, "sounds": 0.0}, {"music": 0.0, "sounds": 1.0}, {"music": 1.0, "sounds": 1.0}]
TRIPLE = [
    *({"music": 1.0, "sounds": float(i), "speech": float(j)} for i in (0, 1) for j in (0, 1)),
]
NONE = pd.DataFrame()


def error(view: str, mixture: Mapping[str, float], control: str) -> float:
    """Other views help music and hurt sounds; permuted labels teach nothing."""
    if control == "permuted":
        return 1.0
    others = sum(mixture.values()) - mixture[view]
    return 0.3 - 0.05 * others if view == "music" else 0.3 + 0.05 * others


def metrics(*, controls: tuple[str, ...] = ("none", "permuted")) -> pd.DataFrame:
    return sweep_metrics(PAIR, error, controls=controls, learners=("svr", "mean"))


def audited(rows: pd.DataFrame, *, findings: int = 0, declared: bool = False) -> AuditSummary:
    summary = rows[["cell", "view"]].drop_duplicates().assign(findings=findings)
    return AuditSummary(findings == 0 or declared, summary, NONE, declared=declared)


def answers(**settings: Any) -> AnswerTable:
    rows = settings.pop("metrics", None)
    rows = metrics() if rows is None else rows
    found = answer_table(Evidence("pair", rows, **{"audit": audited(rows), **settings}))
    assert found is not None
    return found


def test_each_view_and_target_has_its_answer() -> None:
    music, sounds = answers().rows
    assert (music.view, music.added, music.verdict, music.words) == (
        "music",
        "sounds",
        "helped",
        "helped",
    )
    assert (sounds.view, sounds.added, sounds.words) == ("sounds", "music", "hurt")
    (row,) = compare_mixtures(metrics()).query("view == 'music'").itertuples()
    assert float(music.gain) == pytest.approx(row.gain, abs=5e-4)
    assert float(music.mixed) - float(music.alone) == pytest.approx(row.gain, abs=2e-3)
    low, high = (float(text) for text in music.interval.split(" to "))
    assert low < row.gain < high


def test_controls_pass_only_where_all_were_run_and_are_clean() -> None:
    (clean, *_) = answers().rows
    assert (clean.in_short.text, clean.in_short.state) == ("✓ controls pass", "good")
    assert clean.checks["permuted labels"].text == "✓ no skill"
    assert clean.checks["audit"].text == "✓ clean"
    rows = metrics()
    assert answers(audit=None).rows[0].in_short.text.endswith("controls incomplete")
    leaking = answers(audit=audited(rows, findings=3)).rows[0]
    assert (leaking.in_short.text, leaking.in_short.state) == ("✗ controls fail", "bad")
    declared = answers(audit=audited(rows, findings=3, declared=True)).rows[0]
    assert declared.checks["audit"].state == "warning"
    assert declared.in_short.state != "good"
    bare = metrics(controls=("none",))
    unrun = answers(metrics=bare, audit=audited(bare)).rows[0]
    assert unrun.checks["permuted labels"].text == "not run"
    assert unrun.in_short.state == "plain"


def test_skill_on_permuted_labels_is_a_failure() -> None:
    def leak(view: str, mixture: Mapping[str, float], control: str) -> float:
        return 0.2 if control == "permuted" else error(view, mixture, control)

    rows = sweep_metrics(PAIR, leak, controls=("none", "permuted"), learners=("svr", "mean"))
    told = answers(metrics=rows, audit=audited(rows)).rows[0]
    assert told.checks["permuted labels"].text == "✗ skill"
    assert told.in_short.state == "bad"


def test_numbers_chosen_on_reported_folds_show_only_where_there_are_no_others() -> None:
    paper = metrics().assign(protocol="paper", cell=lambda t: t["cell"] + "__paper")
    both = pd.concat([metrics(), paper], ignore_index=True)
    assert len(answers(metrics=both, audit=audited(both)).rows) == 2
    assert len(honest(compare_mixtures(both))) == 2
    assert len(honest(compare_mixtures(paper))) == 2
    (first, *_) = answers(metrics=paper, audit=audited(paper)).rows
    assert first.in_short.text == "✗ optimistic: chosen on reported folds"


def test_known_causes_published_gains_and_the_ceiling_stand_beside() -> None:
    oracle = pd.DataFrame(
        {
            "corpus": ["music", "sounds"],
            "target": "arousal",
            "quantity": "gain",
            "train": "music-100_sounds-100",
            "own_share": 1.0,
            "other_share": 1.0,
            "mean": 0.1,
            "low": [0.0, 0.3],
            "high": [0.3, 0.4],
        }
    )
    labels = pd.DataFrame(
        {
            "clip_id": [f"c{i}" for i in range(CLIPS)],
            **{name: np.linspace(-1, 1, CLIPS) for name in ("valence", "arousal")},
            **dict.fromkeys(("valence_sd", "arousal_sd"), 0.4),
        }
    )
    told = answers(
        oracle=oracle,
        roles={"music": "pmemo", "sounds": "iads_e"},
        labels={"music": labels},
        raters={"music": Raters(10)},
    )
    music, sounds = told.rows
    assert music.checks["known causes allow"].text.endswith(": inside")
    assert sounds.checks["known causes allow"].text.endswith(": below")
    assert "† leaked" in music.checks["published gain"].text
    assert "tested rows" in music.checks["published gain"].hint
    above = answers(oracle=oracle.assign(low=-0.02, high=0.01)).rows[0]
    assert above.in_short.text == "✗ not what the known causes allow"
    assert float(music.checks["noise ceiling of R²"].text.split(":")[0]) > 0.9
    assert "noise ceiling of R²" not in sounds.checks
    assert told.checks[-1] == "noise ceiling of R²"
    others = answers(roles={"music": "pmemo", "sounds": "iads_e"}, analogous=True)
    assert "published gain (other corpora)" in others.checks


def test_of_three_views_the_fullest_mixture_answers() -> None:
    rows = sweep_metrics(TRIPLE, error)
    (music,) = answers(metrics=rows, audit=audited(rows)).rows
    assert music.added == "sounds + speech"


def test_without_a_pair_there_is_no_answer() -> None:
    assert answer_table(Evidence("alone", sweep_metrics(PAIR[:1], error))) is None


def test_answers_stand_first_on_the_page_and_in_a_file() -> None:
    rows = metrics()
    report = ExperimentReport(Evidence("pair", rows, title="Music", audit=audited(rows)))
    file = report.tables["answers"].frame
    assert file["did it help?"].tolist() == ["helped", "hurt"]
    page = render_report(
        ReportContext(
            title="Demo",
            experiments=[report],
            fig1=None,
            corpora=NONE,
            audit=AuditSummary(True, NONE, NONE),
            convergence=NONE,
            skipped=NONE,
            feature_faults=NONE,
        )
    )
    assert page.index("is it real?</th>") < page.index("Did mixing help?</h3>")
    assert "✓ controls pass" in page
    assert "no difference shown once" in page
