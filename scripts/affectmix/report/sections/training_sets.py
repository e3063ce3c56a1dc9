"""How well is each view predicted? Fig. 3 of the joint-learning paper."""

from __future__ import annotations

from affectmix.report.blocks import Figure, Section
from affectmix.report.evidence import Evidence
from affectmix.report.figure_3 import draw_fig3

_CAPTION = (
    "Fig. 3 of the joint-learning paper on these corpora. R² below −1 is cut off at −1 and marked "
    "▼ with its value."
)


def training_sets_section(evidence: Evidence) -> Section | None:
    """Return R² by training set, for each view; None where stems take the place of those."""
    if evidence.unmixes:
        return None
    drawing = draw_fig3(evidence.metrics, mean_learners=evidence.mean_learners)
    figure = Figure("fig3", drawing, _CAPTION)
    return Section("training-sets", "How well is each view predicted?", [figure])
