"""Which numbers would another run change? Those of searches that end by the clock."""

from __future__ import annotations

from affectmix.report.blocks import Section, Text
from affectmix.report.evidence import Evidence

_TEXT = (
    "{} a number of seconds per target and training set. How far a search comes in it hangs on "
    "the machine and on what else runs there, so that another run finds other models and other "
    "numbers, whatever the seed. The numbers of all other learners come out again."
)


def budgets_section(evidence: Evidence) -> Section | None:
    """Return which learners search by the clock; None where none does."""
    learners = sorted(set(evidence.budgets_s) & set(evidence.metrics["learner"]))
    if not learners:
        return None
    told = ", ".join(f"{name} ({evidence.budgets_s[name]:.10g} s)" for name in learners)
    verb = "searches for" if len(learners) == 1 else "search for"
    text = _TEXT.format(f"{told} {verb}")
    return Section("budgets", "What another run would change", [Text(text, "note")], {})
