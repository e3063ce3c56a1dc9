"""Pinned folds: a versioned file that keeps published folds while a corpus grows.

A file ``resources/splits/{corpus}/{scheme}.csv`` or ``.parquet`` with ``clip_id, fold``
and, where known, ``repeat`` (else 0), ``class`` and ``priority``, which are then kept too:
a new clip may change every Ward class, and with it who is in a quarter of the corpus.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from affectmix.errors import ConfigError
from affectmix.files import replacing
from affectmix.splits.schemes import Scheme

_KINDS: dict[str, type] = {
    "clip_id": str,
    "repeat": int,
    "fold": int,
    "class": int,
    "priority": float,
}
_SHOWN = 10


def read_pins(path: str | Path, *, scheme: Scheme) -> pd.DataFrame:
    """Read and check a file of pinned folds.

    Returns:
        ``clip_id, repeat, fold`` and, if the file has them, ``class`` and ``priority``;
        sorted by repeat and clip.

    Raises:
        ConfigError: the file cannot be read, a column is missing or unknown, a value is
            not allowed, or a clip occurs twice in a repeat.
    """
    try:
        if Path(path).suffix == ".parquet":
            pins = pd.read_parquet(path)
        else:
            pins = pd.read_csv(
                path,
                dtype={"clip_id": str},
                keep_default_na=False,  # a clip may be called "nan"
                na_values=[""],
            )
    except (OSError, ValueError, pa.ArrowException) as error:
        raise ConfigError(
            f"{path}: pinned folds cannot be read ({error}); a CSV or Parquet table is allowed. "
            "Write it again with `affectmix splits --pin`, or remove it."
        ) from error
    _check_columns(pins, path)
    if "repeat" not in pins:
        pins["repeat"] = 0
    _check_values(pins, path, scheme)
    kinds = {name: kind for name, kind in _KINDS.items() if name in pins}
    return pins[list(kinds)].astype(kinds).sort_values(["repeat", "clip_id"], ignore_index=True)


def write_pins(splits: pd.DataFrame, path: str | Path) -> None:
    """Write folds (schemas.SPLITS) to a file that `read_pins` reads, as CSV or Parquet."""
    ordered = splits[list(_KINDS)].sort_values(["repeat", "clip_id"])
    with replacing(path) as temporary:
        if Path(path).suffix == ".parquet":
            ordered.to_parquet(temporary, index=False)
        else:
            ordered.to_csv(temporary, index=False)


def apply_pins(rows: pd.DataFrame, pinned: pd.DataFrame | None) -> pd.DataFrame:
    """Return ``rows`` (clip_id, class, …) with the classes of pinned clips as they were.

    A new clip takes the old class that most clips of its new class had; clips of a wholly
    new class get a new number.
    """
    if pinned is None or "class" not in pinned:
        return rows
    old = pinned.drop_duplicates("clip_id").set_index("clip_id")["class"]
    was = rows["clip_id"].map(old)
    known = pd.DataFrame({"new": rows["class"], "old": was}).dropna()
    votes = known.groupby(["new", "old"]).size().reset_index(name="clips")
    votes = votes.sort_values(["clips", "old"], ascending=[False, True]).drop_duplicates("new")
    renamed = dict(zip(votes["new"], votes["old"], strict=True))
    free = int(old.max()) + 1 if len(old) else 0
    for name in sorted(set(rows["class"]) - set(renamed)):
        renamed[name], free = free, free + 1
    return rows.assign(**{"class": was.fillna(rows["class"].map(renamed)).astype(np.int32)})


def pinned_folds(
    rows: pd.DataFrame, pinned: pd.DataFrame | None, *, corpus: str, scheme: Scheme, repeat: int
) -> np.ndarray:
    """Return the pinned fold of every row (clip_id, group), -1 where none is. [shape=(n,)]

    Raises:
        ConfigError: the pins part a group.
    """
    if pinned is None:
        return np.full(len(rows), -1)
    folds = pinned.loc[pinned["repeat"] == repeat].set_index("clip_id")["fold"]
    kept = rows["clip_id"].map(folds)
    pairs = pd.DataFrame({"clip": rows["clip_id"], "group": rows["group"], "fold": kept}).dropna()
    parted = pairs[pairs.groupby("group")["fold"].transform("nunique") > 1]
    if len(parted):
        listed = [
            ", ".join(f"{row.clip} (fold {row.fold:.0f})" for row in own.itertuples())
            for _, own in parted.groupby("group")
        ]
        more = f"; and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
        raise ConfigError(
            f"corpus {corpus!r}, scheme {scheme.name!r}, repeat {repeat}: pinned folds part "
            f"{len(listed)} groups, each of which must be in one fold: "
            f"{'; '.join(listed[:_SHOWN])}{more}. Delete all but one clip of each group from the "
            "pinned file (the others will follow it), or correct the source that joins them."
        )
    return kept.fillna(-1).to_numpy(dtype=int)


def _check_columns(pins: pd.DataFrame, path: str | Path) -> None:
    missing = [name for name in ("clip_id", "fold") if name not in pins]
    unknown = [name for name in pins if name not in _KINDS]
    if missing or unknown:
        raise ConfigError(
            f"{path}: columns missing: {missing}, unknown: {unknown}; allowed are "
            f"{list(_KINDS)}, of which clip_id and fold are needed. Correct the header."
        )


def _check_values(pins: pd.DataFrame, path: str | Path, scheme: Scheme) -> None:
    limits = {"repeat": np.inf, "fold": scheme.folds - 1, "class": np.inf, "priority": 1.0}
    for name, most in limits.items():
        if name not in pins:
            continue
        values = pd.to_numeric(pins[name], errors="coerce")
        wrong = ~values.between(0, most)
        if name != "priority":
            wrong |= values % 1 != 0
        if wrong.any():
            row = pins.loc[wrong].astype(object).iloc[0]
            found = row[name] if isinstance(row[name], str) else f"{row[name]:g}"
            kind = "numbers" if name == "priority" else "whole numbers"
            raise ConfigError(
                f"{path}: clip {row['clip_id']!r} has {name} {found}; allowed are {kind} "
                f"from 0 to {most:g} (scheme {scheme.name!r}). Correct that row."
            )
    repeated = pins.loc[pins.duplicated(["clip_id", "repeat"]), "clip_id"]
    if len(repeated) or pins["clip_id"].isna().any():
        raise ConfigError(
            f"{path}: clip {repeated.iloc[0]!r} has two rows in one repeat; one is allowed. "
            "Delete the other."
            if len(repeated)
            else f"{path}: a row has no clip_id; every row needs one. Delete or complete it."
        )
