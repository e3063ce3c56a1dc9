"""How well ratings are predicted, in a sentence per view: the answer where nothing is mixed."""

from __future__ import annotations

import pandas as pd

from affectmix.evaluation.comparisons import SKILL
from affectmix.evaluation.fold_scores import TASK
from affectmix.evaluation.metrics import mean_rows
from affectmix.report.evidence import Evidence
from affectmix.report.labels import ordered_targets, with_series
from affectmix.report.words import p_value, signed

_COUNTED = "after Holm's adjustment"


def skill_headline(evidence: Evidence) -> str:
    """Return the best learner's R² for each view and target, and whether it beats the mean.

    The best is the one of least RMSE over the outer folds, so that with many learners its
    number is optimistic, which the page says.
    """
    rows = _best_cells(evidence)
    if rows.empty:
        return "Nothing but the mean predictor was run."
    views = rows["view"].unique()
    sentences = []
    for view in views:
        of_view = rows[rows["view"] == view].set_index("target")
        parts = [_part(of_view.loc[t], t) for t in ordered_targets(of_view.index.to_series())]
        sentences.append(f"{view}: {'; '.join(parts)}." if len(views) > 1 else _one(parts))
    return " ".join(sentences)


def _one(parts: list[str]) -> str:
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def _part(row: pd.Series, target: str) -> str:
    interval = f"{_plain(row['ci95_low'])} to {_plain(row['ci95_high'])}"
    reached = f"{target} R² {_plain(row['value'])} ({interval}), by {row['series']}"
    if pd.isna(row["p_holm"]):
        return f"{reached}, not compared with the mean"
    if row["verdict"] == SKILL:
        return f"{reached}, better than the mean ({p_value(row['p_holm'])} {_COUNTED})"
    return f"{reached}, not shown to be better than the mean"


def _plain(value: float) -> str:
    return signed(value).removeprefix("+")


def _best_cells(evidence: Evidence) -> pd.DataFrame:
    """Return the mean R² of the cell of least RMSE, per view and target, with its skill."""
    rows = mean_rows(evidence.metrics)
    rows = rows[(rows["control"] == "none") & ~rows["learner"].isin(evidence.mean_learners)]
    key = [*TASK]
    error = rows[rows["metric"] == "rmse"].set_index(key)["value"].rename("rmse")
    scored = rows[rows["metric"] == "r2"].join(error, on=key)
    tested = evidence.skill.set_index(key)[["p_holm", "verdict"]]
    best = with_series(scored).join(tested, on=key).sort_values(["rmse", "series"])
    return best.drop_duplicates(["view", "target"]).sort_values("view")
