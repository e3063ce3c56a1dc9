"""Everything that the report says of one experiment, computed from its metrics."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pandas as pd

from affectmix.evaluation.comparisons import (
    compare_mixtures,
    permutation_verdict,
    skill_over_mean,
)
from affectmix.evaluation.mixture_shares import is_full
from affectmix.evaluation.published import FLAGS, load_published
from affectmix.report.figure_3 import draw_fig3
from affectmix.report.figure_gain import draw_gain
from affectmix.report.labels import caveats
from affectmix.report.style import Drawing
from affectmix.report.tables import table1, table2


@dataclass(frozen=True)
class ExperimentReport:
    """One experiment's tables, figures and tests.

    Attributes:
        name, title: the experiment's key in the configuration, and what it is called.
        metrics: its rows of ``schemas.METRICS``.
        comparisons, skill, permutation: of `affectmix.evaluation.comparisons`.
        table_1, table_1_r2, table_2: of `affectmix.report.tables`; the first two long.
        figures: name → drawing: ``fig3``, and ``gain`` where anything was compared.
        analogous: whether the roles only play the part of the paper's corpora, so that
            published numbers are a reference from other data.
        oracle: the gain that a synthetic corpus's known causes allow, or None.
        notes: what has to stand beside the numbers, such as another protocol; of all rows.
        table_caveats: the same of each table's own rows: ``gains``, ``skill``, ``permuted``,
            ``table1`` and ``table2``.
        small_print: sentences on how learners of this experiment work.
    """

    name: str
    title: str
    metrics: pd.DataFrame
    comparisons: pd.DataFrame
    skill: pd.DataFrame
    permutation: pd.DataFrame
    table_1: pd.DataFrame
    table_1_r2: pd.DataFrame
    table_2: pd.DataFrame
    figures: Mapping[str, Drawing]
    analogous: bool
    oracle: pd.DataFrame | None
    notes: tuple[str, ...]
    table_caveats: Mapping[str, tuple[str, ...]]
    small_print: tuple[str, ...]

    def notes_of(self, table: str) -> tuple[str, ...]:
        """Return what has to stand below a table file, by its key in `table_caveats`.

        These are the caveats of its own rows and, below the papers' tables, how to take
        published numbers.
        """
        own = self.table_caveats[table]
        if table not in ("table1", "table2"):
            return own
        both = pd.concat([self.table_1, self.table_1_r2])
        shown = both[both["published"].notna()]
        if shown.empty:
            return own
        present = {flag for row in shown["published_flags"] for flag in row.split(";") if flag}
        meanings = "; ".join(f"{flag}: {FLAGS[flag]}" for flag in FLAGS if flag in present)
        others = (
            (
                "Published numbers are of other corpora that play the same part: a reference, "
                "not a comparison.",
            )
            if self.analogous
            else ()
        )
        marks = (f"† marks published numbers with a flag. {meanings}.",) if present else ()
        return (*own, *others, *marks)


def report_experiment(
    name: str,
    metrics: pd.DataFrame,
    *,
    title: str = "",
    roles: Mapping[str, str] | None = None,
    analogous: bool = False,
    learner_kinds: Mapping[str, str] | None = None,
    oracle: pd.DataFrame | None = None,
) -> ExperimentReport:
    """Compute tests, tables and figures of one experiment.

    Args:
        name: its key in the configuration.
        metrics: its rows of ``schemas.METRICS``.
        title: what readers call it; ``name`` if empty.
        roles: our view → the paper's corpus (`published.ROLES`).
        analogous: True where the views only play the part of those corpora, as the
            demo's music plays PMEmo's: published numbers are then shown in grey.
        learner_kinds: learner's name → kind (``mean``, ``svr``, …), where they differ.
        oracle: `figure_gain.draw_gain`'s bracket of the gain, or None.

    Raises:
        ConfigError: a role or a mixture's name is unknown.
    """
    kinds = dict(learner_kinds or {})
    floors = mean_learners_of(metrics["learner"].unique(), kinds)
    published = load_published()
    compared = compare_mixtures(metrics, mean_learners=floors)
    figures = {"fig3": draw_fig3(metrics, mean_learners=floors)}
    if len(compared):
        figures["gain"] = draw_gain(compared, oracle=oracle)
    tables = [
        table1(metrics, published, roles or {}, metric=metric, learner_kinds=kinds)
        for metric in ("rmse", "r2")
    ]
    skill = skill_over_mean(metrics, mean_learners=floors)
    permutation = permutation_verdict(metrics, mean_learners=floors)
    ours = metrics[metrics["control"] == "none"]
    rows_of = {
        "gains": compared,
        "skill": skill,
        "permuted": permutation,
        "table1": ours[ours["mixture"].map(is_full).astype(bool)],
        "table2": ours[ours["view"].isin(list(roles or {})) & ~ours["learner"].isin(floors)],
    }
    return ExperimentReport(
        name=name,
        title=title or name,
        metrics=metrics,
        comparisons=compared,
        skill=skill,
        permutation=permutation,
        table_1=tables[0],
        table_1_r2=tables[1],
        table_2=table2(metrics, published, roles or {}, mean_learners=floors),
        figures=figures,
        analogous=analogous,
        oracle=oracle,
        notes=tuple(caveats(metrics)),
        table_caveats={table: tuple(caveats(rows)) for table, rows in rows_of.items()},
        small_print=_small_print({kinds.get(name, name) for name in metrics["learner"]}),
    )


def mean_learners_of(learners: Collection[str], kinds: Mapping[str, str]) -> tuple[str, ...]:
    """Return those of ``learners`` that are mean predictors, by name or by kind."""
    return tuple(sorted(name for name in learners if kinds.get(name, name) == "mean"))


def _small_print(kinds: Collection[str]) -> tuple[str, ...]:
    if "elasticnet" not in kinds:
        return ()
    return (
        "Elastic net: its penalty is chosen inside the training rows by ElasticNetCV's own five "
        "blocks of consecutive rows, as the paper did; groups are not kept whole there.",
    )
