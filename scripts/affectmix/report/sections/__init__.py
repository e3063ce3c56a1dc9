"""The sections of an experiment's report, in the order of the page.

To add one:

1. Write a module here, ``sections/<key>.py``, with one function::

       def <key>_section(evidence: Evidence) -> Section | None:

   `Evidence` (`affectmix.report.evidence`) holds the experiment's metrics, labels, audit
   and oracle, and the tests that several sections share. Return None where the experiment
   has nothing of this kind, so that a small experiment has a short page. Numbers are
   computed in ``affectmix.evaluation``, figures drawn in ``affectmix.report.figure_<x>``;
   the section puts them in order and into words.
2. Say what the page shows in ``blocks`` (`affectmix.report.blocks`): Text, Answers, Table,
   Figure, and Fold for what most readers pass over. The page needs no template for it. A
   Figure is also written to ``results/figures/{experiment}/<name>.svg`` and ``.png``.
3. Name the files in ``tables``: ``results/tables/{experiment}/<name>.csv`` and ``.md``.
   ``evidence.notes_beside(rows)`` gives the caveats that the page must show below rows
   (another protocol, a replayed leak); below a file put all of `labels.caveats`.
4. Add the function to SECTIONS below.
"""

from __future__ import annotations

from collections.abc import Callable

from affectmix.report.blocks import Section
from affectmix.report.evidence import Evidence
from affectmix.report.sections.again import again_section
from affectmix.report.sections.attribution import attribution_section
from affectmix.report.sections.best_stem import best_stem_section
from affectmix.report.sections.budgets import budgets_section
from affectmix.report.sections.ceiling import ceiling_section
from affectmix.report.sections.claims import claims_section
from affectmix.report.sections.classes import classes_section
from affectmix.report.sections.combinations import combinations_section
from affectmix.report.sections.complementary import complementary_section
from affectmix.report.sections.contributions import contributions_section
from affectmix.report.sections.controls import controls_section
from affectmix.report.sections.coverage import coverage_section
from affectmix.report.sections.emomucs_tables import emomucs_tables_section
from affectmix.report.sections.learners import learners_section
from affectmix.report.sections.mixing import mixing_section
from affectmix.report.sections.paper_tables import paper_tables_section
from affectmix.report.sections.random_labels import random_labels_section
from affectmix.report.sections.segment_agreement import segment_agreement_section
from affectmix.report.sections.segment_curves import segment_curves_section
from affectmix.report.sections.segment_tables import segment_tables_section
from affectmix.report.sections.separation import separation_section
from affectmix.report.sections.sweeps import sweeps_section
from affectmix.report.sections.training_sets import training_sets_section
from affectmix.report.sections.unmixing import unmixing_section
from affectmix.report.sections.user_tuned_tables import user_tuned_tables_section
from affectmix.report.sections.users import users_section

SECTIONS: tuple[Callable[[Evidence], Section | None], ...] = (
    mixing_section,
    classes_section,
    unmixing_section,
    separation_section,
    contributions_section,
    emomucs_tables_section,
    best_stem_section,
    combinations_section,
    attribution_section,
    user_tuned_tables_section,
    users_section,
    segment_tables_section,
    segment_agreement_section,
    segment_curves_section,
    sweeps_section,
    random_labels_section,
    complementary_section,
    training_sets_section,
    ceiling_section,
    learners_section,
    paper_tables_section,
    claims_section,
    budgets_section,
    coverage_section,
    again_section,
    controls_section,
)

WITHOUT_RATINGS = (
    classes_section,
    user_tuned_tables_section,
    users_section,
    segment_tables_section,
    segment_agreement_section,
    segment_curves_section,
    again_section,
    controls_section,
)
"""The sections of an experiment that predicts classes and no ratings: all others speak of R²."""
