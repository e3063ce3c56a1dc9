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
        notes: what has to stand beside every number, such as another protocol.
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

    @property
    def table_notes(self) -> tuple[str, ...]:
        """What has to stand below a table file: `notes`, and how to take published numbers."""
        both = pd.concat([self.table_1, self.table_1_r2])
        shown = both[both["published"].notna()]
        if shown.empty:
            return self.notes
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
        return (*self.notes, *others, *marks)


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
    return ExperimentReport(
        name=name,
        title=title or name,
        metrics=metrics,
        comparisons=compared,
        skill=skill_over_mean(metrics, mean_learners=floors),
        permutation=permutation_verdict(metrics, mean_learners=floors),
        table_1=tables[0],
        table_1_r2=tables[1],
        table_2=table2(metrics, published, roles or {}, mean_learners=floors),
        figures=figures,
        analogous=analogous,
        oracle=oracle,
        notes=tuple(caveats(metrics)),
    )


def mean_learners_of(learners: Collection[str], kinds: Mapping[str, str]) -> tuple[str, ...]:
    """Return those of ``learners`` that are mean predictors, by name or by kind."""
    return tuple(sorted(name for name in learners if kinds.get(name, name) == "mean"))
