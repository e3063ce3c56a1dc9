"""The report's answers, in sentences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from affectmix.evaluation.comparisons import ALPHA, HELPED, HURT, NOT_SHOWN, SKILL, UNDEFINED
from affectmix.evaluation.mixture_shares import added
from affectmix.report.labels import ordered_mixtures, ordered_targets, with_series
from affectmix.report.tables import number


@dataclass(frozen=True)
class Answer:
    """One line of the report: what was compared, the verdict, and the sentence."""

    subject: str
    verdict: str
    sentence: str


def signed(value: float) -> str:
    """Return a difference with its sign: ``+.059``, ``−.020``."""
    if np.isnan(value):
        return "undefined"
    return ("−" if value < 0 else "+") + number(abs(value))


def p_value(p: float) -> str:
    """Return ``p = .012``, ``p < .001`` or ``p undefined``, without a place to break a line."""
    bare = bare_p(p)
    text = f"p {bare}" if bare[0] in "<u" else f"p = {bare}"
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def bare_p(p: float) -> str:
    """Return ``.012``, ``< .001`` or ``undefined``, for a column that is headed p."""
    if np.isnan(p):
        return "undefined"
    if p < 0.001:
        return "< .001"
    return "1" if p >= 0.9995 else f"{p:.3f}".removeprefix("0")


def headline(comparisons: pd.DataFrame) -> str:
    """Return the answer to "does mixing help?" in one sentence, over full mixtures."""
    rows = comparisons[comparisons["full"].astype(bool)]
    if rows.empty:
        return (
            "This experiment cannot say whether mixing helps: it has no pair of cells of which "
            "one trains on a view alone and the other adds a second view."
        )
    counts = rows["verdict"].value_counts()
    parts = [
        f"{words} in {counts[verdict]}"
        for verdict, words in (
            (HELPED, "helped"),
            (HURT, "hurt"),
            (NOT_SHOWN, "made no difference that could be shown"),
            (UNDEFINED, "could not be tested"),
        )
        if verdict in counts
    ]
    total = len(rows)
    if len(parts) == 1:
        return f"Mixing {parts[0]} of {total} comparisons."
    return f"Of {total} comparisons, mixing " + ", ".join(parts[:-1]) + f" and {parts[-1]}."


def answers(comparisons: pd.DataFrame, oracle: pd.DataFrame | None = None) -> list[Answer]:
    """Return one answer per view, target, learner and mixture of `compare_mixtures`."""
    rows = with_series(comparisons)
    targets, mixtures = ordered_targets(rows["target"]), ordered_mixtures(rows["mixture"])
    rows = rows.assign(
        _target=rows["target"].map(targets.index), _mixture=rows["mixture"].map(mixtures.index)
    ).sort_values(["view", "_target", "_mixture", "series"], kind="stable")
    family = ["experiment", "scheme", "protocol", "arithmetic", "full"]
    sizes = rows.groupby(family)["p"].transform("count")
    out = []
    for size, (_, row) in zip(sizes, rows.iterrows(), strict=True):
        sentence = f"{_claim(row)} {_numbers(row, int(size))}{_allowed(row, oracle)}"
        subject = f"{row['view']}, {row['target']} ({row['series']})"
        out.append(Answer(subject, str(row["verdict"]), sentence))
    return out


def permutation_sentence(permutation: pd.DataFrame) -> str:
    """Return what the permuted labels show: a leak, none, or nothing that could be tested."""
    if permutation.empty:
        return (
            "Not run: no cell of this experiment has permuted labels. Add 'permuted' to its "
            "'controls' to test whether anything leaks from the labels."
        )
    made = permutation[permutation["verdict"] != UNDEFINED]
    found = made[made["verdict"] == SKILL]
    total, impossible = len(made), len(permutation) - len(made)
    if not total:
        return (
            f"Not testable: of {impossible} tests on permuted labels none could be made, as a test "
            "needs two folds with a defined score. This says nothing of leaks."
        )
    rest = f" {impossible} more could not be made." if impossible else ""
    if len(found):
        first = found.sort_values("p_holm").iloc[0]
        return (
            f"Skill was found in {len(found)} of {total} tests on permuted labels, where there is "
            f"nothing to learn (first: {first['learner']}, {first['view']}, {first['target']}; "
            f"{p_value(first['p_holm'])} after Holm's adjustment). Something leaks: do not "
            f"trust this run.{rest}"
        )
    least = made["p"].min()
    return (
        f"No skill was found in any of {total} one-sided tests on permuted labels (least "
        f"{p_value(least)}, before Holm's adjustment).{rest}"
    )


def claim(
    row: pd.Series, *, helped: str, hurt: str, undefined: str, looks: str, nothing: str
) -> str:
    """Return what a tested gain says, in one of five ways.

    Args:
        row: ``verdict``, ``p`` (before Holm's adjustment) and ``gain``.
        helped, hurt, undefined, nothing: what to say of these verdicts.
        looks: what to say where p alone is below 0.05; ``{side}`` is better or worse.
    """
    told = {HELPED: helped, HURT: hurt, UNDEFINED: undefined}
    if row["verdict"] in told:
        return told[row["verdict"]]
    if row["p"] < ALPHA:
        return looks.format(side="better" if row["gain"] > 0 else "worse")
    return nothing


def _claim(row: pd.Series) -> str:
    other = added(row["mixture"], row["view"])
    sentence = claim(
        row,
        helped="helped.",
        hurt="hurt.",
        undefined="could not be tested: fewer than two folds have an R².",
        looks="looks {side}, but not once all comparisons are counted.",
        nothing="made no difference that could be shown.",
    )
    return f"Adding {other} {sentence}"


def _numbers(row: pd.Series, family: int) -> str:
    before, after = (signed(row[name]).removeprefix("+") for name in ("alone", "mixed"))
    change = f"R²\N{NO-BREAK SPACE}{before}\N{NO-BREAK SPACE}→\N{NO-BREAK SPACE}{after}"
    if np.isnan(row["p"]):
        return f"{change}."
    adjusted = f", {p_value(row['p_holm'])} among {family} comparisons" if family > 1 else ""
    return (
        f"{change}, gain {signed(row['gain'])} ({signed(row['ci95_low'])} to "
        f"{signed(row['ci95_high'])}; {p_value(row['p'])}{adjusted})."
    )


def _allowed(row: pd.Series, oracle: pd.DataFrame | None) -> str:
    """Return the oracle's bracket of this comparison's gain, in words."""
    if oracle is None:
        return ""
    keys = [key for key in ("view", "target", "mixture") if key in oracle]
    found = oracle[np.logical_and.reduce([oracle[key] == row[key] for key in keys])]
    if found.empty:
        return ""
    low, high = found.iloc[0][["low", "high"]].astype(float)
    return f" The known causes allow {signed(low)} to {signed(high)}."
