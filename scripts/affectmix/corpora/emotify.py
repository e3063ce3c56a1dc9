"""Emotify (Aljanaki, Wiering and Veltkamp, Information Processing & Management 2016)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np
import pandas as pd

from affectmix.corpora.base import TARGETS, Corpus, Setting
from affectmix.corpora.rated_files import RatedFiles, Reading
from affectmix.corpora.tabular import ROW, read_text_table, to_numbers
from affectmix.errors import ConfigError, Problem
from affectmix.schemas import QUADRANTS, RATINGS

_VOTES: Final = "data.csv"
_TRACK: Final = "track id"
_WHO: Final = ("age", "gender", "mother tongue")
_PER_GENRE: Final = 100
_SIGNS: Final = {"Q1": (1, 1), "Q2": (-1, 1), "Q3": (-1, -1), "Q4": (1, -1)}  # valence, arousal
# Zentner, Grandjean and Scherer (Emotion 2008): vitality is power and joyful activation, unease
# is tension and sadness, and the rest is sublimity. On the plane: vitality Q1; of unease, tension
# is high and sadness low; of sublimity, amazement is high (Russell's "astonished"), and the rest
# is low. So most clips lie in Q4, as Gasparini and Marchi say of their own map, which they show
# in a figure alone.
EMOTIONS: Final[Mapping[str, str]] = {
    "amazement": "Q1",
    "solemnity": "Q4",
    "tenderness": "Q4",
    "nostalgia": "Q4",
    "calmness": "Q4",
    "power": "Q1",
    "joyful_activation": "Q1",
    "tension": "Q2",
    "sadness": "Q3",
}


class EmotifyCorpus(RatedFiles):
    """``<genre>/<n>.mp3`` and ``data.csv``, a row per listener and clip with the felt emotions.

    A clip's quadrant is that of the emotion with the most votes (Gasparini and Marchi, section
    3.3). Of emotions with equally many, the one counts whose quadrant has the most votes of
    all emotions, then the first in :data:`EMOTIONS`. Valence and arousal are set to the corner of
    the quadrant, ±``corner``: they are stand-ins, not ratings.

    The clip id is the track id, which runs from 1 to 400 over genres in the order classical, rock,
    electronic, pop, while files are numbered from 1 in each; the category is the genre.

    Listeners have no number in the file: each row is a rater, named by its line and by age,
    gender and mother tongue. A row's valence and arousal are the corner of the quadrant with the
    most of its votes, and the mean of the corners where several have equally many; rows without
    any vote are left out. The votes are further columns of the ratings. With ``raters: profiles``
    the rows of one age, gender and mother tongue are one rater, unless they rate a clip twice:
    then they are of several people, and are left out.
    """

    obtain = "http://www2.projects.science.uu.nl/memotion/emotifydata/"
    SETTINGS: ClassVar[Mapping[str, Setting]] = {
        **Corpus.SETTINGS,
        "corner": Setting(
            (float,), "distance of a quadrant's corner from 0 on both axes, above 0 to 1", 0.5
        ),
        "raters": Setting(
            (str,),
            "who counts as one rater: each row, or the rows of one age, gender and mother tongue",
            "rows",
            choices=("rows", "profiles"),
        ),
        "quadrants": Setting(
            (dict,), "emotion -> Q1, Q2, Q3 or Q4, where it differs from AffectMix's map", None
        ),
    }

    def __init__(self, name: str, settings: Mapping[str, Any], *, home: Path | str = "") -> None:
        super().__init__(name, settings, home=home)
        if not 0 < self.settings["corner"] <= 1:
            raise ConfigError(
                f"corpora.{name}.corner is {self.settings['corner']!r}; it must be above 0 "
                "and at most 1, for example 0.5"
            )
        own = self.settings["quadrants"] or {}
        for emotion, quadrant in own.items():
            if emotion not in EMOTIONS or quadrant not in QUADRANTS:
                raise ConfigError(
                    f"corpora.{name}.quadrants has {emotion!r}: {quadrant!r}; allowed are the "
                    f"emotions {list(EMOTIONS)} and the quadrants {list(QUADRANTS)}"
                )
        self._quadrants = {**EMOTIONS, **own}

    def label_files(self) -> list[Path]:
        """Return the table of votes."""
        return [self.root / _VOTES]

    def ratings(self) -> pd.DataFrame:
        """Return ``schemas.RATINGS`` with one column of votes per emotion, sorted."""
        clips = set(self.clips()["clip_id"])
        votes, _ = self._votes
        if self.settings["raters"] == "profiles":
            profile = votes["rater"].str.partition("-")[2]  # without the line
            several = votes.assign(rater=profile).duplicated(["clip_id", "rater"])
            alone = ~profile.isin(profile[several])
            votes = votes[alone].assign(rater=profile[alone])
        votes = votes[votes["clip_id"].isin(clips) & votes[list(EMOTIONS)].any(axis=1)]
        corners = self._corners(votes[list(EMOTIONS)].to_numpy())
        table = pd.DataFrame(
            {
                "clip_id": votes["clip_id"],
                "rater": votes["rater"],
                "valence": corners[:, 0],
                "arousal": corners[:, 1],
                **{emotion: votes[emotion] for emotion in EMOTIONS},
            }
        )
        return table.sort_values(list(RATINGS.key), ignore_index=True)

    @cached_property
    def _votes(self) -> tuple[pd.DataFrame, list[Problem]]:
        """Return clip_id, genre, rater and votes of each usable row, and what is wrong."""
        names = {_TRACK: _TRACK, "genre": "genre", **{e: e for e in EMOTIONS}}
        rows = read_text_table(
            self.root / _VOTES, {**names, **dict.fromkeys(_WHO)}, corpus=self.name
        )
        problems: list[Problem] = []
        usable = pd.Series(True, rows.index)
        for name in (_TRACK, *EMOTIONS):
            numbers, _ = to_numbers(rows[name])
            wrong = numbers.isna() | (numbers % 1 != 0)
            wrong |= (numbers < 1) if name == _TRACK else (numbers > 1) | (numbers < 0)
            allowed = "a number from 1" if name == _TRACK else "0 or 1"
            problems += [
                Problem(
                    str(rows.at[i, ROW]),
                    "out_of_scale",
                    f"{name} is {rows.at[i, name]!r}; allowed "
                    f"is {allowed}; correct it or delete the row",
                )
                for i in rows.index[wrong]
            ]
            usable &= ~wrong
            rows[name] = numbers
        who = rows.reindex(columns=list(_WHO)).fillna("").astype(str)
        rows["rater"] = [
            "-".join([str(place).rpartition(":")[2].zfill(5), *map(str.strip, each)])
            for place, each in zip(rows[ROW], who.to_numpy().tolist(), strict=True)
        ]
        rows = rows[usable].astype(dict.fromkeys((_TRACK, *EMOTIONS), int))
        rows["clip_id"] = rows[_TRACK].astype(str)
        return rows.astype(dict.fromkeys(EMOTIONS, float)), problems

    def _read(self) -> Reading:
        votes, problems = self._votes
        faults = list(problems)
        totals = votes.groupby(_TRACK)[list(EMOTIONS)].sum()
        genres = votes.groupby(_TRACK)["genre"]
        for track in totals.index[genres.nunique() != 1]:
            found = sorted(map(str, votes.loc[votes[_TRACK] == track, "genre"].unique()))
            faults.append(
                Problem(
                    f"{_VOTES} (track {track})",
                    "conflict",
                    f"its rows name {len(found)} genres, {found}; make them the same",
                )
            )
        quadrants = [self._most_voted(row) for row in totals.to_numpy()]
        corner = float(self.settings["corner"])
        genre = genres.first().fillna("")
        rows = pd.DataFrame(
            {
                "clip_id": totals.index.astype(str),
                "path": [
                    f"{name}/{(track - 1) % _PER_GENRE + 1}.mp3"
                    for track, name in zip(totals.index, genre, strict=True)
                ],
                "quadrant": quadrants,
                "category": genre.to_numpy(),
                ROW: [f"{_VOTES} (track {track})" for track in totals.index],
            }
        ).astype(object)
        for axis, target in enumerate(TARGETS):
            rows[target] = [
                None if q is None else repr(corner * _SIGNS[q][axis]) for q in quadrants
            ]
        return Reading(rows, dict.fromkeys(TARGETS, (-1.0, 1.0)), tuple(faults))

    def _most_voted(self, votes: np.ndarray) -> str | None:
        """Return the quadrant of the emotion with the most votes; None without any."""
        if not votes.sum():
            return None
        of_emotions = [self._quadrants[emotion] for emotion in EMOTIONS]
        totals = {q: votes[[own == q for own in of_emotions]].sum() for q in QUADRANTS}
        best = [q for q, count in zip(of_emotions, votes, strict=True) if count == votes.max()]
        return max(best, key=lambda quadrant: totals[quadrant])

    def _corners(self, votes: np.ndarray) -> np.ndarray:
        """Return the mean corner of each row's most voted quadrants. [shape=(n, 2)]"""
        of_emotions = np.array([self._quadrants[emotion] for emotion in EMOTIONS])
        totals = np.column_stack([votes[:, of_emotions == q].sum(axis=1) for q in QUADRANTS])
        best = totals == totals.max(axis=1, keepdims=True)
        signs = np.array([_SIGNS[quadrant] for quadrant in QUADRANTS], dtype=float)
        return float(self.settings["corner"]) * (best @ signs) / best.sum(axis=1, keepdims=True)
