"""Real labels beside random ones: Fig. 5 of the joint-learning paper."""

from __future__ import annotations

from affectmix.evaluation.mixture_shares import is_full
from affectmix.evaluation.random_labels import against_random_labels
from affectmix.evaluation.sweeps import find_sweeps
from affectmix.report.blocks import Answers, Block, Figure, Fold, Section, TableFile, Text, notes
from affectmix.report.evidence import Evidence
from affectmix.report.figure_sweep import SweepStyle, draw_sweep
from affectmix.report.labels import caveats, short_caveats
from affectmix.report.paths import axis_paths
from affectmix.report.sweep_rows import random_label_marks
from affectmix.report.sweep_tables import random_shown
from affectmix.report.trend_words import random_label_answers

_CAPTION = (
    "Fig. 5 of the joint-learning paper on these corpora: filled marks, real labels; hollow marks, "
    "training labels of one view drawn uniformly between their least and greatest. Tests are on "
    "real labels."
)
_HOW_TO_READ = (
    "If clips with random labels did as well, it would not be what their labels teach that helps. "
    "Gains pair the same folds, tested as above; Holm's adjustment decides the verdict."
)


def random_labels_section(evidence: Evidence) -> Section | None:
    """Return what real labels add over random ones; None where no control has them."""
    floors = evidence.mean_learners
    compared = against_random_labels(evidence.metrics, mean_learners=floors)
    if compared.empty:
        return None
    others = compared[~compared["own"].astype(bool)]
    whole = others["mixture"].map(is_full).astype(bool)
    blocks: list[Block] = []
    if whole.any():
        blocks.append(Answers(random_label_answers(others[whole])))
    blocks.append(Text(_HOW_TO_READ, "note"))
    blocks += notes(evidence.notes_beside(compared))
    points = evidence.curve_points
    sweeps = [s for s in find_sweeps(points["mixture"]) if not s.giving_way]
    marks, panels = random_label_marks(points, compared, axis_paths(sweeps))
    if panels:
        heading = ["What real labels teach (R², 95 % over folds)", *short_caveats(compared)]
        drawing = draw_sweep(marks, panels, SweepStyle("fig5", heading))
        blocks.append(Figure("fig5", drawing, _CAPTION))
    if not whole.all():
        partial = random_label_answers(others[~whole])
        blocks.append(Fold(f"Partial mixtures ({len(partial)})", [Answers(partial)]))
    table = TableFile(compared, shown=random_shown(compared), notes=caveats(compared))
    return Section(
        "random-labels", "Is it the labels, or only more sound?", blocks, {"fig5": table}
    )
