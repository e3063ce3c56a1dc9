"""How well any model can predict ratings, given how far their raters disagree.

A rating of clip i is taken as t_i + e, where t_i is what infinitely many listeners of the
same kind would say on average, and e one listener's own part, with variance σ_i². The
label is the mean of n_i ratings, so that its variance over clips holds noise:
Var(label) = Var(t) + mean(σ_i²/n_i). The best that a model can know is t, which leaves
the noise as error. With s_i, the standard deviation of a clip's ratings, in σ_i's place:

- predicting the **mean rating**: R² = 1 − mean(s_i²/n_i) / Var(label). With the same n for
  all clips this is the reliability of a mean of n ratings: ICC(1, k) of Shrout & Fleiss
  ("Intraclass correlations", Psychological Bulletin 86, 1979), (BMS − WMS) / BMS.
- predicting **one listener's rating**: R² = Var(t) / (Var(t) + mean(s_i²)) with
  Var(t) = Var(label) − mean(s_i²/n_i): their ICC(1, 1).

s_i is the standard deviation with n − 1; one that divides by n is made it by n / (n − 1),
where n is known. Where the same listeners rated all clips, what a listener adds
to all of them alike is no noise between clips: both ceilings are then too low. Without n,
nothing is known of the first, and Var(t) ≤ Var(label) bounds the second from above.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

from affectmix.corpora.base import TARGETS

COLUMNS = (
    *("view", "target", "clips", "raters_low", "raters_high", "raters_from"),
    *("r2", "r2_low", "r2_high", "rmse"),
    *("one_r2", "one_low", "one_high", "one_is_bound"),
)
_RESAMPLES = 2000
_STREAM = 4100  # clear of the streams that draw the demo corpora

COUNTED: Final = "counted"
DECLARED: Final = "declared"
READ_OFF: Final = "read off"
UNKNOWN: Final = "unknown"


@dataclass(frozen=True)
class Raters:
    """The listeners behind a view's labels.

    Attributes:
        counts: how many: one number for all clips, or by ``clip_id`` with a column per
            target; None where nobody knows.
        origin: whether single ratings were counted, the configuration says it, or means
            and deviations tell (`corpora.rater_counts`).
        ddof: what the labels' standard deviations divide by: n - ``ddof``.
    """

    counts: int | pd.DataFrame | None = None
    origin: Literal["counted", "declared", "read off", "unknown"] = UNKNOWN
    ddof: int = 1


def noise_ceilings(
    labels: Mapping[str, pd.DataFrame], raters: Mapping[str, Raters], *, seed: int
) -> pd.DataFrame:
    """Return the ceilings of every view and target whose labels have standard deviations.

    Args:
        labels: view → rows of ``schemas.LABELS``, labels on [-1, 1].
        raters: view → the listeners behind each label; nobody knows them without an entry.
        seed: of the bootstrap over clips.

    Returns:
        Columns `COLUMNS`, one row per view and target: ``clips`` used (with a label, a
        standard deviation and, if raters are known, two of them or more); fewest and most
        raters; ``r2`` of predicting the mean rating, and ``rmse``, the least error of it
        on [-1, 1], null without the number of raters; ``one_r2`` of predicting one
        listener. R² are in [0, 1], with a 95 % bootstrap interval over clips.
        ``one_is_bound``: raters are unknown, and the true ceiling lies below.
    """
    rows = []
    for view, frame in sorted(labels.items()):
        for target in TARGETS:
            known = raters.get(view, Raters())
            used = _used(frame, target, known)
            if len(used) < 2:
                continue
            rng = np.random.default_rng([seed, _STREAM, TARGETS.index(target)])
            counts = used["raters"]
            rows.append(
                {
                    "view": view,
                    "target": target,
                    "clips": len(used),
                    "raters_low": counts.min(),
                    "raters_high": counts.max(),
                    "raters_from": known.origin,
                    **_with_intervals(used, rng),
                    "one_is_bound": bool(counts.isna().any()),
                }
            )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def count_raters(ratings: pd.DataFrame) -> pd.DataFrame:
    """Return how many ratings each clip has, by ``clip_id``, a column per target.

    Args:
        ratings: rows of ``schemas.RATINGS``.
    """
    return ratings.groupby("clip_id")[list(TARGETS)].count()


def _used(labels: pd.DataFrame, target: str, raters: Raters) -> pd.DataFrame:
    """Return ``label, spread, raters`` of the clips that a ceiling can be worked out from.

    ``spread`` is the variance of a clip's ratings, without bias where raters are known.
    """
    rated = labels.dropna(subset=[target, f"{target}_sd"]).sort_values("clip_id")
    spread = np.square(rated[f"{target}_sd"].astype(float))
    frame = pd.DataFrame({"label": rated[target].astype(float), "spread": spread})
    if raters.counts is None:
        return frame.assign(raters=math.nan)
    if isinstance(raters.counts, int):
        counts = pd.Series(float(raters.counts), index=rated.index)
    else:
        counts = rated["clip_id"].map(raters.counts[target]).astype(float)
    known = frame.assign(raters=counts)[counts >= 2]
    unbiased = (known["raters"] - raters.ddof) / (known["raters"] - 1)
    return known.assign(spread=known["spread"] * unbiased)


def _with_intervals(used: pd.DataFrame, rng: np.random.Generator) -> dict[str, Any]:
    label, spread = used["label"].to_numpy(), used["spread"].to_numpy()
    noise = spread / used["raters"].to_numpy()
    found = _ceilings(label, spread, noise)
    drawn = np.empty((_RESAMPLES, len(found)))
    for resample in drawn:
        rows = rng.integers(len(label), size=len(label))
        resample[:] = _ceilings(label[rows], spread[rows], noise[rows])
    of_mean, of_one = (_bounds(column) for column in drawn.T)
    return {
        "r2": found[0],
        "r2_low": of_mean[0],
        "r2_high": of_mean[1],
        "rmse": math.sqrt(float(noise.mean())),
        "one_r2": found[1],
        "one_low": of_one[0],
        "one_high": of_one[1],
    }


def _bounds(drawn: np.ndarray) -> tuple[float, float]:
    defined = drawn[~np.isnan(drawn)]
    if not defined.size:
        return math.nan, math.nan
    low, high = np.percentile(defined, [2.5, 97.5])
    return float(low), float(high)


def _ceilings(label: np.ndarray, spread: np.ndarray, noise: np.ndarray) -> tuple[float, float]:
    """Return the ceilings of the mean rating and of one listener's; NaN where undefined.

    Args:
        label: mean ratings [shape=(clips,)].
        spread: variances of the clips' ratings [shape=(clips,)].
        noise: variances of the means, NaN where raters are unknown [shape=(clips,)].
    """
    variance, within, error = float(label.var(ddof=1)), float(spread.mean()), float(noise.mean())
    if variance == 0.0:
        return math.nan, math.nan
    of_mean = math.nan if math.isnan(error) else max(0.0, 1 - error / variance)
    between = variance if math.isnan(error) else max(0.0, variance - error)
    return of_mean, between / (between + within)
