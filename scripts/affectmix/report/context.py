"""What the report is told: everything on the page comes from here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from affectmix.report.audit import AuditSummary
from affectmix.report.experiment import ExperimentReport
from affectmix.report.style import Drawing


@dataclass(frozen=True)
class ReportContext:
    """All that `page.render_report` shows. Empty tables and texts are said to be empty.

    Attributes:
        title: what stands at the top.
        experiments: in the order of the configuration.
        fig1: the ratings on the plane, or None.
        corpora: one row per corpus or view: any columns (clips, groups, classes, …).
        audit: what the audit says.
        convergence: one row per learner, cell or rung: any columns, among them ``fits``
            and ``unconverged`` (counts).
        unconverged: sentences on reported fits and chosen points that did not converge.
        skipped: clips left out (``corpus``, ``clip_id`` or ``path``, ``kind``, ``message``).
        feature_faults: NaN and infinite features (``feature_set``, ``corpus``, counts…).
        warnings: sentences about splits and anything else a reader should know.
        extra: title → table, shown as it is (such as the demo's oracle).
        provenance: what made the results: versions, seeds, device. May nest one level.
        configuration: the effective configuration as YAML.
        licences: sentences on the licences of what was used.
    """

    title: str
    experiments: Sequence[ExperimentReport]
    fig1: Drawing | None
    corpora: pd.DataFrame
    audit: AuditSummary
    convergence: pd.DataFrame
    skipped: pd.DataFrame
    feature_faults: pd.DataFrame
    unconverged: Sequence[str] = ()
    warnings: Sequence[str] = ()
    extra: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    configuration: str = ""
    licences: Sequence[str] = (
        "The features were computed with openSMILE, which audEERING licenses for research "
        "and personal use only; commercial use needs a licence from audEERING. This holds "
        "for models that need these features too.",
    )
