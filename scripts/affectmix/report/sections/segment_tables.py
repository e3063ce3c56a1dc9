"""Tables 1 to 3 of the paper on segments with noisy labels, published values beside ours."""

from __future__ import annotations

import numpy as np
import pandas as pd

from affectmix.evaluation.published_segments import FLAGS, METHODS, load_published_segments
from affectmix.evaluation.segment_tables import (
    CELL,
    METRICS,
    count_table,
    length_table,
    method_table,
)
from affectmix.report.blocks import Block, Section, Table, TableFile, notes
from affectmix.report.evidence import Evidence
from affectmix.report.labels import caveats
from affectmix.report.tables import plus_minus

_COUNTS = "Table 1: clips and their whole segments"
_LENGTHS = "Table 2: by segment length"
_METHODS = "Table 3: by method, and by who chose the segment length"
_TASKS = {"valence_class": "valence", "arousal_class": "arousal", "quadrant": "quadrants"}
_TITLES = {"accuracy": "accuracy", "f1": "F1"}
_OURS = (
    "Mean over folds ± half the 95 % interval. ‘Best on test’, the paper's reading, takes of "
    "several segment lengths the one with the best accuracy on the tested folds, for each task its "
    "own: optimistic. ‘Chosen inside’ takes the length inside the training folds."
)
_PAPER = "In brackets the paper's numbers, of 10 folds, which have no interval."
_OTHERS = "The paper's numbers are of 4Q, PMEmo and EmoMusic; these clips are none of them."


def segment_tables_section(evidence: Evidence) -> Section | None:
    """Return the three tables; None where no learner heard segments."""
    segments = evidence.segments
    if segments is None:
        return None
    published = load_published_segments()
    counts = count_table(segments.counts, segments.corpora, published)
    rows = evidence.metrics, segments.learners, segments.corpora, published
    lengths, methods = length_table(*rows), method_table(*rows)
    blocks: list[Block] = []
    files = {}
    for name, table, caption, shown in (
        ("segments_table1", counts, _COUNTS, _shown_counts(counts)),
        ("segments_table2", lengths, _LENGTHS, shown_table(lengths)),
        ("segments_table3", methods, _METHODS, shown_table(methods)),
    ):
        if len(table):
            about = _about(table)
            below = [] if name == "segments_table1" else [_OURS, *_caveats(table)]
            blocks.append(Table(shown, caption))
            files[name] = TableFile(table, shown=shown, notes=[*below, *about])
    if not blocks:
        return None
    every = pd.concat([counts, lengths, methods])
    texts = [_OURS, *_about(every)] if len(lengths) + len(methods) else _about(every)
    if not segments.corpora:
        texts.append(_OTHERS)
    blocks += [*notes(texts), *notes(_caveats(methods))]
    return Section("segment-tables", "Segments with noisy labels: Tables 1 to 3", blocks, files)


def shown_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of `length_table` or `method_table` as the page shows it, a row per cell."""
    keys = [name for name in (*CELL, "method", "reading", "segment_s") if name in table]
    several = [name for name in CELL if table[name].nunique() > 1]
    rows = []
    for _, cell in table.groupby(keys, sort=False, dropna=False):
        first = cell.iloc[0]
        row = {name: first[name] for name in several}
        row["method"] = METHODS.get(first["method"], str(first["method"]).replace("_", " "))
        chosen = first.get("reading", "")
        length = "" if np.isnan(first["segment_s"]) else f"{first['segment_s']:g} s"
        row["length"] = ", ".join(text for text in (length, chosen) if text)
        for task, words in _TASKS.items():
            for metric in METRICS:
                own = cell[(cell["task"] == task) & (cell["metric"] == metric)]
                if (table["task"] == task).any():
                    row[f"{words} {_TITLES[metric]}"] = _number(own)
        rows.append(row)
    return pd.DataFrame(rows)


def _number(own: pd.DataFrame) -> str:
    if own.empty:
        return ""
    first = own.iloc[0]
    ours = plus_minus(first["ours"], first["ours_ci"]) or "–"
    paper = first["published"]
    return ours if np.isnan(paper) else f"{ours} ({paper:.4f})".replace("(0.", "(.")


def _shown_counts(counts: pd.DataFrame) -> pd.DataFrame:
    def beside(ours: float, paper: float) -> str:
        return f"{ours:,.0f}" if np.isnan(paper) else f"{ours:,.0f} ({paper:,.0f})"

    rows = [
        {
            "corpus": row["corpus"],
            "length": f"{row['segment_s']:g} s",
            "clips": beside(row["songs"], row["published_songs"]),
            "segments": beside(row["segments"], row["published"]),
        }
        for _, row in counts.iterrows()
    ]
    return pd.DataFrame(rows)


def _about(table: pd.DataFrame) -> list[str]:
    present = {flag for row in table["published_flags"] for flag in str(row).split(";") if flag}
    if not present:
        return []
    meanings = "; ".join(FLAGS[flag] for flag in FLAGS if flag in present)
    return [_PAPER, f"Of these: {meanings}."]


def _caveats(table: pd.DataFrame) -> list[str]:
    return caveats(table.assign(arithmetic="clean")) if len(table) else []
