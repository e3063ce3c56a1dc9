"""Replay of the index shifts in the joint-learning paper's released code.

"Joint learning of music and generalized sounds" (2024) stacks all rows of corpus A on all
rows of corpus B and addresses the stack by row numbers. The released code shifts B's
numbers by the size of A's *training fold* instead of the size of A, and, depending on the
version, B's test rows by yet another number. So rows that are reported as test rows were
trained on, and rows reported as B's may be A's. This module selects the same rows, and
nothing else: what is done with them is the same as for clean rows.

| version | B's training rows | B's test rows, search | evaluation |
|---|---|---|---|
| ``reference_2023`` (April 2023, behind the paper's Table 1) | + A_train | + A | + A |
| ``reference_2024`` (the last version) | + A_train | + A_test | + A_train |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from affectmix.errors import ConfigError
from affectmix.splits.mixtures import (
    TRAIN_COLUMNS,
    ViewRows,
    mixture_name,
    take_share,
    training_views,
)

Version = Literal["reference_2023", "reference_2024"]
Phase = Literal["search", "evaluation"]
VERSIONS = ("reference_2023", "reference_2024")


@dataclass(frozen=True)
class Positions:
    """Row numbers in the stack of A on B.

    Attributes:
        train: rows trained on; a row may occur twice. [shape=(n,)]
        test_a: rows reported as A's. [shape=(n_a,)]
        test_b: rows reported as B's, whosever they are. [shape=(n_b,)]
    """

    train: np.ndarray
    test_a: np.ndarray
    test_b: np.ndarray


def shifted_positions(
    *,
    a_train: np.ndarray,
    a_test: np.ndarray,
    b_train: np.ndarray,
    b_test: np.ndarray,
    a_size: int,
    version: Version,
    phase: Phase,
) -> Positions:
    """Return the rows of the stack that the released code takes.

    Args:
        a_train, a_test: rows of A in one fold, after sub-sampling. [shape=(n,)]
        b_train, b_test: rows of B, counted from 0 within B. [shape=(n,)]
        a_size: number of rows of A.
        version: which released version.
        phase: choosing hyper-parameters or reporting; the 2023 version makes no difference.
    """
    if version == "reference_2023":
        test_shift = a_size
    else:
        test_shift = len(a_test) if phase == "search" else len(a_train)
    train = np.concatenate([a_train, b_train + len(a_train)])
    return Positions(train, a_test, b_test + test_shift)


def reference_rows(
    views: Sequence[ViewRows],
    shares: Mapping[str, float],
    *,
    fold: int,
    version: Version,
    phase: Phase,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows that a released version trains on and tests in one fold.

    A is the view that is trained on whole (the first, where both are); within a corpus
    rows are in the order of their ids. Sub-sampling is by class and priority, as in clean
    mixtures; the 2024 version's search sub-samples the test folds too.

    Args:
        views: exactly two, of two corpora, where every clip is a group of its own.
        shares: view to share in [0, 1].
        fold: the tested fold.

    Returns:
        Training rows, ``corpus, clip_id, copies, view, fold, class, priority`` with copies
        1 or 2, and test rows, ``view, corpus, clip_id``, where ``corpus`` is whose row it
        is and ``view`` whose row it is reported as; both sorted.

    Raises:
        ConfigError: the version is unknown, or it cannot be replayed on these views.
    """
    _check(views, version)
    training_views(views, shares)
    first, second = sorted(views, key=lambda view: shares.get(view.view, 0) < 1)
    size_a = len(first.frame)
    stack = pd.concat(
        view.frame.sort_values("clip_id").assign(corpus=view.corpus, view=view.view)
        for view in (first, second)
    ).reset_index(drop=True)
    share_tests = version == "reference_2024" and phase == "search"
    parts = {}
    for side, view in (("a", first), ("b", second)):
        rows = stack[stack["view"] == view.view]
        share = shares.get(view.view, 0)
        tested = rows[rows["fold"] == fold]
        parts[f"{side}_train"] = _numbers(take_share(rows[rows["fold"] != fold], share))
        parts[f"{side}_test"] = _numbers(take_share(tested, share) if share_tests else tested)
    for name in ("b_train", "b_test"):
        parts[name] = parts[name] - size_a
    taken = shifted_positions(**parts, a_size=size_a, version=version, phase=phase)
    return _training(stack, taken.train, shares, fold), pd.concat(
        [_reported(stack, taken.test_a, first.view), _reported(stack, taken.test_b, second.view)]
    ).sort_values(["view", "corpus", "clip_id"], ignore_index=True)


def _numbers(rows: pd.DataFrame) -> np.ndarray:
    return np.sort(rows.index.to_numpy())


def _training(
    stack: pd.DataFrame, positions: np.ndarray, shares: Mapping[str, float], fold: int
) -> pd.DataFrame:
    numbers, copies = np.unique(positions, return_counts=True)
    if not numbers.size:
        raise ConfigError(
            f"mixture {mixture_name(shares)!r}: no row is left to train on with fold {fold} "
            "held out. Take larger shares or fewer folds."
        )
    rows = stack.iloc[numbers].assign(copies=copies.astype(np.int32))
    return rows.sort_values(["corpus", "clip_id"], ignore_index=True)[TRAIN_COLUMNS]


def _reported(stack: pd.DataFrame, positions: np.ndarray, view: str) -> pd.DataFrame:
    return stack.iloc[positions].assign(view=view)[["view", "corpus", "clip_id"]]


def _check(views: Sequence[ViewRows], version: str) -> None:
    if version not in VERSIONS:
        raise ConfigError(
            f"arithmetic {version!r} is no replay; allowed are {list(VERSIONS)}. "
            "Take one of these, or arithmetic: clean."
        )
    corpora = {view.corpus for view in views}
    if len(views) != 2 or len(corpora) != 2:
        raise ConfigError(
            f"arithmetic {version!r} needs exactly two views of two corpora, but the mixture has "
            f"{[view.view for view in views]} of {sorted(corpora)}. Name one view of each of two "
            "corpora (share 0 is allowed), or take arithmetic: clean."
        )
    if pd.concat([view.frame["group"] for view in views]).duplicated().any():
        raise ConfigError(
            f"arithmetic {version!r} needs ungrouped folds, as the released code has, but some "
            "clips share a group. Take a scheme such as cv5_ungrouped, or arithmetic: clean."
        )
