"""Which cells stand for which row of EmoMucs' Tables 1 and 2, and their numbers beside it.

De Berardinis et al. 2020: Table 1 has a network for the mix and for each stem alone, Table 2
one for all four stems by fusion and way of training.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from affectmix.evaluation.metrics import mean_rows
from affectmix.learners.emomucs.variants import ARCHITECTURES, FUSIONS, variants
from affectmix.stems.names import SOURCES, STEMS, sources_of

ROW: Final = ("table", "architecture", "input", "fusion", "training")
ALL_STEMS: Final = "stems"
CHOSEN: Final = "chosen"  # among several, in the inner folds: no row of the paper
_CELL: Final = ("view", "mixture", "scheme", "protocol", "learner", "features")
_ORDERS: Final = {
    "architecture": (*ARCHITECTURES, CHOSEN),
    "input": (*SOURCES, ALL_STEMS),
    "fusion": ("", *FUSIONS, CHOSEN),
    "training": ("", "freeze", "finetune", "full", CHOSEN),
}


def paper_row(network: Mapping[str, Any], choice: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return `ROW` of a learner of kind ``emomucs`` on a feature choice; None for other stems.

    Args:
        network: its ``architectures``, ``fusions`` and ``trainings``.
        choice: the feature choice.
    """
    stems = sources_of(choice)
    if len(stems) != 1 and set(stems) != set(STEMS):
        return None
    own = variants(network, len(stems))
    found: dict[str, Any] = {"table": 1 if len(stems) == 1 else 2}
    found["input"] = stems[0] if len(stems) == 1 else ALL_STEMS
    for name in ("architecture", "fusion", "training"):
        values = {getattr(variant, name) or "" for variant in own}
        found[name] = values.pop() if len(values) == 1 else CHOSEN
    return found


def emomucs_table(
    metrics: pd.DataFrame,
    published: pd.DataFrame,
    *,
    table: int,
    networks: Mapping[str, Mapping[str, Any]],
    features: Mapping[str, Mapping[str, Any]],
) -> pd.DataFrame:
    """Return Table 1 or 2, one row per number, in the paper's order.

    Args:
        metrics: rows of ``schemas.METRICS``; means over folds of cells without a control.
        published: what `load_published_emomucs` returns; empty for corpora that are not
            the paper's and do not play its part.
        table: 1 or 2.
        networks: learner of kind ``emomucs`` → its settings.
        features: feature choice → its settings.

    Returns:
        `ROW`, ``selection`` (``refit``, or ``best_inner``, the paper's form), the cell's own
        fields, ``target``, ``metric`` (rmse or r2), ``ours`` with half its 95 % interval
        ``ours_ci``, ``published`` and ``published_flags``.
    """
    rows = mean_rows(metrics)
    kept = rows["metric"].isin(["rmse", "r2"]) & rows["learner"].isin(list(networks))
    rows = rows[kept & (rows["control"] == "none")]
    found = []
    for _, row in rows.iterrows():
        place = paper_row(networks[row["learner"]], features[row["features"]])
        if place is None or place["table"] != table:
            continue
        number = {
            "ours": row["value"],
            "ours_ci": (row["ci95_high"] - row["ci95_low"]) / 2,
            **_published(published, place, row),
        }
        selection = networks[row["learner"]]["selection"]
        cell = {name: row[name] for name in (*_CELL, "target", "metric")}
        found.append({**place, "selection": selection, **cell, **number})
    columns = [*ROW, "selection", *_CELL, "target", "metric", "ours", "ours_ci"]
    frame = pd.DataFrame(found, columns=[*columns, "published", "published_flags"])
    return _in_order(frame)


def _published(
    published: pd.DataFrame, place: Mapping[str, Any], row: pd.Series
) -> dict[str, float | str]:
    wanted = {**place, "target": row["target"], "metric": row["metric"]}
    same = np.logical_and.reduce([published[name] == value for name, value in wanted.items()])
    found = published[same]
    if found.empty:
        return {"published": np.nan, "published_flags": ""}
    return {"published": found["value"].iloc[0], "published_flags": found["flags"].iloc[0]}


def _in_order(frame: pd.DataFrame) -> pd.DataFrame:
    ranks = {f"_{name}": frame[name].map(order.index) for name, order in _ORDERS.items()}
    keys = ["view", "_architecture", "_input", "_fusion", "_training", *_CELL[1:], "metric"]
    ordered = frame.assign(**ranks).sort_values([*keys, "target"], kind="stable")
    return ordered[frame.columns].reset_index(drop=True)
