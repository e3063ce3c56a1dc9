"""Which stem's model errs least on each clip (de Berardinis et al. 2020, Fig. 3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from affectmix.corpora.base import TARGETS
from affectmix.stems.names import MIX, STEMS, sources_of

BOTH: Final = "mean of both"
_SERIES: Final = (
    *("learner", "set", "separator", "mixture", "scheme"),
    *("protocol", "arithmetic", "view"),
)


def best_stems(
    predictions: pd.DataFrame, features: Mapping[str, Mapping[str, Any]]
) -> pd.DataFrame:
    """Return for each tested clip the stem whose own model errs least.

    Args:
        predictions: ``schemas.PREDICTIONS`` of one experiment; cells without a control
            enter, of learners that hear two single stems at least.
        features: feature choice → its settings.

    Returns:
        One row per learner and what else its cells share, ``corpus``, ``clip_id`` and
        ``target`` (valence, arousal, or the mean of both): ``stem``, its ``error`` (root mean
        square over repeats; of both, the mean of the two), ``valence`` and ``arousal`` as rated.
    """
    single = {
        name: sources_of(choice)[0]
        for name, choice in features.items()
        if len(sources_of(choice)) == 1 and sources_of(choice) != (MIX,)
    }
    rows = predictions[
        predictions["features"].isin(list(single))
        & predictions["target"].isin(TARGETS)
        & (predictions["control"] == "none")
    ]
    rows = rows.assign(
        stem=rows["features"].map(single),
        set=rows["features"].map({name: features[name]["set"] for name in single}),
        separator=rows["features"].map({name: features[name]["separator"] for name in single}),
        square=np.square(rows["y_pred"] - rows["y_true"]),
    )
    clip = [*_SERIES, "corpus", "clip_id"]
    if rows.empty:
        return pd.DataFrame(columns=[*clip, "stem", "target", "error", *TARGETS])
    errors = np.sqrt(rows.groupby([*clip, "target", "stem"])["square"].mean())
    wide = errors.unstack("target")[list(TARGETS)]
    wide[BOTH] = wide.mean(axis=1)
    long = wide.stack().rename("error").reset_index()
    long.columns = [*clip, "stem", "target", "error"]
    heard = long.groupby([*_SERIES])["stem"].transform("nunique")
    long = long[heard > 1]
    long = long.assign(_order=long["stem"].map(STEMS.index))
    best = long.sort_values([*clip, "target", "error", "_order"]).groupby([*clip, "target"]).head(1)
    rated = rows.groupby(["view", "corpus", "clip_id", "target"])["y_true"].first().unstack()
    found = best.drop(columns="_order").merge(
        rated[list(TARGETS)].reset_index(), on=["view", "corpus", "clip_id"], validate="m:1"
    )
    return found.reset_index(drop=True)


def stems_by_quadrant(best: pd.DataFrame) -> pd.DataFrame:
    """Return in which share of a quadrant's clips each stem errs least.

    Args:
        best: rows of :func:`best_stems` of one series and target.

    Returns:
        A row per quadrant and one of all clips: ``quadrant``, ``clips``, a column per stem.
    """
    high = best[list(TARGETS)] > 0
    names = "V" + high["valence"].map({True: "+", False: "−"}) + " A"
    names += high["arousal"].map({True: "+", False: "−"})
    stems = [stem for stem in STEMS if (best["stem"] == stem).any()]
    rows = []
    for quadrant in [*sorted(set(names)), "all"]:
        own = best if quadrant == "all" else best[names == quadrant]
        shares = {stem: float((own["stem"] == stem).mean()) for stem in stems}
        rows.append({"quadrant": quadrant, "clips": len(own), **shares})
    return pd.DataFrame(rows)
