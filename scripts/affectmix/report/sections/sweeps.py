"""How much of another domain to add: Fig. 4 of the joint-learning paper, and learning curves."""

from __future__ import annotations

import numpy as np
import pandas as pd

from affectmix.evaluation.learning_curves import trends
from affectmix.evaluation.sweeps import find_sweeps
from affectmix.report.blocks import Answers, Block, Figure, Fold, Section, Table, TableFile
from affectmix.report.blocks import notes as small
from affectmix.report.brackets import oracle_brackets
from affectmix.report.evidence import Evidence
from affectmix.report.figure_sweep import SweepStyle, draw_sweep
from affectmix.report.labels import caveats, short_caveats
from affectmix.report.paths import axis_paths
from affectmix.report.sweep_rows import gain_marks, r2_marks
from affectmix.report.sweep_tables import (
    gains_shown,
    known_columns,
    known_gains,
    r2_shown,
    trends_shown,
)
from affectmix.report.trend_words import trend_answers

_HOW_TO_READ = (
    "A trend is the slope of R² on the share, fitted in each fold and tested over folds by the "
    "corrected resampled t-test: R² per whole view added, with its 95 % interval, the effect d "
    "(mean by standard deviation of the folds' slopes), p, and p adjusted by Holm's method for "
    "the number of trends, which decides the verdict."
)
_FIG4 = (
    "Fig. 4 of the joint-learning paper on these corpora: a line per test view, a mark per "
    "training set. R² below −1 is cut off at −1 and marked ▼."
)
_CURVES = "What each share of the added view gains over none of it, with corrected 95 % intervals."


def sweeps_section(evidence: Evidence) -> Section | None:
    """Return trends, gains and R² along every sweep; None where no share is varied."""
    points = evidence.curve_points
    points = points[points["giving_way"] == ""]
    if points.empty:
        return None
    mixtures = points["mixture"].unique()
    known_r2 = oracle_brackets(evidence.oracle, mixtures, quantity="r2")
    known_gain = oracle_brackets(evidence.oracle, mixtures)
    tested = trends(evidence.metrics, mean_learners=evidence.mean_learners)
    own = tested["own"].astype(bool)
    blocks: list[Block] = [Answers(trend_answers(tested[~own]))]
    blocks += small([_HOW_TO_READ, *evidence.notes_beside(points)])
    blocks += [*_curves(points, known_gain), *_fig4(points, known_r2)]
    told = trend_answers(tested[own])
    if told:
        blocks.append(Fold(f"More of the tested view itself ({len(told)})", [Answers(told)]))
    below = caveats(points)
    r2, gains = known_columns(points, known_r2), known_gains(points, known_gain)
    tables = {
        "fig4": TableFile(r2, shown=r2_shown(points), notes=below),
        "curves": TableFile(gains, shown=gains_shown(points), notes=below),
        "trends": TableFile(tested, shown=trends_shown(tested), notes=below),
    }
    return Section("sweeps", "How much of another view should be added?", blocks, tables)


def _curves(points: pd.DataFrame, known: pd.DataFrame) -> list[Block]:
    """Return the learning curves: gains over share 0, folded below them as a table."""
    by_name = {s.name: path for s in find_sweeps(points["mixture"]) for path in axis_paths([s])}
    marks, panels = gain_marks(points, by_name, known)
    if not panels:
        return []
    heading = ["What each share of another view adds (95 % intervals)", *short_caveats(points)]
    drawing = draw_sweep(
        marks, panels, SweepStyle("curves", heading, ylabel="gain in R²", most=np.inf)
    )
    table = Table(gains_shown(points))
    return [Figure("curves", drawing, _CURVES), Fold("The gains in numbers", [table])]


def _fig4(points: pd.DataFrame, known: pd.DataFrame) -> list[Block]:
    sweeps = [sweep for sweep in find_sweeps(points["mixture"]) if not sweep.giving_way]
    marks, panels = r2_marks(points, axis_paths(sweeps), known)
    heading = ["How well each share predicts each view (R², 95 % over folds)"]
    style = SweepStyle("fig4", [*heading, *short_caveats(points)])
    return [Figure("fig4", draw_sweep(marks, panels, style), _FIG4)]
