"""Pairwise preferences, such as Sonancia's (Lopes, Liapis and Yannakakis, 2017), to scores."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Final

import choix
import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from affectmix.corpora.base import TARGETS, Corpus, Setting
from affectmix.corpora.rated_files import RatedFiles, Reading
from affectmix.corpora.tabular import ROW, read_text_table
from affectmix.errors import ConfigError, Problem

_COLUMNS: Final = ["preferred", "other"]


class PairsCorpus(RatedFiles):
    """Header-less csv files, one per dimension, of ``preferred,other`` clip names.

    Each dimension's comparisons are fitted by the Bradley-Terry model. A clip's label is
    ``tanh(score / 2)`` with scores of mean 0: twice the probability that the clip is
    preferred to the average clip, less 1. So 0 is the average clip and ±1 is never reached.
    """

    SETTINGS: ClassVar[Mapping[str, Setting]] = {
        **Corpus.SETTINGS,
        "preferences": Setting(
            (dict,), "target (valence, arousal) -> its file of comparisons, under root"
        ),
        "audio": Setting((str,), "folder under root that clip names are relative to", "."),
        "alpha": Setting(
            (float,), "weight of the penalty on squared scores, above 0 (0.1: weak)", 0.1
        ),
    }

    def __init__(self, name: str, settings: Mapping[str, Any], *, home: Path | str = "") -> None:
        super().__init__(name, settings, home=home)
        files, where = self.settings["preferences"], f"corpora.{name}"
        wrong = [t for t, file in files.items() if t not in TARGETS or not isinstance(file, str)]
        if wrong or not files:
            raise ConfigError(
                f"{where}.preferences is {files!r}; it must map {' and '.join(TARGETS)} "
                "to file names"
            )
        if not self.settings["alpha"] > 0:
            raise ConfigError(
                f"{where}.alpha is {self.settings['alpha']!r}; it must be above 0, such as 0.1"
            )

    @property
    def _audio_folder(self) -> str:
        folder: str = self.settings["audio"]
        return folder

    def label_files(self) -> list[Path]:
        """Return the files of comparisons, in the order of the targets."""
        files = self.settings["preferences"]
        return [self.root / files[target] for target in TARGETS if target in files]

    def _read(self) -> Reading:
        problems: list[Problem] = []
        rows = pd.DataFrame({"path": pd.Series(dtype=object)})
        for target in [t for t in TARGETS if t in self.settings["preferences"]]:
            file = self.root / self.settings["preferences"][target]
            pairs = read_text_table(file, _COLUMNS, corpus=self.name)
            scores, faults = score_pairs(pairs, alpha=float(self.settings["alpha"]))
            problems += faults
            values = np.tanh(scores / 2).map(repr)
            rows = rows.merge(
                values.rename(target).rename_axis("path").reset_index(), on="path", how="outer"
            )
        return Reading(rows, dict.fromkeys(TARGETS, (-1.0, 1.0)), tuple(problems))


def score_pairs(pairs: pd.DataFrame, *, alpha: float) -> tuple[pd.Series, list[Problem]]:
    """Fit the Bradley-Terry model: P(i preferred to j) = 1 / (1 + exp(score_j - score_i)).

    Args:
        pairs: columns preferred, other (clip names) and row (for messages).
        alpha: weight of the L2 penalty, which keeps the score of a clip that always won finite.

    Returns:
        Score by clip name, of mean 0, whatever the order of the rows; and the comparisons
        that could not be used (``unusable_comparison``): a name missing, a clip against
        itself, or clips that no chain of comparisons joins to the largest set of clips.
    """
    incomplete = pairs["preferred"].isna() | pairs["other"].isna()
    same = (pairs["preferred"] == pairs["other"]) & ~incomplete
    problems = [
        *_unusable(pairs[incomplete], "one of the two names is missing; the row is left out"),
        *_unusable(pairs[same], "a clip is compared with itself; the row is left out"),
    ]
    pairs = pairs[~incomplete & ~same].sort_values(["preferred", "other"])
    names = sorted({*pairs["preferred"], *pairs["other"]})
    if not names:
        return pd.Series(dtype=float), problems
    won = pd.Index(names).get_indexer(pairs["preferred"])
    lost = pd.Index(names).get_indexer(pairs["other"])
    graph = coo_array((np.ones(len(won)), (won, lost)), shape=(len(names), len(names)))
    _, part = connected_components(graph, directed=False)
    joined = part == np.bincount(part).argmax()
    problems += _unusable(
        pairs[~joined[won]], "no chain of comparisons joins these clips to the others; left out"
    )
    place = np.cumsum(joined) - 1
    data = [(place[i], place[j]) for i, j in zip(won, lost, strict=True) if joined[i]]
    scores = choix.opt_pairwise(int(joined.sum()), data, alpha=alpha, tol=1e-10)
    kept = [name for name, used in zip(names, joined, strict=True) if used]
    return pd.Series(scores - scores.mean(), index=kept), problems


def _unusable(rows: pd.DataFrame, message: str) -> list[Problem]:
    return [
        Problem(f"{row} ({a}, {b})", "unusable_comparison", message)
        for row, a, b in rows[[ROW, *_COLUMNS]].itertuples(index=False)
    ]
