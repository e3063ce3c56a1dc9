"""Which rows a mixture of views trains on, and which rows are tested.

A mixture is a share per view. Rows whose group is held out in any view are left out
first, then each view keeps its share per class: by priority, so that mixtures nest
(.25 ⊂ .5 ⊂ .75 ⊂ 1). Tested are the same rows whatever the mixture.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from affectmix.errors import ConfigError

_ENTRY = r"[a-z0-9]+(?:_[a-z0-9]+)*-\d{3}"
TRAIN_COLUMNS = ["corpus", "clip_id", "copies", "view", "fold", "class", "priority"]


@dataclass(frozen=True)
class ViewRows:
    """The rows of one view in one repeat.

    Attributes:
        view: name of the view.
        corpus: the corpus that it is a part of.
        frame: ``clip_id, fold, class, priority, group``, one row per clip.
    """

    view: str
    corpus: str
    frame: pd.DataFrame


def mixture_name(shares: Mapping[str, float]) -> str:
    """Return the name of a mixture, the same for every order of ``shares``.

    >>> mixture_name({"pmemo": 0.25, "iads_e": 1})
    'iads_e-100_pmemo-025'
    """
    return "_".join(f"{view}-{_percent(view, shares[view]):03d}" for view in sorted(shares))


def parse_mixture(name: str) -> dict[str, float]:
    """Return the share in [0, 1] of each view of the mixture called ``name``.

    >>> parse_mixture("iads_e-100_pmemo-025")
    {'iads_e': 1.0, 'pmemo': 0.25}
    """
    entries = [entry.rpartition("-") for entry in re.findall(rf"({_ENTRY})(?:_|$)", name)]
    shares = {view: int(percent) / 100 for view, _, percent in entries}
    whole = re.fullmatch(rf"{_ENTRY}(_{_ENTRY})*", name)
    too_large = any(share > 1 for share in shares.values())
    if not whole or too_large or len(shares) < len(entries) or mixture_name(shares) != name:
        raise ConfigError(
            f"mixture {name!r} cannot be read; allowed are different views, in alphabetical "
            "order, each with three digits of percent up to 100: iads_e-100_pmemo-025."
        )
    return shares


def _percent(view: str, share: float) -> int:
    percent = round(share * 100)
    if not 0 <= percent <= 100 or abs(share * 100 - percent) > 1e-6:
        raise ConfigError(
            f"mixture: view {view!r} has share {share!r}; allowed are whole percents "
            "between 0 and 1, such as 0.25. Round it."
        )
    return percent


def training_views(views: Sequence[ViewRows], shares: Mapping[str, float]) -> list[ViewRows]:
    """Return the views that the mixture draws on (share above 0), after checking the shares."""
    unknown = sorted(set(shares) - {view.view for view in views})
    if unknown:
        raise ConfigError(
            f"mixture: view {unknown[0]!r} is not among the cell's views "
            f"{[view.view for view in views]}. Correct its name, or declare it."
        )
    chosen = [view for view in views if _percent(view.view, shares.get(view.view, 0)) > 0]
    if not chosen:
        raise ConfigError(
            f"mixture {dict(shares)} has no view with a share above 0; at least one is needed. "
            "Give one view share: 1."
        )
    return chosen


def training_rows(
    views: Sequence[ViewRows], shares: Mapping[str, float], *, held_out: Collection[int]
) -> pd.DataFrame:
    """Return the rows that the mixture trains on while the folds ``held_out`` are not seen.

    Args:
        views: all views of the cell, those only tested included: a group that is held out
            in any of them is not trained on.
        shares: view to share in [0, 1], in whole percents; a view without one has 0.
        held_out: folds to leave out; empty for a final model on all rows.

    Returns:
        ``corpus, clip_id, copies, view, fold, class, priority``, sorted by corpus and clip.
        ``copies`` is 1: where two views share a corpus, a clip that both have is trained on
        once, and belongs to the first of them.

    Raises:
        ConfigError: a share is not allowed, or no row is left to train on.
    """
    chosen = training_views(views, shares)
    held = held_out_groups(views, held_out)
    parts = []
    for view in chosen:
        rows = view.frame[~view.frame["fold"].isin(set(held_out)) & ~view.frame["group"].isin(held)]
        part = take_share(rows, shares[view.view])
        parts.append(part.assign(corpus=view.corpus, view=view.view, copies=np.int32(1)))
    rows = pd.concat(parts).drop_duplicates(["corpus", "clip_id"])
    if rows.empty:
        raise ConfigError(
            f"mixture {mixture_name(shares)!r}: no row is left to train on with folds "
            f"{sorted(held_out)} held out. Take larger shares or fewer folds."
        )
    return rows.sort_values(["corpus", "clip_id"], ignore_index=True)[TRAIN_COLUMNS]


def held_out_groups(views: Sequence[ViewRows], held_out: Collection[int]) -> set[str]:
    """Return the groups with a row in the folds ``held_out`` of any view."""
    folds = set(held_out)
    return {
        group
        for view in views
        for group in view.frame.loc[view.frame["fold"].isin(folds), "group"].unique()
    }


def take_share(rows: pd.DataFrame, share: float) -> pd.DataFrame:
    """Return the first ``share`` of each class by priority, halves of a row rounded up.

    Args:
        rows: at least ``clip_id, class, priority``.
        share: in [0, 1], in whole percents.
    """
    percent = round(share * 100)
    ordered = rows.sort_values(["priority", "clip_id"])
    by_class = ordered.groupby("class")
    size = by_class["clip_id"].transform("size")
    wanted = (2 * percent * size + 100) // 200  # whole numbers: .35 * 10 must not be 3.4999
    return ordered[by_class.cumcount() < wanted]


def test_rows(views: Sequence[ViewRows], *, fold: int) -> pd.DataFrame:
    """Return ``view, corpus, clip_id`` of the rows that every mixture is tested on in ``fold``."""
    parts = [
        view.frame.loc[view.frame["fold"] == fold, ["clip_id"]].assign(
            view=view.view, corpus=view.corpus
        )
        for view in views
    ]
    rows = pd.concat(parts)[["view", "corpus", "clip_id"]]
    return rows.sort_values(["view", "corpus", "clip_id"], ignore_index=True)
