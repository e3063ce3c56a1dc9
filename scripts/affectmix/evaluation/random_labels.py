"""Fig. 5 of the joint-learning paper: what a view's real labels teach that random ones do not."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pandas as pd

from affectmix.evaluation.comparisons import verdict_of
from affectmix.evaluation.fold_scores import (
    FAMILY,
    SETTING,
    TESTED,
    scored_cells,
    tested_columns,
    tested_folds,
    with_holm,
)
from affectmix.evaluation.metrics import mean_rows
from affectmix.evaluation.sweeps import with_all_views

UNIFORM = "uniform-"
_PAIRED = tuple(name for name in SETTING if name != "control")
_KEY = (*_PAIRED, "mixture", "view", "target")


def against_random_labels(
    metrics: pd.DataFrame, *, mean_learners: Collection[str] = ("mean",)
) -> pd.DataFrame:
    """Test every cell against the same with one view's training labels drawn at random.

    The control ``uniform-<view>`` draws the view's training labels uniformly between their
    minimum and maximum; tests are on true labels.

    Args:
        metrics: rows of ``schemas.METRICS``.
        mean_learners: names of learners that do not learn, and are left out.

    Returns:
        One row per control, setting, mixture (named by all views of the experiment), tested
        view and target that has both cells: ``randomised`` (the view with random labels),
        ``own`` (whether it is the one tested), ``clean`` and ``random`` (R²) each with its
        95 % interval over folds; ``gain`` (clean less random) with its corrected interval,
        ``effect`` (d_z), two-sided ``p``, ``folds``, ``p_holm`` over the tests of own and
        of other views apart, and ``verdict``: ``helped`` where the real labels did.
    """
    rows = with_all_views(metrics[~metrics["learner"].isin(mean_learners)])
    bounds = mean_rows(rows[rows["metric"] == "r2"]).set_index([*_KEY, "control"])
    cells = {
        (tuple(cell.fields[name] for name in _KEY), cell.fields["control"]): cell
        for cell in scored_cells(rows, "r2")
    }
    out: list[dict[str, Any]] = []
    for (key, control), random in cells.items():
        clean = cells.get((key, "none"))
        if not control.startswith(UNIFORM) or clean is None:
            continue
        fields: dict[str, Any] = dict(zip(_KEY, key, strict=True))
        fields["randomised"] = control.removeprefix(UNIFORM)
        fields["own"] = fields["view"] == fields["randomised"]
        for name, cell in (("clean", clean), ("random", random)):
            low, high = bounds.loc[(*key, cell.fields["control"]), ["ci95_low", "ci95_high"]]
            fields |= {name: cell.mean, f"{name}_low": low, f"{name}_high": high}
        test = tested_folds(clean.values - random.values, scheme=fields["scheme"], two_sided=True)
        out.append({**fields, **tested_columns(test)})
    scores = [f"{name}{end}" for name in ("clean", "random") for end in ("", "_low", "_high")]
    frame = pd.DataFrame(out, columns=[*_KEY, "randomised", "own", *scores, "gain", *TESTED])
    frame = with_holm(frame, [*FAMILY, "own"])
    verdicts = [verdict_of(row["gain"], row["p_holm"]) for _, row in frame.iterrows()]
    return frame.assign(verdict=pd.Series(verdicts, index=frame.index, dtype="object"))
