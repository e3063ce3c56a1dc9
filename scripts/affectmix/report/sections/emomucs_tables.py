"""EmoMucs' Tables 1 and 2 (de Berardinis et al. 2020), published values beside ours."""

from __future__ import annotations

import numpy as np
import pandas as pd

from affectmix.evaluation.emomucs_tables import CHOSEN, emomucs_table
from affectmix.evaluation.published_emomucs import FLAGS, load_published_emomucs
from affectmix.report.blocks import Block, Section, Table, TableFile, notes
from affectmix.report.evidence import Evidence
from affectmix.report.labels import caveats
from affectmix.report.tables import plus_minus

_CAPTIONS = {
    1: "Table 1: one network for the mix, or for one stem",
    2: "Table 2: all stems, by fusion and way of training",
}
_SELECTION = {"refit": "chosen inside, refit", "best_inner": "as the paper"}
_OURS = (
    "Mean over folds ± half the 95 % interval, groups whole. ‘As the paper’ tests the inner "
    "folds' model with the lowest validation loss; ‘chosen inside, refit’ trains anew on all "
    "training rows, for the inner folds' median of epochs."
)
_OTHERS = "The paper's numbers are of PMEmo, whose part these clips play: no comparison."
_METRICS = {"rmse": "RMSE", "r2": "R²"}


def emomucs_tables_section(evidence: Evidence) -> Section | None:
    """Return both tables; None where no network heard a stem or the mix."""
    plays_pmemo = "pmemo" in evidence.roles.values()
    published = load_published_emomucs()
    tables = {
        number: emomucs_table(
            evidence.metrics,
            published if plays_pmemo else published.head(0),
            table=number,
            networks=evidence.networks,
            features=evidence.features,
        )
        for number in _CAPTIONS
    }
    if all(table.empty for table in tables.values()):
        return None
    blocks: list[Block] = []
    files = {}
    for number, table in tables.items():
        if table.empty:
            continue
        shown = shown_table(table)
        below = [*caveats(table.assign(arithmetic="clean")), *_about_published(table, evidence)]
        blocks.append(Table(shown, _CAPTIONS[number]))
        files[f"emomucs_table{number}"] = TableFile(table, shown=shown, notes=[_OURS, *below])
    every = pd.concat([table for table in tables.values() if len(table)])
    texts = [_OURS, *_about_published(every, evidence)]
    return Section("emomucs-tables", "EmoMucs: Tables 1 and 2", [*blocks, *notes(texts)], files)


def shown_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of `emomucs_table` as the page shows it: a row per cell, ours and paper's."""
    rows, beside = [], table["published"].notna().any()
    keys = ["view", "mixture", "scheme", "protocol", "learner", "features"]
    several = [
        name for name in ("view", "mixture", "scheme", "protocol") if table[name].nunique() > 1
    ]
    for _, cell in table.groupby(keys, sort=False):
        first = cell.iloc[0]
        row = {name: first[name] for name in several}
        row |= {"network": first["architecture"].upper().replace(CHOSEN.upper(), CHOSEN)}
        if first["table"] == 1:
            row["input"] = first["input"]
        else:
            row |= {"fusion": first["fusion"], "training": first["training"]}
        row["selection"] = _SELECTION[first["selection"]]
        for metric, title in _METRICS.items():
            for target in ("valence", "arousal"):
                own = cell[(cell["metric"] == metric) & (cell["target"] == target)].iloc[0]
                heading = f"{title} {target} (paper)" if beside else f"{title} {target}"
                ours = plus_minus(own["ours"], own["ours_ci"]) or "–"
                paper = f"{own['published']:.4f}".lstrip("0")
                row[heading] = f"{ours} ({paper})" if not np.isnan(own["published"]) else ours
        rows.append(row)
    return pd.DataFrame(rows)


def _about_published(table: pd.DataFrame, evidence: Evidence) -> list[str]:
    if table["published"].isna().all():
        return []
    present = {flag for row in table["published_flags"] for flag in row.split(";") if flag}
    meanings = "; ".join(FLAGS[flag] for flag in FLAGS if flag in present)
    others = [_OTHERS] if evidence.analogous else []
    return [*others, f"Of the paper's numbers, which have no interval: {meanings}."]
