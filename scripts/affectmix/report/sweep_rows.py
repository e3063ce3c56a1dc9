"""The marks of a sweep's figure, from the tables of `affectmix.evaluation`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from affectmix.evaluation.mixture_shares import describe
from affectmix.report.labels import with_series
from affectmix.report.paths import Path
from affectmix.report.sweep_tables import known_columns, known_gains

_MARK = ["panel", "target", "line", "mixture", "value", "low", "high", "hollow", "hint"]
_KNOWN = ["known_low", "known_high"]


def r2_marks(
    points: pd.DataFrame, paths: list[Path], known: pd.DataFrame
) -> tuple[pd.DataFrame, dict[str, Path]]:
    """Return Fig. 4's marks: R² along each path, a panel per learner, a line per tested view.

    Args:
        points: of `learning_curves.curve_points`.
        paths: the horizontal axes.
        known: of `brackets.oracle_brackets`, of R².

    Returns:
        The rows that `figure_sweep.draw_sweep` takes, and panel → its path.
    """
    rows = with_series(points).drop_duplicates(["series", "view", "target", "mixture"])
    rows = rows.rename(columns={"r2": "value", "r2_low": "low", "r2_high": "high"})
    rows = known_columns(rows, known)
    marks, panels = [], {}
    for series in sorted(rows["series"].unique()):
        for path in paths:
            chosen = (rows["series"] == series) & rows["mixture"].isin(list(path.places))
            if not chosen.any():
                continue
            title = f"{series}: {path.title}" if len(paths) > 1 else str(series)
            panels[title] = replace(path, title=title)
            marks.append(rows[chosen].assign(panel=title))
    drawn = pd.concat(marks) if marks else rows.assign(panel="")
    drawn = drawn.assign(line="tested on " + drawn["view"], hollow=False, hint=_hints(drawn))
    drawn = drawn.sort_values(["line", "panel"], kind="stable", ignore_index=True)
    return drawn[[*_MARK, *_KNOWN]], panels


def gain_marks(
    points: pd.DataFrame, paths: Mapping[str, Path], known: pd.DataFrame
) -> tuple[pd.DataFrame, dict[str, Path]]:
    """Return the learning curves' marks: gains over share 0, a panel per tested view and sweep.

    Args:
        points: of `learning_curves.curve_points`; gains by adding to nothing, or by the
            tested view's own clips, are left out.
        paths: sweep's name → its horizontal axis.
        known: of `brackets.oracle_brackets`, of the gain.
    """
    rows = with_series(points[~points["own"].astype(bool) & (points["giving_way"] == "")])
    rows = known_gains(rows[rows["least_share"] == 0], known)
    rows["panel"] = [
        f"tested on {view}: {sweep}" for view, sweep in rows[["view", "sweep"]].to_numpy()
    ]
    base = rows["share"] == rows["least_share"]
    has_band = rows.groupby(["panel", "target"])["known_low"].transform("count") > 0
    rows.loc[base & has_band, _KNOWN] = 0.0
    drawn = rows.assign(
        line=rows["series"],
        value=rows["gain"].where(~base, 0.0),
        low=rows["ci95_low"],
        high=rows["ci95_high"],
        hollow=False,
        hint=_hints(rows),
    )
    named = drawn.drop_duplicates("panel").sort_values("panel")
    panels = {
        row["panel"]: replace(paths[row["sweep"]], title=f"tested on {row['view']}")
        for _, row in named.iterrows()
    }
    return drawn.sort_values("line", kind="stable")[[*_MARK, *_KNOWN]], panels


def random_label_marks(
    points: pd.DataFrame, compared: pd.DataFrame, paths: list[Path]
) -> tuple[pd.DataFrame, dict[str, Path]]:
    """Return Fig. 5's marks: R² with real labels beside that with random ones of one view.

    Args:
        points: of `learning_curves.curve_points`, for the real labels.
        compared: of `random_labels.against_random_labels`; views with random labels of
            their own are not drawn.
        paths: the horizontal axes.
    """
    columns = {"random": "value", "random_low": "low", "random_high": "high"}
    random = with_series(compared[~compared["own"].astype(bool)]).rename(columns=columns)
    clean = with_series(points).drop_duplicates(["series", "view", "target", "mixture"])
    clean = clean.rename(columns={"r2": "value", "r2_low": "low", "r2_high": "high"})
    several = random["randomised"].nunique() > 1
    marks, panels = [], {}
    for (series, view), part in random.groupby(["series", "randomised"]):
        for path in paths:
            on_path = part[part["mixture"].isin(list(path.places))]
            if on_path.empty:
                continue
            parts = [str(series)]
            parts += [f"random labels of {view}"] if several else []
            parts += [path.title] if len(paths) > 1 else []
            title = ", ".join(parts)
            panels[title] = replace(path, title=title)
            same = (clean["series"] == series) & clean["view"].isin(part["view"])
            real = clean[same & clean["mixture"].isin(list(path.places))]
            drawn_random = on_path.assign(line=f"random labels of {view}, tested on ", hollow=True)
            drawn_real = real.assign(line="real labels, tested on ", hollow=False)
            marks.append(pd.concat([drawn_real, drawn_random]).assign(panel=title))
    empty = random.assign(panel="", line="", hollow=False)
    drawn = pd.concat(marks, ignore_index=True) if marks else empty
    hints = drawn["line"].str.removesuffix(", tested on ") + ", " + _hints(drawn)
    drawn = drawn.assign(line=drawn["line"] + drawn["view"], hint=hints)
    drawn = drawn.assign(**dict.fromkeys(_KNOWN, np.nan))
    return drawn.sort_values(["view", "hollow"], kind="stable")[[*_MARK, *_KNOWN]], panels


def _hints(rows: pd.DataFrame) -> pd.Series:
    texts = [
        f"{row['series']}, trained on {describe(row['mixture'])}, tested on {row['view']}"
        for _, row in rows.iterrows()
    ]
    return pd.Series(texts, index=rows.index, dtype="object")
