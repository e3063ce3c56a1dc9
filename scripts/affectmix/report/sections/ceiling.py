"""How much can be predicted at all? The ceiling that the raters' disagreement sets."""

from __future__ import annotations

import math

import pandas as pd

from affectmix.evaluation.metrics import mean_rows
from affectmix.evaluation.mixture_shares import describe
from affectmix.evaluation.noise_ceiling import READ_OFF
from affectmix.report.blocks import Block, Section, Table, TableFile, Text
from affectmix.report.evidence import Evidence
from affectmix.report.labels import ordered_targets, with_series
from affectmix.report.tables import number
from affectmix.report.words import signed

_HOW_TO_READ = (
    "Raters disagree, so that part of every mean rating is noise that no model can know. The "
    "ceiling is the R² of a model that knows what infinitely many such listeners would say: "
    "1 − mean(sd²/n) / variance of the mean ratings, the reliability ICC(1, k) of Shrout and "
    "Fleiss (1979); in brackets its 95 % bootstrap interval over clips. For one listener's own "
    "rating it is ICC(1, 1). The best cell is that of nested, clean cells on whole groups; the "
    "best of several is optimistic."
)
_UNKNOWN = (
    "How many listeners stand behind a mean rating is not known of {}: give raters_per_clip in "
    "the corpus's settings, and the ceiling of the mean rating can be worked out. Without it, "
    "only an upper bound for one listener's rating is shown (at most)."
)
_READ_OFF = (
    "Listeners of {} were read off the published means and deviations: only these numbers of "
    "ratings on a nine-point scale can have given them."
)
_COLUMNS = ("best_r2", "best_learner", "best_train", "share_of_ceiling")


def ceiling_section(evidence: Evidence) -> Section | None:
    """Return the noise ceilings beside the best R²; None where labels have no deviations."""
    ceilings = evidence.ceilings
    if ceilings.empty:
        return None
    table = _with_best(ceilings, _honest(evidence))
    unknown = sorted(table.loc[table["one_is_bound"].astype(bool), "view"].unique())
    read_off = sorted(table.loc[table["raters_from"] == READ_OFF, "view"].unique())
    told = [_HOW_TO_READ]
    told += [_READ_OFF.format(", ".join(read_off))] if read_off else []
    told += [_UNKNOWN.format(", ".join(unknown))] if unknown else []
    blocks: list[Block] = [Table(_shown(table)), *(Text(text, "note") for text in told)]
    files = {"ceiling": TableFile(table, notes=told)}
    return Section("ceiling", "How much can be predicted at all?", blocks, files)


def _honest(evidence: Evidence) -> pd.DataFrame:
    """Return mean R² of learning cells that are nested, clean, grouped and uncontrolled."""
    rows = mean_rows(evidence.metrics)
    rows = rows[(rows["metric"] == "r2") & (rows["control"] == "none") & rows["value"].notna()]
    rows = rows[(rows["protocol"] == "nested") & (rows["arithmetic"] == "clean")]
    rows = rows[~rows["scheme"].str.endswith("_ungrouped").astype(bool)]
    return with_series(rows[~rows["learner"].isin(evidence.mean_learners)])


def _with_best(ceilings: pd.DataFrame, honest: pd.DataFrame) -> pd.DataFrame:
    """Return ``ceilings`` with the best R² on the same view and target, and its share of it."""
    ranked = honest.sort_values(["value", "series", "mixture"], ascending=[False, True, True])
    best = ranked.drop_duplicates(["view", "target"]).assign(
        best_r2=lambda rows: rows["value"],
        best_learner=lambda rows: rows["series"],
        best_train=lambda rows: [describe(mixture) for mixture in rows["mixture"]],
    )
    table = ceilings.merge(
        best[["view", "target", *_COLUMNS[:3]]], on=["view", "target"], how="left"
    )
    share = (table["best_r2"] / table["r2"]).where(table["r2"] > 0)
    targets = ordered_targets(table["target"])
    order = table.assign(share_of_ceiling=share, _target=table["target"].map(targets.index))
    return order.sort_values(["view", "_target"], kind="stable", ignore_index=True).drop(
        columns="_target"
    )


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "view": table["view"],
            "target": table["target"],
            "clips": table["clips"],
            "listeners per clip": [
                _listeners(low, high)
                for low, high in table[["raters_low", "raters_high"]].to_numpy(float)
            ],
            "ceiling of R²": [
                _range(*row) for row in table[["r2", "r2_low", "r2_high"]].to_numpy(float)
            ],
            "least RMSE": [number(value) for value in table["rmse"].astype(float)],
            "best R² here": [_plain(value) for value in table["best_r2"].astype(float)],
            "by": [
                "" if pd.isna(learner) else f"{learner} on {train}"
                for learner, train in table[["best_learner", "best_train"]].to_numpy()
            ],
            "of the ceiling": [
                "" if math.isnan(share) else f"{100 * share:.0f} %"
                for share in table["share_of_ceiling"].astype(float)
            ],
            "ceiling for one listener": [
                ("at most " if bound else "") + _range(*row)
                for bound, row in zip(
                    table["one_is_bound"],
                    table[["one_r2", "one_low", "one_high"]].to_numpy(float),
                    strict=True,
                )
            ],
        }
    )


def _listeners(low: float, high: float) -> str:
    if math.isnan(low):
        return "not known"
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def _range(value: float, low: float, high: float) -> str:
    if math.isnan(value):
        return ""
    return _plain(value) + ("" if math.isnan(low) else f" ({_plain(low)} to {_plain(high)})")


def _plain(value: float) -> str:
    return "" if math.isnan(value) else signed(value).removeprefix("+")
