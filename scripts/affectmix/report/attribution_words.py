"""What a reported gain is made of, in sentences."""

from __future__ import annotations

import numpy as np
import pandas as pd

from affectmix.evaluation.attribution import LADDER, reported_ways
from affectmix.evaluation.mixture_shares import added
from affectmix.report.attribution_table import with_ladder_series
from affectmix.report.labels import ordered_targets
from affectmix.report.words import signed

_CAUSES = {
    "domain": "the domain",
    "groups": "groups torn apart",
    "selection": "the choice on the reported folds",
    "leak": "the leak",
}
_REPORTS = {
    "ungrouped": "folds that tear groups apart report",
    "selected": "protocol 'paper' reports",
    "selected_ungrouped": "protocol 'paper' on ungrouped folds reports",
    "reference_2023": "the arithmetic of 2023 reports",
    "reference_2024": "the arithmetic of 2024 reports",
}
_MISSING = {
    "alone": "the view alone (nested, clean)",
    "mixed": "the mixture (nested, clean)",
    "ungrouped": "the mixture on ungrouped folds (nested, clean)",
    "selected": "the mixture under protocol 'paper'",
    "selected_ungrouped": "the mixture under protocol 'paper' on ungrouped folds",
    "reference_2023": "arithmetic reference_2023",
    "reference_2024": "arithmetic reference_2024",
}


def attribution_sentences(ladders: pd.DataFrame, *, analogous: bool) -> list[tuple[str, str]]:
    """Return a subject and a paragraph for every ladder of a full mixture.

    Args:
        ladders: with the columns of `attribution_table.with_brackets` and ``with_published``.
        analogous: whether published numbers are of other corpora that play the same part.
    """
    rows = with_ladder_series(ladders[ladders["full"].astype(bool)])
    targets = ordered_targets(rows["target"])
    order = rows.assign(_target=rows["target"].map(targets.index))
    order = order.sort_values(["view", "_target", "mixture", "series"], kind="stable")
    out = []
    for _, ladder in order.groupby(list(LADDER), sort=False):
        first = ladder.iloc[0]
        other = added(first["mixture"], first["view"])
        subject = f"{first['view']}, {first['target']} ({first['series']}, adding {other})"
        ways = list(reported_ways(ladder))
        parts = [_way(way, told=ways[0] if number else None) for number, way in enumerate(ways)]
        parts += [_allowed(ladder), _published(ladder, analogous=analogous)]
        out.append((subject, " ".join(part for part in parts if part)))
    return out


def missing_sentence(ladders: pd.DataFrame) -> str:
    """Return which rungs were not run in some ladder, or nothing."""
    counts: dict[str, int] = {}
    total = 0
    for _, ladder in ladders.groupby(list(LADDER), sort=False):
        total += 1
        for rung in filter(None, ladder["missing"].iloc[0].split(";")):
            counts[rung] = counts.get(rung, 0) + 1
    if not counts:
        return ""
    named = [
        _MISSING[rung] + ("" if count == total else f" (in {count} of {total})")
        for rung, count in counts.items()
    ]
    return (
        f"Not run, and so not attributed on its own: {'; '.join(named)}. A step over it has both "
        "causes."
    )


def _way(way: pd.DataFrame, *, told: pd.DataFrame | None) -> str:
    """Return what the last rung of a way reports, and of what it is made.

    Args:
        way: one of `reported_ways`.
        told: another way of the ladder that the reader knows already; what both have in
            common is not told again.
    """
    last = way.iloc[-1]
    steps = way[way["step"].notna()]
    if steps.empty:
        return f"R² {_plain(last['r2'])}; there is nothing to compare it with."
    known = steps["rung"].isin([] if told is None else told["rung"])
    listed = [
        f"{signed(row['step'])} is {_cause(row['cause'])}" for _, row in steps[~known].iterrows()
    ]
    listed += ["the rest is as before"] if known.any() else []
    start = way.iloc[0]["r2"] if np.isnan(last["gain"]) else last["alone"]
    change = f"R² {_plain(start)} → {_plain(last['r2'])}".replace(" ", "\N{NO-BREAK SPACE}")
    return (
        f"Of the {'rise' if np.isnan(last['gain']) else 'gain'} of {signed(steps['step'].sum())} "
        f"that {_REPORTS[last['rung']]} ({change}), {_and(listed)}."
    )


def _and(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _cause(causes: str) -> str:
    named = [_CAUSES[cause] for cause in causes.split(" + ")]
    return _and(named) + (", not told apart" if len(named) > 1 else "")


def _allowed(ladder: pd.DataFrame) -> str:
    """Return on which side of the oracle's bracket of the gain each rung lies."""
    known = ladder[ladder["oracle_gain_place"] != ""]
    if known.empty:
        return ""
    low, high = known.iloc[0][["oracle_gain_low", "oracle_gain_high"]].astype(float)
    places = [
        f"{', '.join(_SHORT[rung] for rung in part['rung'])} {where}"
        for where, part in known.groupby("oracle_gain_place", sort=False)
    ]
    of_r2 = ladder[ladder["oracle_place"] == "above"]["rung"]
    more = (
        f" R² of {', '.join(_SHORT[rung] for rung in of_r2)} lies above all that they allow."
        if len(of_r2)
        else ""
    )
    return (
        f"The known causes allow a gain of {signed(low)} to {signed(high)}: "
        f"{'; '.join(places)}.{more}"
    )


_SHORT = {
    "alone": "alone",
    "mixed": "nested",
    "ungrouped": "ungrouped",
    "selected": "chosen on reported folds",
    "selected_ungrouped": "chosen on reported folds",
    "reference_2023": "2023",
    "reference_2024": "2024",
}


def _published(ladder: pd.DataFrame, *, analogous: bool) -> str:
    alone = ladder.loc[ladder["rung"] == "alone", "published"]
    joint = ladder.loc[ladder["rung"] != "alone", "published"]
    if alone.empty or joint.empty or np.isnan(alone.iloc[0]) or np.isnan(joint.iloc[0]):
        return ""
    whose = "of other corpora that play the same part, " if analogous else ""
    flags = ladder.loc[ladder["rung"] != "alone", "published_flags"].iloc[0]
    marked = f" (flagged {flags.replace(';', ', ')})" if flags else ""
    change = f"R² {_plain(alone.iloc[0])} → {_plain(joint.iloc[0])}".replace(
        " ", "\N{NO-BREAK SPACE}"
    )
    return f"Published, {whose}{change}, a gain of {signed(joint.iloc[0] - alone.iloc[0])}{marked}."


def _plain(value: float) -> str:
    return signed(value).removeprefix("+")
