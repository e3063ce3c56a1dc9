"""The report: one HTML file that opens offline, with answers first and evidence below."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from affectmix.evaluation.comparisons import SKILL, UNDEFINED
from affectmix.evaluation.published import FLAGS
from affectmix.report.answer_checks import honest
from affectmix.report.context import ReportContext
from affectmix.report.evidence import Evidence
from affectmix.report.experiment import ExperimentReport
from affectmix.report.sections.classes import classes_headline
from affectmix.report.sections.unmixing import unmixing_headline
from affectmix.report.skill_words import skill_headline
from affectmix.report.style import Drawing, inline_svg, svg_text
from affectmix.report.tables import number
from affectmix.report.words import headline

_FINDINGS_SHOWN = 20


@dataclass(frozen=True)
class Badge:
    """One sign of trust or of trouble at the top of the page."""

    label: str
    value: str
    state: str  # good, warning, bad, or plain: how it is coloured


def render_report(context: ReportContext) -> str:
    """Return the report as one HTML page without a single outside reference.

    Everything in ``context`` is escaped; the same context gives the same text.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["cell"] = cell_text
    environment.filters["inline"] = _figure
    template = environment.get_template("report.html")
    return template.render(
        context=context,
        badges=list(badges(context)),
        chosen_on_reported=_chosen_on_reported(context),
        fig1=_figure(context.fig1, "fig1") if context.fig1 else None,
        sections=[_section(e, number) for number, e in enumerate(context.experiments)],
        question=_question(context),
        published_beside=any(
            name.startswith("published")
            for e in context.experiments
            if e.answers
            for name in e.answers.checks
        ),
        findings=context.audit.findings.head(_FINDINGS_SHOWN),
        css=Markup(_read("report.css")),
        flags=FLAGS,
    )


def _question(context: ReportContext) -> str:
    """Return what the page's answers are answers to."""
    rated = [e.evidence for e in context.experiments if e.evidence.rates]
    if not rated:
        return "How well are classes predicted, and is it real?"
    asked = {"un-mixing" for evidence in rated if evidence.unmixes}
    asked |= {"mixing" for evidence in rated if evidence.mixes}
    if not asked:
        return "How well are ratings predicted, and is it real?"
    where = ", on which view" if asked == {"mixing"} else ""
    return f"Did {' or '.join(sorted(asked))} help{where}, by how much, and is it real?"


def badges(context: ReportContext) -> Iterator[Badge]:
    """Yield the page's signs: leaks, the permuted control, solvers, what was left out."""
    yield _leak_badge(context)
    yield _permuted_badge(context)
    if {"fits", "unconverged"} <= set(context.convergence.columns):
        fits, bad = (int(context.convergence[name].sum()) for name in ("fits", "unconverged"))
        value = f"{bad} of {fits} did not converge" if bad else f"all {fits} converged"
        if context.unconverged:
            value += ", chosen or reported ones among them"
        state = "bad" if context.unconverged else "plain" if bad else "good"
        yield Badge("Solver fits", value, state)
    left_out = len(context.skipped)
    yield Badge("Clips left out", str(left_out), "plain" if left_out else "good")


def _leak_badge(context: ReportContext) -> Badge:
    audit = context.audit
    if audit.leak_free is None:
        return Badge("Leak-free", "not audited", "bad")
    if not audit.leak_free:
        return Badge("Leak-free", "NO", "bad")
    if _chosen_on_reported(context):
        but = "for replays, and chosen" if audit.declared else "chosen"
        return Badge("Leak-free", f"yes, but {but} on reported folds", "warning")
    if audit.declared:
        return Badge("Leak-free", "yes, but for replays", "plain")
    return Badge("Leak-free", "yes, audited", "good")


def _permuted_badge(context: ReportContext) -> Badge:
    verdicts = [
        verdict for e in context.experiments for verdict in e.evidence.permutation["verdict"]
    ]
    found, impossible = verdicts.count(SKILL), verdicts.count(UNDEFINED)
    if not verdicts:
        return Badge("Permuted labels", "not run", "plain")
    if found:
        return Badge("Permuted labels", f"skill in {found} tests", "bad")
    if impossible == len(verdicts):
        return Badge("Permuted labels", "not testable", "plain")
    if impossible:
        return Badge("Permuted labels", f"no skill, {impossible} not testable", "plain")
    return Badge("Permuted labels", "no skill", "good")


def _chosen_on_reported(context: ReportContext) -> bool:
    """Return whether hyper-parameters of any cell were chosen on the folds it reports."""
    return any((e.evidence.metrics["protocol"] == "paper").any() for e in context.experiments)


def cell_text(value: Any) -> str:
    """Return one value of a generic table as text: numbers short, nulls as a dash."""
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if isinstance(value, (float, np.floating)):
        return "–" if np.isnan(value) else number(float(value))
    return "–" if value is None or value is pd.NA or value == "" else str(value)


def _section(experiment: ExperimentReport, index: int) -> dict[str, Any]:
    """Return one experiment as the template takes it."""
    return {
        "id": f"experiment-{index}",
        "title": experiment.title,
        "notes": experiment.evidence.notes,
        "headline": experiment_headline(experiment.evidence),
        "answers": experiment.answers,
        "parts": experiment.sections,
    }


def experiment_headline(evidence: Evidence) -> str:
    """Return an experiment's answers in a sentence or two: of ratings, then of classes."""
    said = [classes_headline(evidence)]
    if evidence.unmixes and evidence.rates:
        said.insert(0, unmixing_headline(evidence))
    elif evidence.mixes and evidence.rates:
        said.insert(0, headline(honest(evidence.comparisons)))
    elif evidence.rates:
        said.insert(0, skill_headline(evidence))
    return " ".join(filter(None, said))


def _figure(drawing: Drawing, prefix: str) -> Markup:
    return Markup(inline_svg(svg_text(drawing), prefix=prefix, alt=drawing.alt))


def _read(name: str) -> str:
    return (Path(__file__).parent / "templates" / name).read_text(encoding="utf-8")
