"""What the audit found, as the report tells it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class AuditSummary:
    """What the audit of the cells' own train tables says.

    Attributes:
        leak_free: whether nothing leaks but what a cell's own settings ask for (a replay of
            leaking arithmetic, ungrouped folds); None where no audit was made.
        summary: one row per cell and view with shares in [0, 1], as the audit gives it.
        findings: one row per leak; shown up to a limit, and counted.
        declared: whether some leaks were found where settings ask for them.
    """

    leak_free: bool | None
    summary: pd.DataFrame
    findings: pd.DataFrame
    declared: bool = False
