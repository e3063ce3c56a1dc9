"""The folds that choices are made on: inner ones, or, for protocol: paper, the reported ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from affectmix.errors import ConfigError
from affectmix.search.task import SearchFold
from affectmix.splits.arithmetic import reference_rows
from affectmix.splits.mixtures import (
    ViewRows,
    held_out_groups,
    test_rows,
    training_rows,
    training_views,
)
from affectmix.splits.schemes import Scheme

_KEY = ["corpus", "clip_id"]


def inner_search_folds(
    train: pd.DataFrame,
    views: Sequence[ViewRows],
    shares: Mapping[str, float],
    *,
    scheme: Scheme,
    outer: int | None,
) -> tuple[SearchFold, ...]:
    """Return the inner folds of protocol: nested.

    For an outer fold f these are the other folds g: trained on are the rows of ``train``
    that are in neither, nor have a group there in any view; validated are, per view of
    the mixture, the rows of ``train`` in fold g of the view. A view without such rows
    does not count in that fold's mean.

    Args:
        train: ``training_rows(views, shares, held_out={outer})``, or with ``held_out=()``
            for the search of a final model.
        views: all views of the cell.
        shares: view to share.
        outer: the held-out fold; None for a final model.

    Returns:
        One SearchFold of positions into ``train`` per inner fold.

    Raises:
        ConfigError: an inner fold has nothing to train on or nothing to validate on.
    """
    keys = pd.MultiIndex.from_frame(train[_KEY])
    chosen = training_views(views, shares)
    group_of = _groups(views)
    own_groups = np.array([group_of[key] for key in keys], dtype=object)
    folds = []
    for inner in scheme.search_folds(outer):
        seen = pd.Series(own_groups).isin(held_out_groups(views, {inner})).to_numpy()
        fit = np.flatnonzero((train["fold"] != inner).to_numpy() & ~seen)
        checks = {
            view.view: np.flatnonzero(keys.isin(_keys(view, view.frame["fold"] == inner)))
            for view in chosen
        }
        checks = {view: rows for view, rows in checks.items() if rows.size}
        if not fit.size or not checks:
            held = [inner] if outer is None else sorted((inner, outer))
            raise ConfigError(
                f"scheme {scheme.name!r}: with folds {held} held out, "
                f"{len(fit)} rows are left to train on and {len(checks)} views to choose by; "
                "the inner search needs both. Take larger shares or another scheme."
            )
        folds.append(SearchFold(fit, checks))
    return tuple(folds)


def reported_search_folds(
    views: Sequence[ViewRows],
    shares: Mapping[str, float],
    *,
    scheme: Scheme,
    arithmetic: Literal["clean", "reference_2023", "reference_2024"] = "clean",
) -> tuple[pd.DataFrame, tuple[SearchFold, ...]]:
    """Return the rows and folds of protocol: paper, which chooses on the reported folds.

    Args:
        views: all views of the cell.
        shares: view to share.
        arithmetic: a replay takes the rows of its search phase, with rows that it trains
            on twice given twice.

    Returns:
        ``corpus, clip_id, view, fold, class, priority`` of every row that occurs, sorted
        by corpus and clip, and one SearchFold of positions into it per reported fold;
        validated are the whole test folds of the mixture's views.
    """
    rows = pd.concat(view.frame.assign(corpus=view.corpus, view=view.view) for view in views)
    rows = rows.drop_duplicates(_KEY).drop(columns="group")
    chosen = {view.view for view in training_views(views, shares)}
    pairs = []
    for fold in scheme.test_folds():
        if arithmetic == "clean":
            train, tested = (
                training_rows(views, shares, held_out={fold}),
                test_rows(views, fold=fold),
            )
        else:
            train, tested = reference_rows(
                views, shares, fold=fold, version=arithmetic, phase="search"
            )
        pairs.append((train, tested[tested["view"].isin(chosen)]))
    used = pd.concat([frame[_KEY] for pair in pairs for frame in pair]).drop_duplicates()
    rows = rows.merge(used, on=_KEY).sort_values(_KEY, ignore_index=True)
    keys = pd.MultiIndex.from_frame(rows[_KEY])
    folds = []
    for train, tested in pairs:
        fit = keys.get_indexer(pd.MultiIndex.from_frame(train[_KEY])).repeat(train["copies"])
        checks = {
            str(view): keys.get_indexer(pd.MultiIndex.from_frame(own[_KEY]))
            for view, own in tested.groupby("view")
        }
        folds.append(SearchFold(fit, checks))
    return rows, tuple(folds)


def _groups(views: Sequence[ViewRows]) -> dict[tuple[str, str], str]:
    return {
        (view.corpus, clip): group
        for view in views
        for clip, group in zip(view.frame["clip_id"], view.frame["group"], strict=True)
    }


def _keys(view: ViewRows, kept: pd.Series) -> pd.MultiIndex:
    return pd.MultiIndex.from_product([[view.corpus], view.frame.loc[kept, "clip_id"]])
