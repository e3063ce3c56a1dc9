"""What each stem is worth to a learner: how far it moves predictions, and what that brings.

Both are exact Shapley values over all combinations of stems (`contributions`): of a clip's
prediction, and of a fold's R². A stem may move predictions much and bring nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
import pandas as pd

from affectmix.evaluation.contributions import Family
from affectmix.evaluation.intervals import ratio_of_scheme, repeated_interval
from affectmix.evaluation.metrics import fold_rows
from affectmix.evaluation.shapley import Coalition, shapley_values

_CELL: Final = (
    *("experiment", "learner", "features", "mixture", "scheme"),
    *("protocol", "arithmetic", "control", "view", "target", "stem"),
)
_FOLD: Final = ("repeat", "fold")


def stem_worth(
    metrics: pd.DataFrame, contributions: pd.DataFrame, families: Iterable[Family]
) -> pd.DataFrame:
    """Return what each stem is worth, as means over folds with their 95 % intervals.

    Args:
        metrics: rows of ``schemas.METRICS``.
        contributions: ``schemas.STEM_CONTRIBUTIONS`` of the same experiment.
        families: of `contributions.find_families` for its cells.

    Returns:
        One row per family, view, target, stem and ``quantity``: ``r2`` (the stem's share of
        the R² that all stems reach over the mean predictor's), ``size`` (how far it moves a
        prediction, whichever way) and ``signed`` (how far it moves predictions on average);
        with ``mean``, ``low`` and ``high``.
    """
    moved = contributions.assign(size=contributions["contribution"].abs())
    grouped = moved.groupby([*_CELL, *_FOLD], sort=True, observed=True)
    means = grouped[["contribution", "size"]].mean().rename(columns={"contribution": "signed"})
    parts = [
        means.reset_index().melt(id_vars=[*_CELL, *_FOLD], var_name="quantity", value_name="value"),
        *(_r2_values(metrics, family) for family in families),
    ]
    rows = pd.concat([part for part in parts if len(part)], ignore_index=True)
    keys = [*_CELL, "quantity"]
    found = [
        {**dict(zip(keys, key, strict=True)), **_interval(part)}
        for key, part in rows.groupby(keys, sort=True)
    ]
    return pd.DataFrame(found, columns=[*keys, "mean", "low", "high"])


def credit_beside_causes(
    worth: pd.DataFrame, known: Mapping[str, Mapping[str, Mapping[str, float]]]
) -> pd.DataFrame:
    """Return how much of what is learned of a target each stem gets, and how much it causes.

    Args:
        worth: of :func:`stem_worth`.
        known: view → target → stem → share of the causes, of views where they are known.

    Returns:
        One row per row of ``worth`` of quantity ``r2``, without a control, in these views:
        ``causes`` (the known share) and ``credit`` (the stem's share of the R² of all stems
        together), with ``low`` and ``high``; NaN where all stems together have no R².
    """
    rows = worth[(worth["quantity"] == "r2") & (worth["control"] == "none")]
    rows = rows[rows["view"].isin(list(known))].reset_index(drop=True)
    keys = [name for name in _CELL if name != "stem"]
    total = rows.groupby(keys)["mean"].transform("sum").astype(float)
    total = total.where(total > 0)
    causes = [known[v][t][s] for v, t, s in rows[["view", "target", "stem"]].to_numpy()]
    shares = {name: rows[name] / total for name in ("mean", "low", "high")}
    named = rows[list(_CELL)].assign(causes=np.array(causes, dtype=float))
    return named.assign(credit=shares["mean"], low=shares["low"], high=shares["high"])


def _interval(rows: pd.DataFrame) -> dict[str, float]:
    repeats = [part["value"].to_numpy(float) for _, part in rows.groupby("repeat")]
    found = repeated_interval(repeats, ratio=ratio_of_scheme(rows["scheme"].iloc[0]))
    return {"mean": found.mean, "low": found.low, "high": found.high}


def _r2_values(metrics: pd.DataFrame, family: Family) -> pd.DataFrame:
    """Return each stem's share of each fold's R²."""
    shared = {n: v for n, v in family.fields.items() if n not in ("learner", "features")}
    rows = fold_rows(metrics)
    rows = rows[(rows["metric"] == "r2")]
    rows = rows[np.logical_and.reduce([rows[name] == value for name, value in shared.items()])]
    keys = ["view", "target", *_FOLD]

    def values_of(learner: str, features: str | None = None) -> pd.Series:
        own = rows[rows["learner"] == learner]
        own = own[own["features"] == (own["features"].iloc[0] if features is None else features)]
        return own.set_index(keys)["value"].sort_index().astype(float)

    silent = values_of(family.mean)
    worth: dict[Coalition, np.ndarray] = {frozenset[str](): silent.to_numpy()}
    for combination, features in family.features.items():
        worth[combination] = values_of(family.fields["learner"], features).to_numpy()
    values = shapley_values(worth, family.stems)
    frame = silent.index.to_frame(index=False)
    return pd.concat(
        [
            frame.assign(stem=stem, value=values[:, place], quantity="r2")
            for place, stem in enumerate(family.stems)
        ],
        ignore_index=True,
    ).assign(experiment=metrics["experiment"].iloc[0], **family.fields)
