"""What the report must not claim: tests never made, and caveats of other tables' rows."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from affectmix.evaluation.metrics import compute_metrics
from affectmix.report.audit import AuditSummary
from affectmix.report.context import ReportContext
from affectmix.report.evidence import Evidence
from affectmix.report.experiment import ExperimentReport
from affectmix.report.labels import caveats
from affectmix.report.page import Badge, badges, render_report
from affectmix.report.words import permutation_sentence

NONE = pd.DataFrame()
PAPER = "Protocol 'paper'"


@cache
def metrics_of(learner: str, *, control: str = "none", folds: int = 5) -> pd.DataFrame:
    """Score a learner that knows something, ``mean`` alone excepted, on one view."""
    rng = np.random.default_rng(len(learner))
    truth = np.random.default_rng(1).uniform(-1, 1, 100)
    known = 0.0 if learner == "mean" or control == "permuted" else 0.8
    noise = 0.0 if learner == "mean" else 0.2
    frame = pd.DataFrame(
        {
            "fold": np.arange(100) % folds,
            "clip_id": [f"c{i:03}" for i in range(100)],
            "y_true": truth,
            "y_pred": known * truth + noise * rng.normal(size=100),
        }
    )
    fields = {
        "experiment": "one",
        "cell": f"{learner}__{control}",
        "learner": learner,
        "features": "is13",
        "mixture": "music-100",
        "scheme": "cv5",
        "protocol": "nested",
        "arithmetic": "clean",
        "control": control,
        "repeat": 0,
        "target": "arousal",
        "in_train": 0,
        "view": "music",
        "corpus": "music",
    }
    return compute_metrics(frame.assign(**fields))


def report_of(*parts: pd.DataFrame, **settings: Any) -> ExperimentReport:
    return ExperimentReport(Evidence("one", pd.concat(parts, ignore_index=True), **settings))


def context(*experiments: ExperimentReport, **changes: Any) -> ReportContext:
    settings: dict[str, Any] = {
        "title": "Demo",
        "experiments": experiments,
        "fig1": None,
        "corpora": NONE,
        "audit": AuditSummary(True, NONE, NONE),
        "convergence": pd.DataFrame({"fits": [10], "unconverged": [2]}),
        "skipped": NONE,
        "feature_faults": NONE,
    }
    return ReportContext(**{**settings, **changes})


def badge(label: str, told: ReportContext) -> Badge:
    return next(b for b in badges(told) if b.label == label)


def permuted(folds: int) -> ExperimentReport:
    return report_of(*(metrics_of(n, control="permuted", folds=folds) for n in ("svr", "mean")))


def test_one_fold_proves_nothing_of_permuted_labels() -> None:
    told = context(permuted(folds=1))
    assert badge("Permuted labels", told) == Badge("Permuted labels", "not testable", "plain")
    sentence = permutation_sentence(told.experiments[0].evidence.permutation)
    assert sentence.startswith("Not testable: of 1 tests on permuted labels none could be made")
    assert "No skill" not in render_report(told)


def test_only_tests_that_were_made_are_counted() -> None:
    made, impossible = permuted(folds=5), permuted(folds=1)
    told = context(made, impossible)
    assert badge("Permuted labels", context(made)).state == "good"
    found = badge("Permuted labels", told)
    assert (found.value, found.state) == ("no skill, 1 not testable", "plain")
    both = pd.concat(
        [made.evidence.permutation, impossible.evidence.permutation], ignore_index=True
    )
    sentence = permutation_sentence(both)
    assert "in any of 1 one-sided tests" in sentence
    assert sentence.endswith("1 more could not be made.")
    leaking = permutation_sentence(both.assign(verdict=["skill", "undefined"]))
    assert "Skill was found in 1 of 1 tests" in leaking
    assert leaking.endswith("1 more could not be made.")


def test_leak_free_is_qualified_where_points_were_chosen_on_reported_folds() -> None:
    nested = report_of(metrics_of("svr"))
    paper = report_of(metrics_of("svr").assign(protocol="paper"))
    assert badge("Leak-free", context(nested)).state == "good"
    found = badge("Leak-free", context(nested, paper))
    assert (found.value, found.state) == ("yes, but chosen on reported folds", "warning")
    replays = context(paper, audit=AuditSummary(True, NONE, NONE, declared=True))
    assert badge("Leak-free", replays).value == (
        "yes, but for replays, and chosen on reported folds"
    )
    leaking = context(paper, audit=AuditSummary(False, NONE, NONE))
    assert badge("Leak-free", leaking).state == "bad"
    page = render_report(context(nested, paper))
    assert 'class="warning"' in page
    assert "<b>Chosen on reported folds:</b>" in page
    assert "on clips that were not trained on" not in page
    assert "<b>Chosen on reported folds:</b>" not in render_report(context(nested))


def test_tables_hold_the_caveats_of_their_own_rows_alone() -> None:
    paper = metrics_of("svr", control="permuted").assign(protocol="paper")
    mixed = report_of(metrics_of("svr"), metrics_of("mean"), paper, roles={"music": "pmemo"})
    assert mixed.evidence.notes[0].startswith("Rows of protocol 'paper'")
    assert mixed.tables["permuted"].notes[0].startswith(PAPER)
    for table in ("skill", "table1_rmse", "table2"):
        assert not any("'paper'" in note for note in mixed.tables[table].notes), table
    page = render_report(context(mixed))
    assert page.index("Protocol &#39;paper") > page.index("Permuted labels.</b>")

    svr = metrics_of("svr").assign(protocol="paper")
    swapped = report_of(
        svr, metrics_of("mean"), metrics_of("svr", control="permuted"), roles={"music": "pmemo"}
    )
    assert swapped.tables["permuted"].notes == []
    assert swapped.tables["skill"].notes[0].startswith(PAPER)
    assert swapped.tables["table1_rmse"].notes[0].startswith("Rows of protocol 'paper'")
    assert swapped.tables["table2"].notes[0].startswith(PAPER)


def test_caveats_say_whether_all_rows_are_meant() -> None:
    clean = metrics_of("svr")
    changes = (
        {"protocol": "paper"},
        {"scheme": "cv5_ungrouped"},
        {"arithmetic": "reference_2023"},
    )
    for change in changes:
        (whole,) = caveats(clean.assign(**change))
        (part,) = caveats(pd.concat([clean, clean.assign(**change)]))
        assert not whole.startswith("Rows of")
        assert part == f"Rows of {whole[0].lower()}{whole[1:]}"


def test_fits_behind_reported_numbers_that_did_not_converge_are_red() -> None:
    plain = report_of(metrics_of("svr"))
    quiet, told = context(plain), context(plain, unconverged=["a, arousal: <it> did not."])
    assert badge("Solver fits", quiet).state == "plain"
    assert badge("Solver fits", told) == Badge(
        "Solver fits", "2 of 10 did not converge, chosen or reported ones among them", "bad"
    )
    page = render_report(told)
    assert '<p class="warn"><b>Not converged:</b>' in page
    assert "<li>a, arousal: &lt;it&gt; did not.</li>" in page
    assert "<b>Not converged:</b>" not in render_report(quiet)


def test_elastic_nets_inner_folds_are_told_where_there_is_one() -> None:
    settings = {"kinds": {"net": "elasticnet"}}
    page = render_report(context(report_of(metrics_of("net"), **settings)))
    assert "groups are not kept whole there" in page
    other = render_report(context(report_of(metrics_of("svr"), **settings)))
    assert "groups are not kept whole there" not in other
