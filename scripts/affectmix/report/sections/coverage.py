"""Do the intervals of the final models hold what they promise?"""

from __future__ import annotations

import pandas as pd

from affectmix.evaluation.coverage import ALL_VIEWS, verdicts
from affectmix.evaluation.mixture_shares import describe
from affectmix.report.blocks import Block, Fold, Section, Table, TableFile, Text
from affectmix.report.evidence import Evidence
from affectmix.report.labels import with_series

_HOW_TO_READ = (
    "Each outer fold's intervals are calibrated on the other folds' errors, as a final model's are "
    "on those of all folds, and the share of its clips whose rating lies within is counted: "
    "{nominal:.0%} is promised. In brackets the 95 % interval of a binomial share (Clopper and "
    "Pearson); the verdict allows for the number of shares in the table (Bonferroni). It is over "
    "all views trained on; intervals promise nothing of single views, and nothing at all of "
    "views not trained on, which fold out below. Ratings that are all equally far from the "
    "prediction are held together or not at all, which can make a share too high."
)
_TITLES = {
    "series": "learner",
    "train": "trained on",
    "view": "tested on",
    "target": "target",
    "half_width": "± half width",
    "share": "share held",
    "clips": "clips",
    "verdict": "verdict",
}


def coverage_section(evidence: Evidence) -> Section | None:
    """Return the coverage of intervals on outer folds; None where no cell has intervals."""
    if evidence.coverage is None or evidence.coverage.empty:
        return None
    rows = evidence.coverage[~evidence.coverage["learner"].isin(evidence.mean_learners)]
    if rows.empty:
        return None
    table = verdicts(rows)
    judged = table["view"] == ALL_VIEWS
    nominal = float(table["nominal"].iloc[0])
    good = int((table.loc[judged, "verdict"] == "as promised").sum())
    blocks: list[Block] = [
        Text(
            f"{good} of {int(judged.sum())} intervals hold the share that they promise, within "
            "what chance allows.",
            "headline",
        ),
        Table(_shown(table[judged]).drop(columns=_TITLES["view"])),
        Text(_HOW_TO_READ.format(nominal=nominal), "note"),
        Fold("By view", (Table(_shown(table[~judged]).drop(columns=_TITLES["verdict"])),)),
    ]
    told = (_HOW_TO_READ.format(nominal=nominal),)
    files = {"coverage": TableFile(table, shown=_shown(table), notes=told)}
    return Section("coverage", "Do intervals hold what they promise?", blocks, files)


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows as the page shows them, in few columns."""
    named = with_series(table)
    outside = named["view"].where(named["trained_on"], named["view"] + ", not trained on")
    told = named.assign(
        train=[describe(mixture) for mixture in named["mixture"]],
        view=outside,
        half_width=named["half_width"].map(
            lambda half: "whole scale" if pd.isna(half) else f"{half:.3f}"
        ),
        share=[f"{row.coverage:.3f} [{row.low:.3f}, {row.high:.3f}]" for row in named.itertuples()],
    )
    return told[list(_TITLES)].rename(columns=_TITLES)
