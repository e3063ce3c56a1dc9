"""How well listeners are known after a number of songs: learning curves and recovered gaps."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from affectmix.evaluation.intervals import repeated_interval
from affectmix.evaluation.user_measures import BOTH, QUADRANT
from affectmix.tuning.trial import BOUND, GENERAL

SIMULATED: Final = "simulated"
RATERS: Final = "raters"
# What curves are drawn of.
MEASURES: Final = ((BOTH, "rmse"), (QUADRANT, "accuracy"), (QUADRANT, "log_loss"))
_CELL = ["cell", "learner", "features", "mixture", "scheme"]
_LINE = [*_CELL, "who", "target", "metric", "song_set", "method", "chooser", "songs"]
_KEY = ["cell", "who", "listener", "target", "metric", "song_set"]
_HIGHER_IS_BETTER: Final = ("accuracy", "r2")
_DRAWS = 1000
_STREAM = 90


def by_listener(users: pd.DataFrame) -> pd.DataFrame:
    """Return one row per listener, method, chooser, number of songs, set and measure.

    A listener with songs in several folds counts once, with the mean over them.

    Args:
        users: ``schemas.USERS``; rows over all listeners are passed over.
    """
    rows = users[users["listener"].notna()]
    rows = rows.assign(who=np.where(rows["kind"] == "rater", RATERS, SIMULATED))
    keys = [*_LINE, "listener"]
    return rows.groupby(keys, observed=True)[["value"]].mean().reset_index()


def user_curves(users: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """Return the mean over listeners of every measure, and the share of the gap that is closed.

    The gap is that between the general model and the listener's upper bound, a model that
    knows by what the listener differs; the share is the sum over listeners of what tuning gains
    by the sum of their gaps, so that a listener without a gap does not decide it. Where the
    bound is no better than the general model there is no gap, and no share of it. Intervals
    are over listeners: Student's t of the mean, and of the share the 2.5 and 97.5 %
    percentiles of 1000 bootstrap draws.

    Args:
        users: ``schemas.USERS``.
        seed: of the bootstrap.

    Returns:
        The cell's fields, ``who`` (``simulated``, ``raters``), ``target``, ``metric``,
        ``song_set``, ``method``, ``chooser``, ``songs``; ``listeners``, ``value``, ``ci95_low``,
        ``ci95_high``; ``general`` and ``bound``, means of the same listeners; ``recovered``,
        ``recovered_low`` and ``recovered_high`` of `MEASURES` on the other songs, null where there
        is no bound or no gap.
    """
    values = by_listener(users)
    for name, column in ((GENERAL, "general"), (BOUND, "bound")):
        known = values[values["method"] == name].set_index(_KEY)["value"].rename(column)
        values = values.join(known, on=_KEY)
    rows = []
    for key, part in values.groupby(_LINE, sort=True):
        line: dict[str, Any] = dict(zip(_LINE, key, strict=True))
        found = part[["value", "general", "bound"]].to_numpy(float)
        own = found[~np.isnan(found[:, 0])]
        interval = repeated_interval([own[:, 0]])
        whole = own[~np.isnan(own).any(axis=1)]
        drawn = line["song_set"] == "other" and (line["target"], line["metric"]) in MEASURES
        tuned = line["method"] not in (GENERAL, BOUND)
        errors = -whole if line["metric"] in _HIGHER_IS_BETTER else whole
        rows.append(
            {
                **line,
                "listeners": len(own),
                "value": interval.mean,
                "ci95_low": interval.low,
                "ci95_high": interval.high,
                "general": _mean(own[:, 1]),
                "bound": _mean(own[:, 2]),
                **_recovered(errors if drawn and tuned else errors[:0], seed),
            }
        )
    return pd.DataFrame(rows)


def _mean(values: np.ndarray) -> float:
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if len(defined) else float("nan")


def _recovered(values: np.ndarray, seed: int) -> dict[str, float]:
    """Return the closed share of the gap, and its interval.

    Args:
        values: a row of errors per listener: tuned, general, bound; less is better.
        seed: of the bootstrap, whose draws without a gap tell nothing.
    """
    names = ("recovered", "recovered_low", "recovered_high")
    gain, gap = values[:, 1] - values[:, 0], values[:, 1] - values[:, 2]
    if len(values) < 2 or gap.sum() <= 0:
        return dict.fromkeys(names, float("nan"))
    draws = np.random.default_rng([seed, _STREAM]).integers(len(gap), size=(_DRAWS, len(gap)))
    gaps = gap[draws].sum(axis=1)
    shares = gain[draws].sum(axis=1) / np.where(gaps > 0, gaps, np.nan)
    low, high = np.nanquantile(shares, [0.025, 0.975])
    return dict(zip(names, map(float, (gain.sum() / gap.sum(), low, high)), strict=True))


def paper_table(curves: pd.DataFrame) -> pd.DataFrame:
    """Return accuracy with and without the tuning songs, and difference error, as Table 4.

    Args:
        curves: of :func:`user_curves`.

    Returns:
        One row per cell, ``who``, method, chooser and number of songs: ``with_tuning`` (of all
        the listener's songs, as the paper counts), ``without_tuning`` (of songs that were never
        asked about) and ``difference_error`` on the latter, in per cent.
    """
    index = [*_CELL, "who", "method", "chooser", "songs"]
    own = curves[curves["target"] == QUADRANT]
    named = {
        ("accuracy", "all"): "with_tuning",
        ("accuracy", "other"): "without_tuning",
        ("difference_error", "other"): "difference_error",
    }
    parts = [
        own[(own["metric"] == metric) & (own["song_set"] == songs)]
        .set_index(index)["value"]
        .rename(name)
        for (metric, songs), name in named.items()
    ]
    return pd.concat(parts, axis=1).reset_index()


def calibration(users: pd.DataFrame) -> pd.DataFrame:
    """Return the calibration error of each method over all listeners' songs."""
    rows = users[(users["metric"] == "ece") & users["listener"].isna()]
    rows = rows.assign(who=np.where(rows["kind"] == "rater", RATERS, SIMULATED))
    kept = [*_CELL, "who", "method", "chooser", "songs", "clips", "value"]
    return rows[kept].reset_index(drop=True)
