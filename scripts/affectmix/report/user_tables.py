"""Tables of tuning to single listeners, as the report shows them."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from affectmix.evaluation.published_user_tuned import (
    load_published_user_tuned,
    without_tuning_songs,
)
from affectmix.evaluation.user_measures import BOTH, QUADRANT
from affectmix.report.tables import number
from affectmix.tuning.trial import BOUND, GENERAL

_MEASURES: Final = {"rmse": "RMSE", "accuracy": "quadrants right", "log_loss": "log loss"}
_NAMES: Final = {GENERAL: "general model", BOUND: "upper bound"}


def recovered_table(curves: pd.DataFrame) -> pd.DataFrame:
    """Return the share of the gap that is closed: a row per method, a column per songs.

    Args:
        curves: of `user_curves`, of one cell's simulated listeners on songs never asked about.
    """
    rows = curves[curves["recovered"].notna()]
    shown = rows.assign(
        measure=rows["metric"].map(_MEASURES),
        share=[
            f"{share:.0%} ({low:.0%} to {high:.0%})"
            for share, low, high in rows[["recovered", "recovered_low", "recovered_high"]].to_numpy(
                float
            )
        ],
    )
    wide = shown.pivot(index=["measure", "method", "chooser"], columns="songs", values="share")
    counts = wide.columns.to_numpy(int)
    wide.columns = pd.Index([f"{count} songs" if count > 1 else "1 song" for count in counts])
    return wide.reset_index().fillna("–").rename(columns={"chooser": "songs are"})


def with_published(table: pd.DataFrame) -> pd.DataFrame:
    """Return `paper_table` with the paper's Table 4 beside it, where the songs are as many.

    Args:
        table: of `user_curves.paper_table`.

    Returns:
        ``table`` with ``published_with``, ``published_without`` and ``published_difference``,
        null elsewhere.
    """
    printed = load_published_user_tuned()
    means = printed[(printed["table"] == "4") & (printed["metric"] == "difference_error")]
    difference = dict(
        zip(means["suggested"].to_numpy(int), means["value"].to_numpy(float), strict=True)
    )
    counted = without_tuning_songs()
    mean = counted[counted["listener"] == "mean"].set_index("suggested")
    tuned = ~table["method"].isin([GENERAL, BOUND])
    comparable = table["songs"].isin(mean.index) & (tuned | (table["method"] == GENERAL))
    songs = table["songs"].where(comparable)
    return table.assign(
        published_with=songs.map(mean["printed"]).astype(float),
        published_without=songs.map(mean["others"]).astype(float),
        published_difference=songs.map(difference).astype(float),
    )


def shown_paper_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return `with_published` as the page shows it, the paper's numbers in brackets."""

    def beside(ours: str, paper: str) -> list[str]:
        pairs = table[[ours, paper]].to_numpy(float)
        return [
            (number(value) or "–") + ("" if np.isnan(other) else f" ({number(other)})")
            for value, other in pairs
        ]

    return pd.DataFrame(
        {
            "model": table["method"].replace(_NAMES),
            "songs": table["songs"],
            "songs are": table["chooser"].replace({"none": "–"}),
            "right, tuning songs counted": beside("with_tuning", "published_with"),
            "right, on other songs": beside("without_tuning", "published_without"),
            "difference error": beside("difference_error", "published_difference"),
        }
    )


def forgetting_table(curves: pd.DataFrame) -> pd.DataFrame:
    """Return how well tuned models predict the corpus' own labels, beside the general model.

    Args:
        curves: of `user_curves`, of one cell, with ``song_set`` ``general``.
    """
    rows = curves[(curves["song_set"] == "general") & (curves["chooser"] != "picked")]
    rows = rows[
        ((rows["target"] == BOTH) & (rows["metric"] == "rmse"))
        | ((rows["target"] == QUADRANT) & (rows["metric"] == "accuracy"))
    ]
    rows = rows[~rows["method"].isin([GENERAL, BOUND])]
    last = rows["songs"] == rows["songs"].max()
    return pd.DataFrame(
        {
            "method": rows.loc[last, "method"],
            "songs": rows.loc[last, "songs"],
            "songs are": rows.loc[last, "chooser"],
            "measure": rows.loc[last, "metric"].map(_MEASURES),
            "general model": rows.loc[last, "general"],
            "tuned": rows.loc[last, "value"],
        }
    ).reset_index(drop=True)
