"""The first thing a reader sees: did mixing help, on which view, by how much, and is it real?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import pandas as pd

from affectmix.evaluation.comparisons import HELPED, HURT, NOT_SHOWN, UNDEFINED
from affectmix.evaluation.mixture_shares import added, trained_views
from affectmix.report.answer_checks import CHECKS, Check, checks_of, honest, in_short
from affectmix.report.evidence import Evidence
from affectmix.report.labels import ordered_targets, with_series
from affectmix.report.words import p_value, signed

WORDS = {
    HELPED: "helped",
    HURT: "hurt",
    NOT_SHOWN: "no difference shown",
    UNDEFINED: "could not be tested",
}


@dataclass(frozen=True)
class AnswerRow:
    """One view and target, and what mixing did to it.

    Attributes:
        view, target, series, added: what was tested, by whom, and what was mixed in.
        alone, mixed: R².
        gain, interval: the difference, and its corrected 95 % interval.
        p: of the difference, after Holm's adjustment.
        verdict: of `comparisons`; ``words`` says it.
        in_short, checks: what the checks come to, and each by what gives it.
    """

    view: str
    target: str
    series: str
    added: str
    alone: str
    mixed: str
    gain: str
    interval: str
    p: str
    verdict: str
    in_short: Check
    checks: dict[str, Check]

    @property
    def words(self) -> str:
        """The verdict in words."""
        return WORDS[self.verdict]


@dataclass(frozen=True)
class AnswerTable:
    """The rows, and in order the columns of checks that any of them has."""

    rows: Sequence[AnswerRow]
    checks: Sequence[str]

    @property
    def several_learners(self) -> bool:
        """Whether rows differ in learner or setting."""
        return len({row.series for row in self.rows}) > 1

    @property
    def spans(self) -> list[int]:
        """For each row, how many from it on share its view and what is mixed in; 0 below them."""
        runs = [len(list(run)) for _, run in groupby(self.rows, key=lambda r: (r.view, r.added))]
        return [number for run in runs for number in (run, *[0] * (run - 1))]

    def frame(self) -> pd.DataFrame:
        """Return the table as it is written to a file."""
        return pd.DataFrame(
            [
                {
                    "view": row.view,
                    "target": row.target,
                    "learner": row.series,
                    "added": row.added,
                    "R² alone": row.alone,
                    "R² mixed": row.mixed,
                    "gain": row.gain,
                    "95 %": row.interval,
                    "p, Holm": row.p,
                    "did it help?": row.words,
                    "is it real?": row.in_short.text,
                    **{n: row.checks[n].text if n in row.checks else "" for n in self.checks},
                }
                for row in self.rows
            ]
        )


def answer_table(evidence: Evidence) -> AnswerTable | None:
    """Return the answers over the fullest mixture of each view; None without a comparison.

    Comparisons whose numbers are honest (nested, clean, whole groups) are taken where the
    experiment has any; else all, with a warning in each row.
    """
    chosen = _chosen(evidence.comparisons)
    if chosen.empty:
        return None
    targets = ordered_targets(chosen["target"])
    chosen = chosen.assign(_target=chosen["target"].map(targets.index))
    chosen = chosen.sort_values(["view", "_target", "series"], kind="stable")
    rows = [_row(evidence, row) for _, row in chosen.iterrows()]
    present = {name for row in rows for name in row.checks}
    return AnswerTable(rows, [name for name in CHECKS if name in present])


def _chosen(comparisons: pd.DataFrame) -> pd.DataFrame:
    """Return the comparisons to show: honest ones, of the mixture with the most views."""
    full = comparisons[comparisons["full"].astype(bool)]
    rows = with_series(honest(full))
    rows = rows.assign(_views=[len(trained_views(mixture)) for mixture in rows["mixture"]])
    most = rows.groupby(["series", "view", "target"])["_views"].transform("max")
    return rows[rows["_views"] == most]


def _row(evidence: Evidence, row: pd.Series) -> AnswerRow:
    checks = checks_of(evidence, row)
    interval = f"{signed(row['ci95_low'])} to {signed(row['ci95_high'])}"
    return AnswerRow(
        view=str(row["view"]),
        target=str(row["target"]),
        series=str(row["series"]),
        added=added(row["mixture"], row["view"]),
        alone=signed(row["alone"]).removeprefix("+"),
        mixed=signed(row["mixed"]).removeprefix("+"),
        gain=signed(row["gain"]),
        interval="" if math.isnan(row["p"]) else interval,
        p=p_value(row["p_holm"]),
        verdict=str(row["verdict"]),
        in_short=in_short(row, checks),
        checks=checks,
    )
