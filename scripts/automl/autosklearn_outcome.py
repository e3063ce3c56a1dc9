"""What became of auto-sklearn's candidates, in words and numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

WORDS = {
    "SUCCESS": "succeeded",
    "DONOTADVANCE": "were given up",
    "TIMEOUT": "ran out of time",
    "MEMOUT": "ran out of memory",
    "CRASHED": "crashed",
}


def count_runs(runs: Sequence[Any]) -> dict[str, int]:
    """Return how many candidates ended in which way.

    Args:
        runs: values of SMAC's history: ``status.name`` and ``additional_info``.
    """
    return dict(Counter(run.status.name for run in runs if run.status.name != "STOP"))


def nothing_found(runs: Sequence[Any], settings: dict[str, Any], per_run_s: int) -> str:
    """Return why a search has no model, and what to change.

    Args:
        runs: as in :func:`count_runs`.
        settings: ``budget_s``, ``memory_mb`` and ``space`` of the learner.
        per_run_s: seconds that each candidate had.
    """
    counts = count_runs(runs)
    told = ", ".join(f"{n} {WORDS.get(status, status)}" for status, n in sorted(counts.items()))
    errors = [
        str(run.additional_info["error"]).strip().splitlines()[-1]
        for run in runs
        if run.status.name == "CRASHED" and str(run.additional_info.get("error", "")).strip()
    ]
    crash = f" Most crashes said: {Counter(errors).most_common(1)[0][0]}." if errors else ""
    remedies = ["raise budget_s"]
    if counts.get("MEMOUT"):
        remedies.insert(0, "raise memory_mb")
    if settings["space"] == "paper":
        remedies.append("take space: wide")
    remedy = " or ".join(remedies)
    return (
        f"auto-sklearn found no model but the constant one in {settings['budget_s']} s. Of its "
        f"candidates {told or 'none was begun'}; each had {per_run_s} s for all folds and "
        f"{settings['memory_mb']} MB.{crash} {remedy[0].upper()}{remedy[1:]}."
    )
