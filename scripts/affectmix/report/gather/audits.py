"""What the audits of all experiments found."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from affectmix.report.audit import AuditSummary
from affectmix.schemas import AUDIT_FINDINGS, AUDIT_SUMMARY
from affectmix.tables import read_table

_SHOWN_FINDINGS = 200


def audit_summary(summaries: Iterable[str | Path], findings: Iterable[str | Path]) -> AuditSummary:
    """Return the audits of one or more experiments as one.

    Args:
        summaries: files of ``schemas.AUDIT_SUMMARY``.
        findings: files of ``schemas.AUDIT_FINDINGS``.
    """
    summary = pd.concat([read_table(file, AUDIT_SUMMARY) for file in summaries])
    found = pd.concat([read_table(file, AUDIT_FINDINGS) for file in findings])
    found = found.drop_duplicates(ignore_index=True)
    undeclared = found[~found["declared"].astype(bool)]
    return AuditSummary(
        leak_free=undeclared.empty,
        summary=summary.drop_duplicates(["cell", "view"], ignore_index=True),
        findings=undeclared if len(undeclared) else found.head(_SHOWN_FINDINGS),
        declared=undeclared.empty and len(found) > 0,
    )
