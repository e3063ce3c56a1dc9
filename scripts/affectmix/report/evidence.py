"""What an experiment's sections are made from: its numbers, and the tests on them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd

from affectmix.evaluation.comparisons import (
    compare_mixtures,
    permutation_verdict,
    skill_over_mean,
)
from affectmix.evaluation.learning_curves import curve_points
from affectmix.evaluation.mixture_shares import is_full, trained_views
from affectmix.evaluation.noise_ceiling import Raters, noise_ceilings
from affectmix.evaluation.published import load_published
from affectmix.report.audit import AuditSummary
from affectmix.report.brackets import oracle_brackets
from affectmix.report.labels import caveats
from affectmix.report.segment_evidence import SegmentEvidence
from affectmix.stems.names import MIX, sources_of


@dataclass(frozen=True)
class Evidence:
    """One experiment's numbers. Tests that several sections show are made once.

    Attributes:
        name: the experiment's key in the configuration.
        metrics: its rows of ``schemas.METRICS``.
        title: what readers call it; ``name`` if empty.
        roles: our view → the paper's corpus (`published.ROLES`).
        analogous: whether the views only play the part of those corpora, as the demo's
            music plays PMEmo's, so that published numbers are a reference from other data.
        kinds: learner's name → kind (``mean``, ``svr``, …), where they differ.
        labels: view → the labels of its clips, rows of ``schemas.LABELS``.
        raters: view → how many listeners stand behind its labels (`noise_ceiling.Raters`).
        budgets_s: learner's name → seconds of each of its searches, of those that have a limit.
        seed: of everything that is drawn for the report.
        audit: what the audit says of its cells, or None.
        coverage: ``schemas.COVERAGE``, what intervals of its cells hold, or None.
        oracle: rows of ``schemas.ORACLE`` where a corpus's causes are known, or None.
        features: feature choice → its settings.
        networks: learner of kind ``emomucs`` → its settings.
        predictions: its rows of ``schemas.PREDICTIONS`` where classes are
            predicted, or stems heard one by one.
        contributions: ``schemas.STEM_CONTRIBUTIONS`` where all combinations of stems were run.
        excerpts: ``schemas.EXCERPTS``, a few clips' stems to be heard.
        segments: what cells that hear segments leave of them, or None.
        general: ``schemas.GENERAL_MEASURES`` where there are general models, or None.
        users: ``schemas.USERS`` where models are tuned to listeners, or None.
        separation: ``schemas.SEPARATION`` with ``separator`` and ``corpus``, of its stems.
        again: ``schemas.AGAIN``, folds that were evaluated twice, or None.
        known_shares: view → target → stem → how much of the target the stem causes, where known.
    """

    name: str
    metrics: pd.DataFrame
    title: str = ""
    roles: Mapping[str, str] = field(default_factory=dict)
    analogous: bool = False
    kinds: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    raters: Mapping[str, Raters] = field(default_factory=dict)
    budgets_s: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0
    audit: AuditSummary | None = None
    coverage: pd.DataFrame | None = None
    oracle: pd.DataFrame | None = None
    features: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    networks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    predictions: pd.DataFrame | None = None
    contributions: pd.DataFrame | None = None
    excerpts: pd.DataFrame | None = None
    separation: pd.DataFrame | None = None
    again: pd.DataFrame | None = None
    segments: SegmentEvidence | None = None
    general: pd.DataFrame | None = None
    users: pd.DataFrame | None = None
    known_shares: Mapping[str, Mapping[str, Mapping[str, float]]] = field(default_factory=dict)

    @cached_property
    def mean_learners(self) -> tuple[str, ...]:
        """The learners that predict a mean, which are compared with and not drawn."""
        return mean_learners_of(self.metrics["learner"].unique(), self.kinds)

    @cached_property
    def learner_kinds(self) -> frozenset[str]:
        """The kinds of the learners that have numbers here."""
        return frozenset(self.kinds.get(name, name) for name in self.metrics["learner"])

    @cached_property
    def rates(self) -> bool:
        """Whether any cell predicts ratings, and not classes alone."""
        return bool((self.metrics["metric"] == "r2").any())

    @cached_property
    def unmixes(self) -> bool:
        """Whether it asks what un-mixing does: it hears stems, and mixes no view into another."""
        stems = any(sources_of(choice) != (MIX,) for choice in self.features.values())
        return stems and self.comparisons.empty

    @cached_property
    def mixes(self) -> bool:
        """Whether any cell trains on more than one view."""
        return any(len(trained_views(mixture)) > 1 for mixture in self.metrics["mixture"].unique())

    @cached_property
    def comparisons(self) -> pd.DataFrame:
        """Every mixture against its view alone (`compare_mixtures`)."""
        return compare_mixtures(self.metrics, mean_learners=self.mean_learners)

    @cached_property
    def skill(self) -> pd.DataFrame:
        """Every cell against the mean predictor (`skill_over_mean`)."""
        return skill_over_mean(self.metrics, mean_learners=self.mean_learners)

    @cached_property
    def class_skill(self) -> pd.DataFrame:
        """Every cell of a class task against the majority (`skill_over_mean` by accuracy)."""
        return skill_over_mean(self.metrics, metric="accuracy", mean_learners=self.mean_learners)

    @cached_property
    def permutation(self) -> pd.DataFrame:
        """What was learned from permuted labels (`permutation_verdict`)."""
        return permutation_verdict(self.metrics, mean_learners=self.mean_learners)

    @cached_property
    def curve_points(self) -> pd.DataFrame:
        """R² along every sweep of shares (`learning_curves.curve_points`)."""
        return curve_points(self.metrics, mean_learners=self.mean_learners)

    @cached_property
    def ceilings(self) -> pd.DataFrame:
        """How well any model can predict each view's ratings (`noise_ceilings`)."""
        return noise_ceilings(self.labels, self.raters, seed=self.seed)

    @cached_property
    def brackets(self) -> pd.DataFrame:
        """The gain that known causes allow, by view, target and mixture; empty without."""
        return oracle_brackets(self.oracle, self.metrics["mixture"].unique())

    @cached_property
    def published(self) -> pd.DataFrame:
        """The published numbers (`load_published`)."""
        return load_published()

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What has to stand beside the numbers, such as another protocol; of all rows."""
        return tuple(caveats(self.metrics))

    @cached_property
    def whole_views(self) -> pd.DataFrame:
        """The rows of Table 1: no control, and each view trained on wholly or not at all."""
        rows = self.metrics[self.metrics["control"] == "none"]
        return rows[rows["mixture"].map(is_full).astype(bool)]

    def notes_beside(self, rows: pd.DataFrame) -> tuple[str, ...]:
        """Return the caveats of ``rows``, none where the note above the experiment says them."""
        own = tuple(caveats(rows))
        return () if own == self.notes else own


def mean_learners_of(learners: Collection[str], kinds: Mapping[str, str]) -> tuple[str, ...]:
    """Return those of ``learners`` that are mean predictors, by name or by kind."""
    return tuple(sorted(name for name in learners if kinds.get(name, name) == "mean"))
