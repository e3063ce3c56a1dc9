"""What came of one mutated input, and the table of many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

USABLE = "usable"
LEFT_OUT = "left out"  # or refused, with a message
CRASH = "crash"  # the process died
HANG = "hang"
EXCEPTION = "other exception"
WRONG = "wrong data"
BAD = (CRASH, HANG, EXCEPTION, WRONG)


@dataclass(frozen=True)
class Outcome:
    """What came of one input.

    Attributes:
        kind: one of the constants of this module.
        detail: why it was left out in one word, or what went wrong.
    """

    kind: str
    detail: str = ""


@dataclass(frozen=True)
class Trial:
    """One mutated input.

    Attributes:
        family: its format, adapter or file.
        mutation: what was done to it.
        name: by which it can be made again.
        outcome: what came of it.
    """

    family: str
    mutation: str
    name: str
    outcome: Outcome


def bad(trials: Iterable[Trial]) -> list[Trial]:
    """Return the trials of which none may be."""
    return [trial for trial in trials if trial.outcome.kind in BAD]


def table(trials: Iterable[Trial], by: str) -> str:
    """Return a Markdown table: a row per value of ``by`` (``family`` or ``mutation``)."""
    columns = (USABLE, LEFT_OUT, *BAD)
    rows: dict[str, Counter[str]] = {}
    reasons: dict[str, Counter[str]] = {}
    for trial in trials:
        name = getattr(trial, by)
        rows.setdefault(name, Counter())[trial.outcome.kind] += 1
        if trial.outcome.kind == LEFT_OUT:
            reasons.setdefault(name, Counter())[trial.outcome.detail] += 1
    lines = [
        f"| {by} | tried | {' | '.join(columns)} | left out as |",
        "|" + "---|" * (len(columns) + 3),
    ]
    total: Counter[str] = sum(rows.values(), Counter())
    for name, counts in [*sorted(rows.items()), ("all", total)]:
        cells = " | ".join(str(counts[column]) for column in columns)
        why = ", ".join(f"{kind} {n}" for kind, n in reasons.get(name, Counter()).most_common(6))
        lines.append(f"| {name} | {counts.total()} | {cells} | {why} |")
    return "\n".join(lines)
