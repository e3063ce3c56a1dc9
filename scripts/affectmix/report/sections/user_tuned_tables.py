"""Table 2 and Fig. 4 of the paper on models tuned to the user: the general model's two stages."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from affectmix.evaluation.general_measures import STAGES, confusion_of, stage_table
from affectmix.evaluation.published_user_tuned import FLAGS, load_published_user_tuned
from affectmix.report.blocks import Block, Section, Table, TableFile, notes
from affectmix.report.evidence import Evidence
from affectmix.report.tables import plus_minus
from affectmix.schemas import QUADRANTS

_TITLES: Final = {
    "frames": "network alone, single frames",
    "windows": "with LSTM, windows",
    "clips": "with LSTM, whole clips",
}
_CAPTION = "Table 2: the general model by stage (in brackets: the paper)"
_METRICS: Final = {"accuracy": "accuracy", "f1": "F1"}
_ORIGINS: Final = {
    "random": "random weights",
    "imagenet": "ImageNet's weights",
    "file": "weights of a file",
}
_OURS = (
    "Mean over test sets ± half the 95 % interval; F1 is the mean of the classes'. Both stages "
    "have the same split by clip and group, epochs are chosen on validation clips, and a clip's "
    "answer is the mean over its windows."
)
_RANDOM = (
    "{names}: began with random weights, where the paper began with ImageNet's, which a few "
    "thousand frames cannot make up for."
)


def user_tuned_tables_section(evidence: Evidence) -> Section | None:
    """Return the table of both stages and the confusion matrix; None without general models."""
    if evidence.general is None or evidence.general.empty:
        return None
    table = with_published(stage_table(evidence.general))
    if table.empty:
        return None
    shown = shown_table(table)
    texts = [_OURS, *_about(table)]
    blocks: list[Block] = [Table(shown, _CAPTION)]
    files = {"user_tuned_table2": TableFile(table, shown=shown, notes=texts)}
    for number, cell in enumerate(_quadrant_cells(table).itertuples()):
        matrix = confusion_table(evidence.general, str(cell.cell))
        caption = f"Fig. 4: windows of tested clips by quadrant, {cell.learner} on {cell.mixture}"
        if not number:
            blocks.append(Table(matrix, caption))
        files[f"user_tuned_fig4_{cell.learner}"] = TableFile(matrix, shown=matrix, notes=[caption])
    blocks += notes(texts)
    return Section("user-tuned-tables", "The general model: network and LSTM", blocks, files)


def with_published(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of `stage_table` with ``published_accuracy``, ``published_f1``, ``flags``.

    Of quadrants alone, and not of whole clips, of which the paper has no number.
    """
    published = load_published_user_tuned()
    own = published[published["table"].isin(["2", "text"])]
    rows = []
    for row in table.to_dict("records"):
        system = row["backbone"] + {"frames": "", "windows": "+lstm"}.get(row["stage"], "+clips")
        beside = own[(own["system"] == system) & (row["task"] == "quadrant")]
        row["flags"] = ";".join(dict.fromkeys(";".join(beside["flags"]).split(";")))
        for metric in _METRICS:
            value = beside.loc[beside["metric"] == metric, "value"]
            row[f"published_{metric}"] = float(value.iloc[0]) if len(value) else np.nan
        rows.append(row)
    return pd.DataFrame(
        rows, columns=[*table.columns, "published_accuracy", "published_f1", "flags"]
    )


def shown_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table as the page shows it, a row per cell and stage."""
    several = [
        name for name in ("learner", "mixture", "scheme", "task") if table[name].nunique() > 1
    ]
    rows = []
    for row in table.to_dict("records"):
        shown = {name: row[name] for name in several}
        shown["network"] = f"{row['backbone']}, {_ORIGINS[row['weights']]}, {row['training']}"
        shown["stage"] = _TITLES[row["stage"]]
        for metric, title in _METRICS.items():
            half = (row[f"{metric}_high"] - row[f"{metric}_low"]) / 2
            ours = plus_minus(row[metric], half) or "–"
            paper = row[f"published_{metric}"]
            shown[title] = ours if np.isnan(paper) else f"{ours} ({f'{paper:.2f}'.lstrip('0')})"
        rows.append(shown)
    return pd.DataFrame(rows)


def confusion_table(measures: pd.DataFrame, cell: str) -> pd.DataFrame:
    """Return how many windows of each quadrant were taken for which, over all test sets."""
    matrix = confusion_of(measures, cell, "windows")
    rows = [
        {"true": quadrant, **dict(zip(QUADRANTS, map(int, counts), strict=True))}
        for quadrant, counts in zip(QUADRANTS, matrix, strict=True)
    ]
    return pd.DataFrame(rows)


def _quadrant_cells(table: pd.DataFrame) -> pd.DataFrame:
    """Return the cells that tell quadrants, the best first."""
    own = table[(table["task"] == "quadrant") & (table["stage"] == STAGES[1])]
    return own.sort_values("accuracy", ascending=False)


def _about(table: pd.DataFrame) -> list[str]:
    """Return what must be said of the numbers: random weights, and the paper's own doubts."""
    texts = []
    random = table[table["weights"] == "random"]
    if len(random):
        texts.append(_RANDOM.format(names=", ".join(random["learner"].unique())))
    flags = dict.fromkeys(flag for row in table["flags"] for flag in row.split(";") if flag)
    if flags:
        meanings = "; ".join(FLAGS[flag] for flag in flags)
        texts.append(f"Of the paper's numbers, which have no interval: {meanings}.")
    return texts
