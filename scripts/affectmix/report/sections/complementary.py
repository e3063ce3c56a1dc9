"""One view instead of the other, at a total share of one: the released code's last experiment."""

from __future__ import annotations

from affectmix.evaluation.sweeps import find_sweeps
from affectmix.report.blocks import Block, Figure, Section, TableFile, notes
from affectmix.report.brackets import oracle_brackets
from affectmix.report.evidence import Evidence
from affectmix.report.figure_sweep import SweepStyle, draw_sweep
from affectmix.report.labels import caveats, short_caveats
from affectmix.report.paths import axis_paths
from affectmix.report.sweep_rows import r2_marks
from affectmix.report.sweep_tables import known_columns, r2_shown

_CAPTION = (
    "As one view's share grows, the other's shrinks, so that both add up to one: the fifth "
    "experiment of the released code, of which the paper says nothing. Were a clip of one view as "
    "good as a clip of the other, the lines would be flat where the views have equally many clips."
)


def complementary_section(evidence: Evidence) -> Section | None:
    """Return R² against complementary shares; None where there are none."""
    points = evidence.curve_points
    points = points[points["giving_way"] != ""]
    if points.empty:
        return None
    known = oracle_brackets(evidence.oracle, points["mixture"].unique(), quantity="r2")
    sweeps = [sweep for sweep in find_sweeps(points["mixture"]) if sweep.giving_way]
    marks, panels = r2_marks(points, axis_paths(sweeps), known)
    heading = ["One view instead of another (R², 95 % over folds)", *short_caveats(points)]
    drawing = draw_sweep(marks, panels, SweepStyle("complementary", heading))
    blocks: list[Block] = [
        *notes(evidence.notes_beside(points)),
        Figure("complementary", drawing, _CAPTION),
    ]
    table = TableFile(known_columns(points, known), shown=r2_shown(points), notes=caveats(points))
    title = "Does it matter which view the clips come from?"
    return Section("complementary", title, blocks, {"complementary": table})
