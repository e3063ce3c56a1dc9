"""The report page: answers in words, evidence below, and nothing from outside."""

from __future__ import annotations

import re
from functools import cache
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd
import pytest
from affectmix.evaluation.metrics import compute_metrics, mean_rows
from affectmix.report.audit import AuditSummary
from affectmix.report.context import ReportContext
from affectmix.report.evidence import Evidence, mean_learners_of
from affectmix.report.experiment import ExperimentReport
from affectmix.report.figure_1 import draw_fig1
from affectmix.report.page import badges, cell_text, render_report
from affectmix.report.skill_words import skill_headline
from affectmix.report.words import answers, headline, permutation_sentence, signed

MIXED = "music-100_sounds-100"
NONE = pd.DataFrame()
NASTY = "<script>alert(\"x\")</script> & 'quoted'"


def rows_of(learner: str, mixture: str, control: str, noise: float, slope: float) -> pd.DataFrame:
    parts = []
    for number, view in enumerate(("music", "sounds")):
        rng = np.random.default_rng([number, len(learner)])
        truth = np.random.default_rng(number).uniform(-1, 1, 200)
        frame = pd.DataFrame(
            {
                "fold": np.arange(200) % 5,
                "clip_id": [f"c{i:03}" for i in range(200)],
                "y_true": truth,
                "y_pred": slope * truth + noise * rng.normal(size=200),
            }
        )
        parts.append(frame.assign(view=view, corpus=view))
    fields = {
        "experiment": "joint",
        "cell": f"{learner}__{mixture}__{control}",
        "learner": learner,
        "features": "is13",
        "mixture": mixture,
        "scheme": "cv5",
        "protocol": "nested",
        "arithmetic": "clean",
        "control": control,
        "repeat": 0,
        "target": "arousal",
        "in_train": 0,
    }
    return pd.concat(parts, ignore_index=True).assign(**fields)


@cache
def metrics_of(*, leak: bool = False) -> pd.DataFrame:
    """Mixing helps music (less error), and sounds too; permuted labels are learned if leaking."""
    cells = [
        rows_of("svr", "music-100_sounds-000", "none", 0.6, 0.8),
        rows_of("svr", "music-000_sounds-100", "none", 0.6, 0.8),
        rows_of("svr", MIXED, "none", 0.05, 0.9),
        rows_of("svr", MIXED, "permuted", 0.2, 0.9 if leak else 0.0),
        rows_of("mean", MIXED, "none", 0.0, 0.0),
        rows_of("mean", MIXED, "permuted", 0.0, 0.0),
    ]
    return compute_metrics(pd.concat(cells, ignore_index=True))


def experiment(*, leak: bool = False, **settings: Any) -> ExperimentReport:
    return ExperimentReport(Evidence("joint", metrics_of(leak=leak), **settings))


@pytest.fixture(scope="module")
def plain() -> ExperimentReport:
    return experiment(title="Music and sounds")


def context(*experiments: ExperimentReport, **changes: Any) -> ReportContext:
    settings: dict[str, Any] = {
        "title": "Demo",
        "experiments": experiments,
        "fig1": None,
        "corpora": NONE,
        "audit": AuditSummary(True, NONE, NONE),
        "convergence": pd.DataFrame({"learner": ["svr"], "fits": [10], "unconverged": [0]}),
        "skipped": NONE,
        "feature_faults": NONE,
    }
    return ReportContext(**{**settings, **changes})


class Checker(HTMLParser):
    """Collects what a page refers to, and tags that are opened and never closed."""

    VOID = frozenset(("meta", "br", "hr", "img", "link", "input", "path", "use", "rect"))

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.references: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in self.VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name in ("src", "href", "xlink:href", "data", "action"):
                self.references.append(value or "")
            if name == "id":
                self.ids.append(value or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


def test_page_is_whole_and_refers_to_nothing_outside(plain: ExperimentReport) -> None:
    labels = {
        "music": pd.DataFrame({"clip_id": ["a", NASTY], "valence": [0.1, -0.5], "arousal": 0.4})
    }
    page = render_report(context(plain, plain, fig1=draw_fig1(labels)))
    checker = Checker()
    checker.feed(page)
    assert not checker.open
    assert not checker.tags & {"script", "link", "iframe", "img"}
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    assert policy[1].startswith("default-src 'none';")  # a browser refuses every request
    assert "http" not in policy[1]
    assert all(reference.startswith("#") for reference in checker.references)
    assert {reference[1:] for reference in checker.references} <= set(checker.ids)
    assert len(checker.ids) == len(set(checker.ids))
    assert "url(http" not in page
    assert "@import" not in page


def test_the_same_context_gives_the_same_page(plain: ExperimentReport) -> None:
    assert render_report(context(plain)) == render_report(context(plain))


def test_answers_come_before_tables(plain: ExperimentReport) -> None:
    page = render_report(context(plain))
    assert "Mixing helped in 2 of 2 comparisons." in page
    assert page.index("Did mixing help?") < page.index("Table 1")
    assert "openSMILE" in page
    assert "research" in page
    assert "no skill" in page


def test_everything_from_outside_is_escaped() -> None:
    nasty = pd.DataFrame({NASTY: [NASTY], "number": [0.25], "none": [None]})
    page = render_report(
        context(
            experiment(title=NASTY),
            title=NASTY,
            corpora=nasty,
            audit=AuditSummary(False, nasty, nasty),
            convergence=nasty,
            skipped=nasty,
            feature_faults=nasty,
            warnings=[NASTY],
            extra={NASTY: nasty},
            provenance={NASTY: NASTY, "versions": {NASTY: NASTY}},
            configuration=NASTY,
        )
    )
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 12


def test_published_numbers_of_other_corpora_are_grey_and_said_to_be() -> None:
    roles = {"sounds": "iads_e", "music": "pmemo"}
    same = render_report(context(experiment(roles=roles)))
    other = render_report(context(experiment(roles=roles, analogous=True)))
    assert ".193 ± .009 †" in same
    assert "of other corpora" not in same
    assert "Table 2" in same
    assert "<b>of other corpora</b>" in other
    assert 'class="analogous"' in other
    assert "Table 2" not in other


def test_table_files_say_how_to_take_published_numbers(plain: ExperimentReport) -> None:
    assert plain.tables["table1_rmse"].notes == []
    roles = {"sounds": "iads_e", "music": "pmemo"}
    (marks,) = experiment(roles=roles).tables["table1_rmse"].notes
    assert "leaked: tested rows were among the training rows" in marks
    assert "inconsistent" not in marks
    others = experiment(roles=roles, analogous=True).tables["table1_rmse"].notes
    assert "of other corpora" in others[0]


def test_a_leak_cannot_be_overlooked() -> None:
    leaking = experiment(leak=True)
    findings = pd.DataFrame({"cell": ["a"] * 30, "clip_id": ["c"] * 30})
    told = context(leaking, audit=AuditSummary(False, NONE, findings))
    page = render_report(told)
    assert "do not trust this run" in page
    assert "Do not use these numbers" in page
    assert "First 20 of 30 findings" in page
    values = {badge.label: badge for badge in badges(told)}
    assert (values["Leak-free"].value, values["Leak-free"].state) == ("NO", "bad")
    assert values["Permuted labels"].value == "skill in 2 tests"
    assert values["Permuted labels"].state == "bad"


def test_badges_of_what_was_not_done(plain: ExperimentReport) -> None:
    bare = ExperimentReport(Evidence("bare", metrics_of().query("control == 'none'")))
    audit = AuditSummary(None, NONE, NONE)
    counts = pd.DataFrame({"fits": [5, 5], "unconverged": [1, 2]})
    told = context(bare, audit=audit, convergence=counts, skipped=pd.DataFrame({"x": [1, 2]}))
    values = {badge.label: badge.value for badge in badges(told)}
    assert values == {
        "Leak-free": "not audited",
        "Permuted labels": "not run",
        "Solver fits": "3 of 10 did not converge",
        "Clips left out": "2",
    }
    declared = AuditSummary(True, NONE, NONE, declared=True)
    told = context(plain, audit=declared)
    values = {badge.label: badge.value for badge in badges(told)}
    assert values["Leak-free"] == "yes, but for replays"
    assert values["Solver fits"] == "all 10 converged"
    assert "but for cells whose settings ask for a leak" in render_report(told)
    assert "on clips that were not trained on" not in render_report(told)


def test_an_experiment_without_pairs_says_so() -> None:
    mixed = metrics_of().query("mixture == @MIXED and learner == 'svr'")
    page = render_report(context(ExperimentReport(Evidence("mixed", mixed))))
    assert "cannot say whether mixing helps" in page
    assert "Mean predictor: not run" in page


def test_an_experiment_that_mixes_nothing_is_asked_how_well_it_predicts() -> None:
    alone = metrics_of().query("mixture == 'music-100_sounds-000'")
    evidence = Evidence("alone", alone)
    page = render_report(context(ExperimentReport(evidence)))
    assert "How well are ratings predicted, and is it real?" in page
    assert "mixing" not in page.lower()
    means = mean_rows(alone).query("metric == 'r2' and view == 'music'")
    assert f"music: arousal R² {signed(means['value'].item()).removeprefix('+')} (" in page
    assert "by svr, not compared with the mean." in page


def test_the_headline_without_mixing_tells_the_best_and_its_test() -> None:
    rows = metrics_of().query("mixture == @MIXED and control == 'none'")
    said = skill_headline(Evidence("joint", rows))
    assert said.count("by svr, better than the mean (p") == 2
    same = rows.query("learner == 'mean'").assign(learner="copy", cell="copy")
    unskilled = pd.concat([same, rows.query("learner == 'mean'")], ignore_index=True)
    assert skill_headline(Evidence("joint", unskilled)).count("by copy, not shown to be") == 2
    assert "mean predictor" in skill_headline(Evidence("joint", rows.query("learner == 'mean'")))


def test_what_skill_is_not_shown_is_not_denied() -> None:
    one_fold = metrics_of().query("fold.isna() or fold < 2")
    known = ExperimentReport(Evidence("joint", one_fold))
    assert set(known.evidence.skill["verdict"]) == {"no skill"}
    controls = next(s for s in known.sections if s.key == "controls")
    assert set(controls.blocks[0].frame["verdict"]) == {"not shown"}


def test_other_protocols_are_said_above_the_numbers() -> None:
    paper = ExperimentReport(Evidence("paper", metrics_of().assign(protocol="paper")))
    page = render_report(context(paper))
    assert page.index("chosen on the reported folds") < page.index("Did mixing help?")


def test_sentences(plain: ExperimentReport) -> None:
    oracle = pd.DataFrame({"view": ["music"], "target": ["arousal"], "low": [-0.01], "high": [0.2]})
    music, sounds = answers(plain.evidence.comparisons, oracle)
    assert music.subject == "music, arousal (svr)"
    assert music.verdict == "helped"
    assert music.sentence.startswith("Adding sounds helped. R²")
    assert "among 2 comparisons" in music.sentence
    assert music.sentence.endswith("The known causes allow −.010 to +.200.")
    assert "known causes" not in sounds.sentence
    once = plain.evidence.comparisons.assign(p=0.03, p_holm=0.06, verdict="not shown", gain=-0.1)
    assert "looks worse, but not once" in answers(once)[0].sentence
    unclear = plain.evidence.comparisons.assign(p=0.4, p_holm=0.8, verdict="not shown")
    assert "no difference that could be shown" in answers(unclear)[0].sentence
    nothing = plain.evidence.comparisons.assign(p=np.nan, p_holm=np.nan, verdict="undefined")
    assert "could not be tested" in answers(nothing)[0].sentence
    mixed = plain.evidence.comparisons.assign(verdict=["helped", "hurt"])
    assert headline(mixed) == "Of 2 comparisons, mixing helped in 1 and hurt in 1."


def test_permutation_sentence(plain: ExperimentReport) -> None:
    assert permutation_sentence(plain.evidence.permutation).startswith(
        "No skill was found in any of 2"
    )
    assert "Not run" in permutation_sentence(plain.evidence.permutation.iloc[:0])


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "yes"), (np.bool_(False), "no"), (np.nan, "–"), (None, "–"), (3, "3"), (0.25, ".250")],
)
def test_cells_of_generic_tables(value: object, text: str) -> None:
    assert cell_text(value) == text


def test_mean_learners_are_known_by_kind() -> None:
    assert mean_learners_of(["mean", "floor", "svr"], {"floor": "mean"}) == ("floor", "mean")


def test_print_and_small_screens_are_thought_of(plain: ExperimentReport) -> None:
    page = render_report(context(plain))
    assert "@media print" in page
    assert re.search(r'<meta name="viewport"', page)
