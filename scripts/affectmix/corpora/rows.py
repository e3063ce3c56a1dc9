"""From rows as people wrote them to clips with labels in [-1, 1], every fault reported."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
import pandas as pd

from affectmix.corpora.audio_index import AudioIndex
from affectmix.corpora.base import TARGETS, encode_id, make_clip_id
from affectmix.corpora.tabular import ROW, to_numbers
from affectmix.errors import Problem
from affectmix.schemas import QUADRANTS, RATINGS

SD: Final = ("valence_sd", "arousal_sd")
TEXTS: Final = ("quadrant", "category", "source")
_ROUNDING: Final = 1e-9  # by which a label may leave its scale through rounding, on [-1, 1]

Scale = tuple[float, float]


def identified(rows: pd.DataFrame, problems: list[Problem]) -> pd.DataFrame:
    """Return the rows whose file is named, inside the corpus and named once, with clip_id.

    Faults are added to ``problems``: ``missing_id``, ``outside_root``, ``duplicate_id``.
    """
    rows = _with_where(rows)
    rows = _drop(rows, problems, "missing_id", _without_name(rows))
    rows = _drop(rows, problems, "outside_root", _leaving(rows))
    rows["clip_id"] = _clip_ids(rows)
    return _drop(rows, problems, "duplicate_id", _repeated(rows))


def scaled(
    rows: pd.DataFrame, scales: Mapping[str, Scale], problems: list[Problem]
) -> pd.DataFrame:
    """Return rows with labels as numbers, [low, high] mapped to [-1, 1] and sd with it.

    Rows with a value that is no number (``not_a_number``) or out of its scale
    (``out_of_scale``) are reported and left out.
    """
    rows = rows.copy()
    faults: list[tuple[int, str, str]] = []
    for name in [n for n in (*TARGETS, *SD) if n in rows]:
        low, high = scales[name.removesuffix("_sd")]
        middle, half = (low + high) / 2, (high - low) / 2
        raw = rows[name]
        numbers, strange = to_numbers(raw)
        if name in SD:
            value, allowed = numbers / half, "at least 0"
            out = value < 0
        else:
            value, allowed = (numbers - middle) / half, f"{low:g} to {high:g}"
            out = value.abs() > 1 + _ROUNDING
            value = value.clip(-1.0, 1.0)
        for i in rows.index[strange | out]:
            kind = "not_a_number" if strange[i] else "out_of_scale"
            message = f"{name} is {raw[i]!r}; allowed is {allowed}; correct the value or 'scale'"
            faults.append((i, kind, message))
        rows[name] = value
    if "quadrant" in rows:
        for i in rows.index[~rows["quadrant"].isin(QUADRANTS) & rows["quadrant"].notna()]:
            message = f"quadrant is {rows.at[i, 'quadrant']!r}; allowed are {list(QUADRANTS)}"
            faults.append((i, "out_of_scale", message))
    problems += [Problem(str(rows.at[i, "where"]), kind, text) for i, kind, text in faults]
    return rows.drop(index=sorted({i for i, _, _ in faults}))


def labelled(rows: pd.DataFrame, problems: list[Problem]) -> pd.DataFrame:
    """Return the rows that have all the labels that the corpus has (``unlabelled``)."""
    needed = [t for t in TARGETS if t in rows] or ["quadrant"]
    faults = []
    for i in rows.index[rows[needed].isna().any(axis=1)]:
        lacking = " and ".join(name for name in needed if pd.isna(rows[name][i]))
        faults.append((i, f"no {lacking}; the clip is left out, or fill it in"))
    return _drop(rows, problems, "unlabelled", faults)


def single_ratings(rows: pd.DataFrame) -> pd.DataFrame:
    """Return ``schemas.RATINGS`` of rows that are single ratings."""
    nothing = pd.Series(np.nan, rows.index)
    table = pd.DataFrame({name: rows.get(name, nothing) for name in RATINGS.columns})
    rated = table[list(TARGETS)].notna().any(axis=1)
    return table[rated].sort_values(list(RATINGS.key), ignore_index=True)


def averaged(rows: pd.DataFrame, problems: list[Problem]) -> pd.DataFrame:
    """Return one row per clip: mean and standard deviation (n - 1) of its ratings."""
    ordered = rows.sort_values(["clip_id", "rater"])  # sums must not depend on the row order
    by_clip = ordered.groupby("clip_id")
    out = by_clip[["path", "where"]].first()
    for target in TARGETS:
        if target in rows:
            out[target] = by_clip[target].mean().clip(-1.0, 1.0)
            out[f"{target}_sd"] = by_clip[target].std(ddof=1)
    for name in ["path", *(text for text in TEXTS if text in rows)]:
        out[name] = by_clip[name].first()
        for clip in out.index[by_clip[name].nunique() > 1]:
            values = sorted(rows.loc[rows["clip_id"] == clip, name].dropna().unique())
            message = f"its rows disagree on {name}: {values}; make them the same"
            problems.append(Problem(str(out.at[clip, "where"]), "conflict", message))
    return out.reset_index()


def missing(rows: pd.DataFrame, index: AudioIndex) -> list[Problem]:
    """Report the rows without ``file``; as one fault when none of the files is there."""
    lost = rows[rows["file"].isna()]
    if len(lost) == len(rows) > 3:
        named = ", ".join(sorted(lost["path"])[:3])
        message = f"none of the {len(rows)} labelled files is there ({named}, …); put them there"
        return [Problem(str(index.folder), "missing", message)]
    problems = []
    for where, path in zip(lost["where"], lost["path"], strict=True):
        near = index.nearest(path)
        hint = (
            f"{near!r} is there: correct the path"
            if near
            else "put it there, delete what names it, or set on_bad_audio: skip"
        )
        problems.append(Problem(where, "missing", f"no file {path!r} in {index.folder}; {hint}"))
    return problems


def unlabelled(rows: pd.DataFrame, index: AudioIndex) -> list[Problem]:
    """Report the audio files that no row names."""
    named = {index.find(path) for path in rows["path"].dropna()}
    message = "audio without a label; it is left out, or give it a row"
    lost = [path for path in index.paths if path not in named]
    return [Problem(_printable(path), "unlabelled", message) for path in lost]


def _printable(path: str) -> str:
    """Return a file name that may hold bytes that are no UTF-8 as text that can be printed."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _with_where(rows: pd.DataFrame) -> pd.DataFrame:
    rows = rows.reset_index(drop=True).astype(object)
    rows = rows.where(rows.notna(), None)
    places = rows[ROW] if ROW in rows else pd.Series([None] * len(rows), dtype=object)
    names = [
        " ".join(part for part in (place, f"({path})" if path else None) if part)
        for place, path in zip(places, rows["path"], strict=True)
    ]
    return rows.assign(where=names)


def _drop(
    rows: pd.DataFrame, problems: list[Problem], kind: str, faults: Iterable[tuple[int, str]]
) -> pd.DataFrame:
    """Report ``faults`` (row label, message) and return the rows without them."""
    found = dict(faults)
    if not found:
        return rows
    problems += [Problem(str(rows.at[i, "where"]), kind, text) for i, text in found.items()]
    return rows.drop(index=list(found))


def _without_name(rows: pd.DataFrame) -> Iterable[tuple[int, str]]:
    for name in ("path", *(["rater"] if "rater" in rows else [])):
        for i in rows.index[rows[name].isna()]:
            yield i, f"the row has no {name}; fill it in or delete the row"


def _leaving(rows: pd.DataFrame) -> Iterable[tuple[int, str]]:
    for i, path in zip(rows.index, rows["path"], strict=True):
        posix = path.replace("\\", "/")
        if posix.startswith("/") or ".." in posix.split("/") or posix[1:3] == ":/":
            yield i, f"path {path!r} leaves the corpus; write it relative to the audio folder"


def _clip_ids(rows: pd.DataFrame) -> list[str]:
    own = rows["clip_id"] if "clip_id" in rows else pd.Series(None, rows.index, dtype=object)
    return [
        make_clip_id(path.replace("\\", "/")) if pd.isna(clip) else encode_id(clip)
        for clip, path in zip(own, rows["path"], strict=True)
    ]


def _repeated(rows: pd.DataFrame) -> Iterable[tuple[int, str]]:
    key = ["clip_id", "rater"] if "rater" in rows else ["clip_id"]
    first = rows.drop_duplicates(key)[["where", *key]]
    earlier = rows[["where", *key]].merge(first, on=key, suffixes=("", "_first"))
    again = rows.duplicated(key).to_numpy()
    for i, (_, *values, place) in zip(
        rows.index[again], earlier[again].itertuples(index=False), strict=True
    ):
        name = " of rater ".join(str(value) for value in values)
        yield i, f"{name} stands already at {place}; keep one of the two"
