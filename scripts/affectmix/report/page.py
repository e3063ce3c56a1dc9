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

from affectmix.evaluation.comparisons import SKILL
from affectmix.evaluation.mixture_shares import describe
from affectmix.evaluation.published import FLAGS
from affectmix.report.context import ReportContext
from affectmix.report.experiment import ExperimentReport
from affectmix.report.labels import with_series
from affectmix.report.paper_table import paper_table
from affectmix.report.style import Drawing, inline_svg, svg_text
from affectmix.report.tables import number, skill_table
from affectmix.report.words import answers, bare_p, headline, permutation_sentence

_FINDINGS_SHOWN = 20


@dataclass(frozen=True)
class Badge:
    """One sign of trust or of trouble at the top of the page."""

    label: str
    value: str
    state: str  # good, bad, or plain: how it is coloured


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
    template = environment.get_template("report.html")
    return template.render(
        context=context,
        badges=list(badges(context)),
        fig1=_figure(context.fig1, "fig1") if context.fig1 else None,
        sections=[_section(e, number) for number, e in enumerate(context.experiments)],
        findings=context.audit.findings.head(_FINDINGS_SHOWN),
        css=Markup(_read("report.css")),
        flags=FLAGS,
    )


def badges(context: ReportContext) -> Iterator[Badge]:
    """Yield the page's signs: leaks, the permuted control, solvers, what was left out."""
    audit = context.audit
    if audit.leak_free is None:
        yield Badge("Leak-free", "not audited", "bad")
    elif not audit.leak_free:
        yield Badge("Leak-free", "NO", "bad")
    elif audit.declared:
        yield Badge("Leak-free", "yes, but for replays", "plain")
    else:
        yield Badge("Leak-free", "yes, audited", "good")
    tested = [e.permutation for e in context.experiments if len(e.permutation)]
    found = sum(int((p["verdict"] == SKILL).sum()) for p in tested)
    if not tested:
        yield Badge("Permuted labels", "not run", "plain")
    else:
        value = f"skill in {found} tests" if found else "no skill"
        yield Badge("Permuted labels", value, "bad" if found else "good")
    if {"fits", "unconverged"} <= set(context.convergence.columns):
        fits, bad = (int(context.convergence[name].sum()) for name in ("fits", "unconverged"))
        value = f"{bad} of {fits} did not converge" if bad else f"all {fits} converged"
        yield Badge("Solver fits", value, "plain" if bad else "good")
    left_out = len(context.skipped)
    yield Badge("Clips left out", str(left_out), "plain" if left_out else "good")


def cell_text(value: Any) -> str:
    """Return one value of a generic table as text: numbers short, nulls as a dash."""
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if isinstance(value, (float, np.floating)):
        return "–" if np.isnan(value) else number(float(value))
    return "–" if value is None or value is pd.NA or value == "" else str(value)


def _section(experiment: ExperimentReport, index: int) -> dict[str, Any]:
    """Return one experiment as the template takes it."""
    comparisons = experiment.comparisons
    full = comparisons[comparisons["full"].astype(bool)]
    partial = comparisons[~comparisons["full"].astype(bool)]
    skill = skill_table(experiment.skill).assign(p_holm=lambda t: t["p_holm"].map(bare_p))
    renamed = {
        "series": "best learner",
        "train": "trained on",
        "rmse": "RMSE",
        "rmse_mean": "RMSE of the mean predictor",
        "less_error": "share of error gone",
        "p_holm": "p, one-sided",
    }
    return {
        "experiment": experiment,
        "id": f"experiment-{index}",
        "headline": headline(comparisons),
        "answers": answers(full, experiment.oracle),
        "partial": answers(partial, experiment.oracle),
        "figures": {
            name: _figure(drawing, f"e{index}-{name}")
            for name, drawing in experiment.figures.items()
        },
        "table_1": paper_table(experiment.table_1),
        "table_1_r2": paper_table(experiment.table_1_r2),
        "table_2": experiment.table_2.rename(columns=_TABLE_2_TITLES),
        "skill": skill.rename(columns=renamed),
        "permuted": permutation_sentence(experiment.permutation),
        "permutation": _evidence(experiment.permutation),
    }


_TABLE_2_TITLES = {
    "test_role": "tested on",
    "rmse_valence": "RMSE valence",
    "rmse_arousal": "RMSE arousal",
    "r2_valence": "R² valence",
    "r2_arousal": "R² arousal",
}


def _evidence(permutation: pd.DataFrame) -> pd.DataFrame:
    table = with_series(permutation).assign(
        train=[describe(mixture) for mixture in permutation["mixture"]],
        p=permutation["p"].map(bare_p),
        p_holm=permutation["p_holm"].map(bare_p),
    )
    titles = {
        "series": "learner",
        "train": "trained on",
        "view": "view",
        "target": "target",
        "against": "against",
        "gain": "gain",
        "ci95_low": "from",
        "ci95_high": "to",
        "p": "p",
        "p_holm": "p, Holm",
        "verdict": "verdict",
    }
    return table[[*titles]].rename(columns=titles)


def _figure(drawing: Drawing, prefix: str) -> Markup:
    return Markup(inline_svg(svg_text(drawing), prefix=prefix, alt=drawing.alt))


def _read(name: str) -> str:
    return (Path(__file__).parent / "templates" / name).read_text(encoding="utf-8")
