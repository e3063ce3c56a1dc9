"""Short names for what differs between rows: a reader needs nothing that is always the same."""

from __future__ import annotations

import pandas as pd

from affectmix.evaluation.mixture_shares import trained_views

_QUALIFIERS = ("features", "scheme", "protocol", "arithmetic")
TARGETS = ("arousal", "valence")


def with_series(rows: pd.DataFrame) -> pd.DataFrame:
    """Return ``rows`` with ``series``: the learner, and whatever else of its setting varies.

    Where all rows have one feature set and one protocol, ``series`` is the learner's name;
    otherwise ``svr, egemaps`` or ``svr, paper``, with what is named in the same order.
    """
    varying = [name for name in _QUALIFIERS if rows[name].nunique() > 1]
    names = [", ".join(values) for values in rows[["learner", *varying]].astype(str).to_numpy()]
    return rows.assign(series=pd.Series(names, index=rows.index, dtype="object"))


def ordered_targets(targets: pd.Series) -> list[str]:
    """Return the targets, arousal before valence as the papers have them, then any others."""
    present = set(targets)
    return [t for t in TARGETS if t in present] + sorted(present - set(TARGETS))


def ordered_mixtures(mixtures: pd.Series) -> list[str]:
    """Return mixtures by how many views they train on, then by name."""
    return sorted(set(mixtures), key=lambda m: (len(trained_views(m)), trained_views(m), m))


def caveats(rows: pd.DataFrame) -> list[str]:
    """Return what has to stand beside every table and figure made from ``rows``.

    A note that holds for some of the rows only says so, lest it be read of all of them.
    """
    notes = []
    paper = rows["protocol"] == "paper"
    if paper.any():
        notes.append(
            f"{_subject('Protocol', paper)} 'paper': hyper-parameters were chosen on the "
            "reported folds, as the paper did. These numbers are optimistic."
        )
    ungrouped = rows["scheme"].str.endswith("_ungrouped").astype(bool)
    if ungrouped.any():
        notes.append(
            f"{_subject('Ungrouped', ungrouped)} folds: clips of one source or recording are in "
            "training and test. These numbers are optimistic."
        )
    replayed = rows["arithmetic"] != "clean"
    if replayed.any():
        names = ", ".join(sorted(set(rows.loc[replayed, "arithmetic"])))
        notes.append(
            f"{_subject('Arithmetic', replayed)} {names}: the released code's index shifts are "
            "replayed, so that tested rows were trained on. These numbers show an error and are "
            "no results."
        )
    return notes


def short_caveats(rows: pd.DataFrame) -> list[str]:
    """Return the head of each of `caveats`, for a figure's title."""
    return [note.split(":")[0] + ": see the notes" for note in caveats(rows)]


def _subject(word: str, concerned: pd.Series) -> str:
    return word if concerned.all() else f"Rows of {word.lower()}"
