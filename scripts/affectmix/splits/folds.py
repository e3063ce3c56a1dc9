"""Folds of one corpus: stratified by class, groups whole, sizes balanced.

scikit-learn's StratifiedGroupKFold balances as well, but knows neither unequal shares nor
pinned folds, and one new clip may move half of the others; here it moves about 1 %.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from affectmix.errors import ConfigError
from affectmix.splits.hashing import unit_hash
from affectmix.splits.pins import apply_pins, pinned_folds
from affectmix.splits.schemes import Scheme


@dataclass(frozen=True)
class Splits:
    """The folds of one corpus.

    Attributes:
        frame: ``clip_id, repeat, fold, class, priority`` (schemas.SPLITS), sorted by
            repeat and clip.
        warnings: what the report should say about these folds, one sentence each.
    """

    frame: pd.DataFrame
    warnings: tuple[str, ...]


def make_splits(
    classes: pd.DataFrame,
    groups: pd.DataFrame,
    *,
    corpus: str,
    scheme: Scheme,
    seed: int,
    pinned: pd.DataFrame | None = None,
) -> Splits:
    """Cut a corpus into folds.

    Args:
        classes: ``clip_id, class`` of the clips to cut.
        groups: ``corpus, clip_id, group`` of all corpora; only ``corpus`` is used.
        corpus: name of the corpus.
        scheme: number and shares of the folds, and repeats.
        seed: another seed gives other folds and priorities.
        pinned: folds to keep (schemas.SPLITS); clips that are gone are left out, clips
            that are new join the fold of their group or, greedily, another.

    Returns:
        The folds and priorities in [0, 1) of every clip and repeat, and warnings.

    Raises:
        ConfigError: a clip has no group, there are fewer groups than folds, a fold is
            empty, or pins part a group.
    """
    rows = _with_groups(classes, groups, corpus, scheme)
    rows = apply_pins(rows, pinned)
    frames, warnings = [], list(_class_warnings(rows, corpus, scheme))
    for repeat in range(scheme.repeats):
        kept = pinned_folds(rows, pinned, corpus=corpus, scheme=scheme, repeat=repeat)
        folds = _assign(rows, kept, scheme, (seed, corpus, repeat))
        warnings += _check(rows, folds, corpus, scheme, repeat)
        frames.append(_frame(rows, folds, pinned, (seed, corpus, repeat)))
    return Splits(pd.concat(frames, ignore_index=True), tuple(warnings))


def _with_groups(
    classes: pd.DataFrame, groups: pd.DataFrame, corpus: str, scheme: Scheme
) -> pd.DataFrame:
    """Return ``clip_id, class, group`` sorted by clip; each group named by its first clip here.

    That name stays when the table of all groups is made anew with another corpus.
    """
    own = groups.loc[groups["corpus"] == corpus, ["clip_id", "group"]]
    rows = classes.merge(own, on="clip_id", how="left", validate="one_to_one")
    lost = rows.loc[rows["group"].isna(), "clip_id"]
    if len(lost):
        raise ConfigError(
            f"corpus {corpus!r}: {len(lost)} clips have no group, such as {lost.iloc[0]!r}; "
            "every clip needs one. Delete results/groups.parquet and run snakemake again."
        )
    rows = rows.sort_values("clip_id", kind="stable").reset_index(drop=True)
    first = rows.groupby("group")["clip_id"].transform("first") if scheme.grouped else None
    rows["group"] = rows["clip_id"] if first is None else first
    found = rows["group"].nunique()
    if found < scheme.folds:
        raise ConfigError(
            f"corpus {corpus!r}: scheme {scheme.name!r} needs at least {scheme.folds} groups, "
            f"but its {len(rows)} rated clips make {found}. Take a scheme with fewer folds, "
            "or declare finer sources (artists)."
        )
    return rows


def _assign(rows: pd.DataFrame, kept: np.ndarray, scheme: Scheme, key: tuple) -> np.ndarray:
    """Return the fold of every row; those of ``kept`` that are not -1 stay. [shape=(n,)]"""
    class_of = np.unique(rows["class"], return_inverse=True)[1]
    names, group_of = np.unique(rows["group"], return_inverse=True)
    counts = np.zeros((len(names), class_of.max() + 1))
    np.add.at(counts, (group_of, class_of), 1)
    group_fold = np.full(len(names), -1)
    group_fold[group_of[kept >= 0]] = kept[kept >= 0]
    wish = np.array([[unit_hash(*key, f, name) for f in range(scheme.folds)] for name in names])
    order = np.lexsort(([unit_hash(*key, "order", n) for n in names], -counts.sum(axis=1)))
    cut = _Cut(np.array(scheme.shares), counts, wish, group_fold)
    new = [group for group in order if group_fold[group] < 0]
    late = [group for group in new if not cut.place(group)]
    for group in late:
        cut.place(group, late=True)
    return cut.folds[group_of]


class _Cut:
    """Folds while they fill: each takes the groups it still has room for.

    A group goes to the fold it wishes for most (by a hash of its own) among those where
    none of its classes would pass its fair share; so a new group moves few others. A
    group that fits nowhere goes where the classes' departure from their fair shares, as
    chi-square, grows least. Clips on their own that fit nowhere (a class of 7 in 5
    folds) wait for the end, so that their rests even out the folds' sizes.
    """

    def __init__(
        self, shares: np.ndarray, counts: np.ndarray, wish: np.ndarray, folds: np.ndarray
    ) -> None:
        """Take shares [(f,)], class counts [(g, c)], wishes [(g, f)], known folds or -1 [(g,)]."""
        self.counts, self.wish, self.folds = counts, wish, folds.copy()
        self.fair = np.outer(shares, counts.sum(axis=0))
        self.filled = np.zeros_like(self.fair)
        known = folds >= 0
        np.add.at(self.filled, folds[known], counts[known])
        self.left = int((~known).sum())

    def place(self, group: int, *, late: bool = False) -> bool:
        """Give ``group`` a fold; return False if it is better placed late."""
        own = self.counts[group]
        after = self.filled + own
        empty = self.filled.sum(axis=1) == 0
        if self.left <= empty.sum():  # the last groups must not leave a fold empty
            allowed = empty
        else:
            allowed = np.all((after <= np.floor(self.fair + 1e-9)) | (own == 0), axis=1)
            if not allowed.any() and own.sum() == 1 and not late:
                return False
        fold = self._best(np.flatnonzero(allowed), group) if allowed.any() else self._least(group)
        self.folds[group] = fold
        self.filled[fold] += own
        self.left -= 1
        return True

    def _best(self, allowed: np.ndarray, group: int) -> int:
        return int(allowed[np.argmax(self.wish[group, allowed])])

    def _least(self, group: int) -> int:
        own = self.counts[group]
        before = self.filled - self.fair
        classes = ((2 * before + own) * own / self.fair.clip(min=1e-9)).sum(axis=1)
        size = (2 * before.sum(axis=1) + own.sum()) / self.fair.sum(axis=1)
        return int(np.lexsort((-self.wish[group], size.round(9), classes.round(9)))[0])


def _frame(
    rows: pd.DataFrame, folds: np.ndarray, pinned: pd.DataFrame | None, key: tuple
) -> pd.DataFrame:
    repeat = key[-1]
    priority = pd.Series([unit_hash(*key, "priority", clip) for clip in rows["clip_id"]])
    if pinned is not None and "priority" in pinned:
        old = pinned.loc[pinned["repeat"] == repeat].set_index("clip_id")["priority"]
        priority = rows["clip_id"].map(old).astype(float).fillna(priority)
    return pd.DataFrame(
        {
            "clip_id": rows["clip_id"],
            "repeat": np.int32(repeat),
            "fold": folds.astype(np.int32),
            "class": rows["class"].astype(np.int32),
            "priority": priority,
        }
    )


def _class_warnings(rows: pd.DataFrame, corpus: str, scheme: Scheme) -> Iterator[str]:
    sizes = rows.groupby("class").size()
    if len(sizes) == 1:
        yield (
            f"corpus {corpus!r}: its {len(rows)} rated clips make one class, "
            "so its folds are not stratified by emotion."
        )
    if not scheme.grouped:
        yield (
            f"corpus {corpus!r}: scheme {scheme.name!r} parts groups (artists, twins), "
            "so what is measured on it may leak."
        )


def _check(
    rows: pd.DataFrame, folds: np.ndarray, corpus: str, scheme: Scheme, repeat: int
) -> Iterator[str]:
    table = pd.crosstab(folds, rows["class"]).reindex(range(scheme.folds), fill_value=0)
    where = f"corpus {corpus!r}, scheme {scheme.name!r}, repeat {repeat}"
    empty = table.index[table.sum(axis=1) == 0].tolist()
    if empty:
        raise ConfigError(
            f"{where}: folds {empty} have no clips; every fold needs one. Take a scheme with "
            "fewer folds, or, if folds are pinned, spread the pinned clips over all of them."
        )
    for fold, counts in table.iterrows():
        lacking = counts.index[counts == 0].tolist()
        if lacking:
            yield f"{where}: fold {fold} has no clip of class {', '.join(map(str, lacking))}."
