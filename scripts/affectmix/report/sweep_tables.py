"""The tables of sweeps, as files and as they are shown."""

from __future__ import annotations

import numpy as np
import pandas as pd

from affectmix.evaluation.mixture_shares import describe, trained_views
from affectmix.report.labels import ordered_targets, with_series
from affectmix.report.tables import number, plus_minus
from affectmix.report.words import bare_p, signed

_KNOWN = ["known_low", "known_high"]
_NAMES = {"view": "tested on", "series": "learner", "sweep": "along"}


def known_columns(points: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Return ``points`` with ``known_low`` and ``known_high`` where known causes bound them."""
    named = known.rename(columns={"low": "known_low", "high": "known_high"})
    keys = ["view", "target", "mixture"]
    return points.merge(named[[*keys, *_KNOWN]], on=keys, how="left").astype(
        dict.fromkeys(_KNOWN, float)
    )


def known_gains(points: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Return ``points`` with the gain that known causes allow, where the gain is the same one.

    Brackets are over the tested view alone: they say nothing of a gain over another
    training set, or of adding the view itself.
    """
    rows = known_columns(points, known)
    least = rows[rows["share"] == rows["least_share"]]
    alone = {
        (sweep, view)
        for sweep, view, mixture in least[["sweep", "view", "mixture"]].to_numpy()
        if trained_views(mixture) == (view,)
    }
    same = [pair in alone for pair in zip(rows["sweep"], rows["view"], strict=True)]
    rows[_KNOWN] = rows[_KNOWN].where(pd.Series(same, index=rows.index), np.nan)
    return rows


def r2_shown(points: pd.DataFrame) -> pd.DataFrame:
    """Return Fig. 4 as a table: R² ± half its interval, a row per training set.

    Args:
        points: of `learning_curves.curve_points`; a training set in two sweeps is one row.
    """
    rows = with_series(points).drop_duplicates(["series", "view", "target", "mixture"])
    half = (rows["r2_high"] - rows["r2_low"]) / 2
    rows = rows.assign(
        train=[describe(mixture) for mixture in rows["mixture"]],
        shown=[plus_minus(r2, ci) for r2, ci in zip(rows["r2"], half, strict=True)],
    )
    index = ["series", "train"]
    wide = rows[index].drop_duplicates().rename(columns={"train": "trained on"})
    for view in sorted(rows["view"].unique()):
        for target in ordered_targets(rows["target"]):
            part = rows[(rows["view"] == view) & (rows["target"] == target)]
            title = f"R² on {view}, {target}"
            part = part[[*index, "shown"]].rename(columns={"train": "trained on", "shown": title})
            wide = wide.merge(part, on=["series", "trained on"], how="left")
    return wide.rename(columns=_NAMES).fillna("")


def gains_shown(points: pd.DataFrame) -> pd.DataFrame:
    """Return the learning curves as a table: each share's gain over the least, tested."""
    rows = with_series(points[points["gain"].notna()])
    return pd.DataFrame(
        {
            "along": rows["sweep"],
            "learner": rows["series"],
            "tested on": rows["view"],
            "target": rows["target"],
            "share": rows["share"].map(number),
            "over": rows["least_share"].map(number),
            "R²": rows["r2"].map(number),
            **_tested(rows, "gain"),
        }
    )


def trends_shown(trends: pd.DataFrame) -> pd.DataFrame:
    """Return the trends as a table: R² at both ends, and the slope on the share, tested."""
    rows = with_series(trends)
    return pd.DataFrame(
        {
            "along": rows["sweep"],
            "learner": rows["series"],
            "tested on": rows["view"],
            "target": rows["target"],
            "shares": rows["shares"],
            "R², least share": rows["from"].map(number),
            "R², greatest": rows["to"].map(number),
            **_tested(rows, "slope"),
            "verdict": rows["verdict"],
        }
    )


def _tested(rows: pd.DataFrame, title: str) -> dict[str, pd.Series]:
    """Return the columns of a tested gain, which the table calls ``title``."""
    return {
        title: rows["gain"].map(signed),
        "from": rows["ci95_low"].map(signed),
        "to": rows["ci95_high"].map(signed),
        "effect": rows["effect"].map(signed),
        "p": rows["p"].map(bare_p),
        "p, Holm": rows["p_holm"].map(bare_p),
    }


def random_shown(compared: pd.DataFrame) -> pd.DataFrame:
    """Return Fig. 5 as a table: R² with random and with real labels, and what these gain."""
    rows = with_series(compared)
    halves = {n: (rows[f"{n}_high"] - rows[f"{n}_low"]) / 2 for n in ("random", "clean")}
    shown = {
        name: [plus_minus(v, ci) for v, ci in zip(rows[name], half, strict=True)]
        for name, half in halves.items()
    }
    return pd.DataFrame(
        {
            "trained on": [describe(mixture) for mixture in rows["mixture"]],
            "learner": rows["series"].to_numpy(),
            "random labels of": rows["randomised"].to_numpy(),
            "tested on": rows["view"].to_numpy(),
            "target": rows["target"].to_numpy(),
            "R², random": shown["random"],
            "R², real": shown["clean"],
            "gain": rows["gain"].map(signed).to_numpy(),
            "from": rows["ci95_low"].map(signed).to_numpy(),
            "to": rows["ci95_high"].map(signed).to_numpy(),
            "p, Holm": rows["p_holm"].map(bare_p).to_numpy(),
            "verdict": rows["verdict"].to_numpy(),
        }
    )
