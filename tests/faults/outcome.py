"""What came of a fault, and the table of it all."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

_NOISE = re.compile(r"^(\[|\s|Select|Execute|Complete log|Building|Using|Provided|Job stats|total)")


@dataclass
class Outcome:
    """What came of one fault.

    Attributes:
        fault: what was done.
        times: how often.
        seen: what happened, or what the run said.
        problems: everything that should not have been; none if all is well.
    """

    fault: str
    times: int = 1
    seen: str = ""
    problems: list[str] = field(default_factory=list)


def table(outcomes: Iterable[Outcome]) -> str:
    """Return outcomes as a Markdown table, and after it the problems in full."""
    rows = list(outcomes)
    lines = ["| fault | times | what was seen | complete afterwards, content equal |"]
    lines += ["|---|---|---|---|"]
    for row in rows:
        bad = len(row.problems)
        verdict = "yes" if not bad else f"**no: {bad} of {row.times}**"
        lines.append(f"| {row.fault} | {row.times} | {_cell(row.seen)} | {verdict} |")
    lines += [f"\n{row.fault}:\n" + "\n".join(row.problems) for row in rows if row.problems]
    return "\n".join(lines) + "\n"


def last_words(said: str, *, most: int = 400) -> str:
    """Return AffectMix's own lines of what a run said, or else its end."""
    own = [line.strip() for line in said.splitlines() if line.startswith("affectmix: ")]
    own = [line for line in own if not re.search(r"jobs done|what is done is kept", line)]
    return " / ".join(own)[:most] if own else said[-most:]


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
