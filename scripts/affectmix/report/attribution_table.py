"""Ladders of attribution beside what known causes allow, and beside published numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from affectmix.evaluation.mixture_shares import added
from affectmix.evaluation.published import published_value
from affectmix.report.brackets import oracle_brackets
from affectmix.report.words import bare_p, signed
from affectmix.splits.mixtures import mixture_name

INSIDE, BELOW, ABOVE = "inside", "below", "above"
WITHIN_ERROR = ", within error"
RUNG_WORDS = {
    "alone": "alone, nested",
    "mixed": "mixed, nested",
    "ungrouped": "mixed, nested, groups torn",
    "selected": "mixed, chosen on reported folds",
    "selected_ungrouped": "mixed, chosen on reported folds, groups torn",
    "reference_2023": "the same, arithmetic of 2023",
    "reference_2024": "the same, arithmetic of 2024",
}


def place(value: float, bracket: tuple[float, float], interval: tuple[float, float]) -> str:
    """Return on which side of a bracket a value lies, in words; empty where it is not known.

    ``inside``, ``below`` or ``above``, with ``, within error`` where the value's own
    interval reaches into the bracket, so that it may as well be inside.
    """
    low, high = bracket
    if math.isnan(low) or math.isnan(value):
        return ""
    if low <= value <= high:
        return INSIDE
    clear = interval[1] < low if value < low else interval[0] > high
    return (BELOW if value < low else ABOVE) + ("" if clear else WITHIN_ERROR)


def with_ladder_series(ladders: pd.DataFrame) -> pd.DataFrame:
    """Return ``ladders`` with ``series``: the learner, and what else differs between ladders."""
    varying = [name for name in ("features", "base_scheme") if ladders[name].nunique() > 1]
    names = [", ".join(row) for row in ladders[["learner", *varying]].astype(str).to_numpy()]
    return ladders.assign(series=pd.Series(names, index=ladders.index, dtype="object"))


def with_brackets(ladders: pd.DataFrame, oracle: pd.DataFrame | None) -> pd.DataFrame:
    """Return ``ladders`` with the oracle's brackets, and on which side of them each rung is.

    Args:
        ladders: what `attribute_gains` returned.
        oracle: rows of ``schemas.ORACLE``, or None.

    Returns:
        The same rows with ``oracle_low, oracle_high, oracle_place`` of R², by what the rung
        is trained on, and ``oracle_gain_low, oracle_gain_high, oracle_gain_place`` of the
        gain; null and empty where the oracle knows nothing.
    """
    trained = [
        mixture_name({view: 1.0}) if rung == "alone" else mixture
        for view, rung, mixture in ladders[["view", "rung", "mixture"]].to_numpy()
    ]
    frame = ladders.assign(_trained=trained)
    for quantity, value, prefix in (("r2", "r2", "oracle"), ("gain", "gain", "oracle_gain")):
        known = oracle_brackets(oracle, trained, quantity=quantity)
        known = known.rename(
            columns={"mixture": "_trained", "low": f"{prefix}_low", "high": f"{prefix}_high"}
        ).drop(columns="mean")
        frame = frame.merge(known, on=["view", "target", "_trained"], how="left")
        ends = [f"{prefix}_low", f"{prefix}_high"]
        frame[ends] = frame[ends].astype(float)
        columns = [value, *ends, f"{value}_low", f"{value}_high"]
        frame[f"{prefix}_place"] = [
            place(row[0], (row[1], row[2]), (row[3], row[4]))
            for row in frame[columns].to_numpy(float)
        ]
    return frame.drop(columns="_trained")


def with_published(
    ladders: pd.DataFrame,
    published: pd.DataFrame,
    *,
    roles: Mapping[str, str],
    kinds: Mapping[str, str],
) -> pd.DataFrame:
    """Return ``ladders`` with ``published`` R² and ``published_flags``.

    The published number of the view alone stands beside the rung ``alone``, that of the
    mixture beside all others; null where there is none.
    """
    found = [
        published_value(
            published,
            view=row["view"],
            mixture=mixture_name({row["view"]: 1.0}) if row["rung"] == "alone" else row["mixture"],
            learner_kind=kinds.get(row["learner"], row["learner"]),
            target=row["target"],
            metric="r2",
            roles=roles,
        )
        for _, row in ladders.iterrows()
    ]
    return ladders.assign(
        published=[math.nan if one is None else float(one["value"]) for one in found],
        published_flags=["" if one is None else str(one["flags"]) for one in found],
    )


def shown_ladders(ladders: pd.DataFrame) -> pd.DataFrame:
    """Return ladders as a reader takes them: a line per rung, numbers as short text.

    Args:
        ladders: with the columns of `with_brackets`.
    """
    rows = with_ladder_series(ladders)
    table = pd.DataFrame(
        {
            "view": rows["view"],
            "target": rows["target"],
            "learner": rows["series"],
            "adding": [added(m, v) for m, v in rows[["mixture", "view"]].to_numpy()],
            "number": rows["rung"].map(RUNG_WORDS),
            "R²": [_range(*row) for row in rows[["r2", "r2_low", "r2_high"]].to_numpy(float)],
            "step": [
                _range(*row, sign=True)
                for row in rows[["step", "ci95_low", "ci95_high"]].to_numpy(float)
            ],
            "cause": rows["cause"],
            "d": ["" if np.isnan(effect) else _plain(effect) for effect in rows["effect"]],
            "p, Holm": ["" if np.isnan(p) else bare_p(p) for p in rows["p_holm"]],
            "folds": rows["test"],
            "gain": ["" if np.isnan(gain) else signed(gain) for gain in rows["gain"]],
        }
    )
    for prefix, name in (("oracle", "R² known causes allow"), ("oracle_gain", "gain they allow")):
        if rows[f"{prefix}_low"].notna().any():
            columns = [f"{prefix}_low", f"{prefix}_high", f"{prefix}_place"]
            table[name] = [
                "" if np.isnan(low) else f"{_plain(low)} to {_plain(high)}: {where}"
                for low, high, where in rows[columns].to_numpy()
            ]
    return table


def _range(value: float, low: float, high: float, *, sign: bool = False) -> str:
    if np.isnan(value):
        return ""
    text = signed if sign else _plain
    return text(value) + ("" if np.isnan(low) else f" ({text(low)} to {text(high)})")


def _plain(value: float) -> str:
    return signed(value).removeprefix("+")
