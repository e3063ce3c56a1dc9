"""Whether DEAM's static valence and arousal stand under the right name.

Raters gave a song's valence and arousal twice: once for the whole clip, once while it ran. The
static value of a target goes with the mean of its dynamic values (r above .9 in every round),
and less so with the other target's (about .6 at most).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from affectmix.corpora.tabular import to_numbers
from affectmix.errors import Problem

ROUNDS: Final[Mapping[int, tuple[int, int]]] = {
    2013: (1, 1000),
    2014: (1001, 2000),
    2015: (2001, 2058),
}
"""Year of MediaEval → its first and last song number."""
_LEAST: Final = 10  # songs of a round below which nothing can be told


def round_of(song: str | None) -> int | None:
    """Return the year that a song number was first annotated in; None for other texts.

    >>> round_of("2"), round_of("2058"), round_of("x")
    (2013, 2015, None)
    """
    if not isinstance(song, str) or not song.isdigit():
        return None
    return next((y for y, (first, last) in ROUNDS.items() if first <= int(song) <= last), None)


def swapped_problems(
    static: pd.DataFrame, dynamic: pd.DataFrame, *, told: Sequence[int], where: str
) -> list[Problem]:
    """Report rounds whose static targets go better with each other's dynamic values.

    Args:
        static: clip_id, valence and arousal, as text, after rounds in ``told`` were exchanged.
        dynamic: mean valence and arousal by clip_id.
        told: rounds that the configuration says are swapped.
        where: the setting that says so.

    Returns:
        A problem for each round of 10 songs or more that is the wrong way round.
    """
    songs = static.drop_duplicates("clip_id").set_index("clip_id")
    both = pd.DataFrame({t: to_numbers(songs[t])[0] for t in ("valence", "arousal")})
    both = both.join(dynamic.add_suffix("_dynamic"), how="inner").dropna()
    years = pd.Series([round_of(song) for song in both.index], index=both.index, dtype=object)
    problems = []
    for year in ROUNDS:
        own = both[years == year]
        if len(own) < _LEAST:
            continue
        r = {
            (one, other): _correlation(own[one], own[f"{other}_dynamic"])
            for one in ("valence", "arousal")
            for other in ("valence", "arousal")
        }
        straight = r["valence", "valence"] + r["arousal", "arousal"]
        crossed = r["valence", "arousal"] + r["arousal", "valence"]
        if crossed > straight:
            problems.append(Problem(where, "swapped", _message(year, r, said=year in told)))
    return problems


def _correlation(one: pd.Series, other: pd.Series) -> float:
    if one.nunique() < 2 or other.nunique() < 2:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def _message(year: int, r: Mapping[tuple[str, str], float], *, said: bool) -> str:
    first, last = ROUNDS[year]
    found = (
        f"songs {first} to {last} ({year}): static valence goes with dynamic arousal "
        f"(r = {r['valence', 'arousal']:.2f}) rather than valence "
        f"({r['valence', 'valence']:.2f}), static arousal with dynamic valence "
        f"({r['arousal', 'valence']:.2f}) rather than arousal ({r['arousal', 'arousal']:.2f})"
    )
    if said:
        return f"{found}, now that they are exchanged; take {year} out of this setting"
    return (
        f"{found}: the two columns are swapped in the file; name {year} here (swapped: [{year}]) "
        "to have them exchanged"
    )
