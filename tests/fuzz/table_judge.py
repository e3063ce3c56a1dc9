"""A corpus with a mutated label file: refused, or with the labels that its rows say."""

from __future__ import annotations

import tempfile
import warnings
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from affectmix.corpora import make_corpus
from affectmix.corpora.base import Corpus
from affectmix.errors import AffectMixError
from affectmix.schemas import LABELS, RATINGS
from affectmix.tables import check_table
from outcomes import LEFT_OUT, USABLE, WRONG, Outcome
from table_cases import CASES
from table_files import Mutated, content_of

_ROUNDING = 1e-12


def make_judge() -> TableJudge:
    """Return a judge of label files."""
    return TableJudge()


class TableJudge:
    """Reads a corpus as the workflow does, and holds its labels against the intact ones."""

    def __call__(self, mutated: Mutated) -> Outcome:
        with tempfile.TemporaryDirectory(prefix="affectmix-fuzz-") as folder, _quiet():
            corpus = _corpus(Path(folder), mutated.case, mutated.content)
            problems = corpus.problems()
            if not all(str(problem).strip() and problem.message for problem in problems):
                return Outcome(WRONG, "a problem without a message")
            try:
                labels, ratings = corpus.labels(), corpus.ratings()
                corpus.clips(), corpus.recordings()
            except AffectMixError as error:
                kind = problems[0].kind if problems else type(error).__name__
                return Outcome(LEFT_OUT, kind) if str(error) else Outcome(WRONG, "mute")
            check_table(labels, LABELS, where="labels")
            if ratings is not None:
                check_table(ratings, RATINGS, where="ratings")
            said = "\n".join(map(str, problems))
        wrong = _difference(mutated, labels.set_index("clip_id"), said)
        return Outcome(WRONG, wrong) if wrong else Outcome(USABLE)


@cache
def _intact(case: int) -> pd.DataFrame:
    with tempfile.TemporaryDirectory(prefix="affectmix-fuzz-") as folder, _quiet():
        corpus = _corpus(Path(folder), case, content_of(CASES[case], CASES[case].rows))
        return corpus.labels().set_index("clip_id")


def _corpus(root: Path, place: int, content: bytes) -> Corpus:
    case = CASES[place]
    case.write(root, content)
    return make_corpus("mine", {**case.settings, "root": str(root)})


def _difference(mutated: Mutated, labels: pd.DataFrame, said: str) -> str:
    """Return what the labels have that no row says, or lack without a word; '' for nothing."""
    intact = _intact(mutated.case)
    if mutated.refuse:
        return "is accepted"
    if mutated.all_touched:
        return ""
    for clip in intact.index:
        touched = clip in mutated.touched
        if clip not in labels.index:
            if clip not in said:
                return f"{clip} is gone without a word"
            if not touched:
                return f"{clip}, which was not touched, is left out"
            continue
        if touched and mutated.any_value:
            continue
        wrong = _changed(intact.loc[clip], labels.loc[clip])
        for column in wrong:
            allowed = (mutated.values or {}).get((clip, column))
            found = labels.at[clip, column]
            if touched and (allowed is None and column not in ("valence", "arousal")):
                continue
            if allowed is None or abs(found - allowed) > 1e-9:
                return f"{clip}: {column} was {intact.at[clip, column]}, is {found}, not {allowed}"
    new = set(labels.index) - set(intact.index) - mutated.touched
    return f"new clips {sorted(new)[:3]}" if new and not mutated.touched else ""


def _changed(intact: pd.Series, found: pd.Series) -> list[str]:
    columns = []
    for column in intact.index:
        one, other = intact[column], found[column]
        if pd.isna(one) and pd.isna(other):
            continue
        same = one == other or (
            isinstance(one, float) and isinstance(other, float) and abs(one - other) <= _ROUNDING
        )
        if not same:
            columns.append(str(column))
    return columns


class _quiet(warnings.catch_warnings):
    def __enter__(self) -> None:
        super().__enter__()
        warnings.simplefilter("ignore")
        np.seterr(all="ignore")
