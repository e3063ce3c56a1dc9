"""Tables 1 and 2 of the joint-learning paper, published values beside ours."""

from __future__ import annotations

import pandas as pd
from markupsafe import Markup

from affectmix.evaluation.published import FLAGS
from affectmix.report.blocks import (
    Block,
    Fold,
    PaperNumbers,
    Section,
    Table,
    TableFile,
    Text,
    notes,
)
from affectmix.report.evidence import Evidence
from affectmix.report.labels import caveats
from affectmix.report.paper_table import paper_table
from affectmix.report.tables import table1, table1_wide, table2

_OTHERS = (
    "Published numbers are of other corpora that play the same part: a reference, not a comparison."
)
_ELASTIC_NET = (
    "Elastic net: its penalty is chosen inside the training rows by ElasticNetCV's own five blocks "
    "of consecutive rows, as the paper did; groups are not kept whole there."
)
_IMPLIED = Markup("Published R² that the paper did not print are <i>implied</i>: {}.")
_TITLES = {
    "test_role": "tested on",
    "rmse_valence": "RMSE valence",
    "rmse_arousal": "RMSE arousal",
    "r2_valence": "R² valence",
    "r2_arousal": "R² arousal",
}


def paper_tables_section(evidence: Evidence) -> Section:
    """Return Table 1, its R², and Table 2 where our corpora are the paper's."""
    rmse, r2 = (
        table1(
            evidence.metrics,
            evidence.published,
            evidence.roles,
            metric=metric,
            learner_kinds=evidence.kinds,
        )
        for metric in ("rmse", "r2")
    )
    second = table2(
        evidence.metrics,
        evidence.published,
        evidence.roles,
        mean_learners=evidence.mean_learners,
    )
    blocks: list[Block] = [
        PaperNumbers(paper_table(rmse), evidence.analogous),
        Text(_how_to_read(paper_table(rmse).flags, analogous=evidence.analogous), "note"),
        *notes(evidence.notes_beside(evidence.whole_views)),
    ]
    if "elasticnet" in evidence.learner_kinds:
        blocks.append(Text(_ELASTIC_NET, "note"))
    shown_r2 = paper_table(r2)
    implied = [Text(_IMPLIED.format(FLAGS["implied"]), "note")] if shown_r2.flags else []
    numbers = PaperNumbers(shown_r2, evidence.analogous)
    blocks.append(Fold("The same table in R²", [numbers, *implied]))
    ours = _rows_of_table_2(evidence)
    if len(second) and not evidence.analogous:
        shown = Table(second.rename(columns=_TITLES))
        below = (*notes(evidence.notes_beside(ours)), Text(_meanings(list(FLAGS)), "note"))
        blocks.append(Fold("Table 2: beside published systems", [shown, *below]))
    beside = _published_notes(evidence, rmse, r2)
    of_table1 = [*caveats(evidence.whole_views), *beside]
    tables = {
        "table1_rmse": TableFile(rmse, shown=table1_wide(rmse), notes=of_table1),
        "table1_r2": TableFile(r2, shown=table1_wide(r2), notes=of_table1),
        "table2": TableFile(second, notes=[*caveats(ours), *beside]),
    }
    title = "Table 1: RMSE by training set"
    if evidence.unmixes:  # a column is all there is, and rows are many
        title, blocks = "The error of every cell", [Fold("RMSE and R²", blocks)]
    return Section("paper-tables", title, blocks, tables)


def _rows_of_table_2(evidence: Evidence) -> pd.DataFrame:
    rows = evidence.metrics[evidence.metrics["control"] == "none"]
    of_roles = rows["view"].isin(list(evidence.roles))
    return rows[of_roles & ~rows["learner"].isin(evidence.mean_learners)]


def _how_to_read(flags: tuple[str, ...], *, analogous: bool) -> Markup:
    text = Markup("Mean over folds ± half the 95 % interval; the least error of each row is bold.")
    if not flags:
        return text
    others = Markup(
        ", <b>of other corpora</b> that play the same part (IADS-E, PMEmo): a reference, not a "
        "comparison"
    )
    return text + Markup(" Below ours, in {}: the published value{}. † {} {}").format(
        "grey" if analogous else "blue",
        others if analogous else "",
        _meanings(flags),
        "Rest on a number to see which.",
    )


def _meanings(flags: list[str] | tuple[str, ...]) -> Markup:
    listed = [Markup("<i>{}</i>: {}").format(flag, FLAGS[flag]) for flag in flags]
    return Markup("; ").join(listed) + "."


def _published_notes(evidence: Evidence, *tables: pd.DataFrame) -> list[str]:
    """Return how to take published numbers, as paragraphs below the papers' table files."""
    both = pd.concat(tables)
    shown = both[both["published"].notna()]
    if shown.empty:
        return []
    present = {flag for row in shown["published_flags"] for flag in row.split(";") if flag}
    meanings = "; ".join(f"{flag}: {FLAGS[flag]}" for flag in FLAGS if flag in present)
    others = [_OTHERS] if evidence.analogous else []
    marks = [f"† marks published numbers with a flag. {meanings}."] if present else []
    return [*others, *marks]
