"""Proof that nothing leaks, from the tables that the cells themselves wrote.

The audit takes what was trained on and what was predicted as the cells' files say, and
compares it with the folds and with the groups over all corpora. What a cell declares (a
replay of leaking arithmetic, ungrouped folds) is reported too, but marked as declared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from affectmix.errors import LeakError
from affectmix.splits import audit_checks as checks
from affectmix.splits.arithmetic import reference_rows
from affectmix.splits.mixtures import ViewRows, test_rows, training_rows
from affectmix.splits.schemes import Scheme

FINDINGS = [
    *("cell", "repeat", "fold", "check", "corpus", "clip_id", "detail"),
    "declared",
]
_SHOWN = 10


@dataclass(frozen=True)
class AuditedRun:
    """One cell in one repeat and fold, as it stands in files.

    Attributes:
        cell: name of the cell.
        kin: what the cell shares with those that differ from it in shares only.
        shares: view to share in [0, 1].
        scheme: how its corpora are cut.
        arithmetic: ``clean`` or a replay.
        repeat, fold: which part of the cell.
        views: the rows of its views in this repeat, from the folds' tables.
        train: ``corpus, clip_id, copies`` (schemas.TRAIN_ROWS).
        predictions: schemas.CELL_PREDICTIONS.
    """

    cell: str
    kin: str
    shares: Mapping[str, float]
    scheme: Scheme
    arithmetic: str
    repeat: int
    fold: int
    views: Sequence[ViewRows]
    train: pd.DataFrame
    predictions: pd.DataFrame

    @cached_property
    def expected(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Training and test rows as the folds, mixture and arithmetic have them."""
        if self.arithmetic == "clean":
            train = training_rows(self.views, self.shares, held_out={self.fold})
            return train, test_rows(self.views, fold=self.fold)
        return reference_rows(
            self.views,
            self.shares,
            fold=self.fold,
            version=self.arithmetic,  # type: ignore[arg-type]  # checked there
            phase="evaluation",
        )


@dataclass(frozen=True)
class Audit:
    """What an audit found.

    Attributes:
        findings: one row per fault: ``cell, repeat, fold, check, corpus, clip_id, detail,
            declared``. Checks: ``clip`` (tested and trained on), ``group`` (of its group,
            in any corpus, one is trained on; or its group is unknown), ``in_train``
            (the column contradicts the train table), ``test_rows`` and ``train_rows``
            (not those of the folds and the mixture), ``nesting`` (a smaller share has rows
            that a larger one lacks), ``folds`` (a fold is missing, or came twice).
            ``declared`` where the cell's own settings say that it leaks so.
        summary: one row per cell and view: ``cell, arithmetic, view``, ``test_rows``, and
            the shares of these that were trained on (``in_train``), have one of their
            group trained on (``group_in_train``), or are another corpus's (``foreign``),
            each mean over the folds; ``expected_in_train`` and ``expected_foreign``, which
            are 0 unless the arithmetic is a replay; ``findings``, undeclared ones of the
            cell.
    """

    findings: pd.DataFrame
    summary: pd.DataFrame

    @property
    def undeclared(self) -> pd.DataFrame:
        """The findings that no cell declares."""
        return self.findings[~self.findings["declared"]]


def audit_cells(runs: Iterable[AuditedRun], *, groups: pd.DataFrame) -> Audit:
    """Compare every run's training rows with its test rows, across all corpora.

    Args:
        runs: every repeat and fold of the cells to audit.
        groups: ``corpus, clip_id, group`` of all corpora (schemas.GROUPS); these count even
            where a scheme is ungrouped.
    """
    findings, summaries, nests, seen = [], [], checks.Nests(), checks.Folds()
    for run in runs:
        tested = run.predictions[["view", "corpus", "clip_id"]].drop_duplicates()
        found = pd.concat(_run_findings(run, tested, groups), ignore_index=True)
        findings.append(found.assign(cell=run.cell, repeat=run.repeat, fold=run.fold))
        summaries.append(_run_summary(run, tested, groups))
        seen.add(run.cell, run.scheme, run.repeat, run.fold)
        if run.arithmetic == "clean":
            key = (run.kin, run.repeat, run.fold)
            nests.add(key, run.cell, run.shares, run.train)
    findings += [*nests.findings(), *seen.findings()]
    table = pd.concat(findings) if findings else pd.DataFrame(columns=FINDINGS)
    table = table[FINDINGS].sort_values(FINDINGS[:-2], ignore_index=True)
    table["declared"] = table["declared"].astype(bool)
    return Audit(table, _summary(summaries, table))


def assert_clean(audit: Audit) -> None:
    """Raise LeakError naming the first of the undeclared findings, and how many there are."""
    bad = audit.undeclared
    if bad.empty:
        return
    counts = ", ".join(f"{name}: {count}" for name, count in bad.value_counts("check").items())
    lines = [
        f"  - {row.cell} repeat {row.repeat} fold {row.fold}: {row.check}: "
        f"{row.corpus}/{row.clip_id}: {row.detail}"
        for row in bad.head(_SHOWN).itertuples()
    ]
    raise LeakError(
        f"the audit has {len(bad)} findings ({counts}), none is allowed:\n"
        + "\n".join(lines)
        + "\nDelete the named cells under results/cells and run snakemake again; "
        "if they come back, this is a fault of AffectMix: please report it."
    )


def _run_findings(
    run: AuditedRun, tested: pd.DataFrame, groups: pd.DataFrame
) -> Iterator[pd.DataFrame]:
    replay = run.arithmetic != "clean"
    train, test = run.expected
    held_out = tested[checks.KEY]
    if not replay:  # a row of the test fold leaks even if no prediction of it was written
        held_out = pd.concat([held_out, test[checks.KEY]])
    held_out = held_out.drop_duplicates()
    yield checks.clips(run.train, held_out).assign(declared=replay)
    yield checks.groups(run.train, held_out, groups).assign(
        declared=replay or not run.scheme.grouped
    )
    yield checks.ungrouped(run.train, held_out, groups).assign(declared=False)
    yield checks.in_train(run.train, run.predictions).assign(declared=False)
    yield checks.test_rows(test, run.predictions).assign(declared=False)
    yield checks.train_rows(train, run.train).assign(declared=False)


def _run_summary(run: AuditedRun, tested: pd.DataFrame, groups: pd.DataFrame) -> pd.DataFrame:
    corpus_of = {view.view: view.corpus for view in run.views}
    table = _overlap(tested, run.train, corpus_of)
    leaked = checks.group_members(run.train, groups)
    table["group_in_train"] = checks.present(tested, leaked).groupby(tested["view"]).mean()
    expected_train, expected_test = run.expected
    expected = _overlap(expected_test, expected_train, corpus_of)[["in_train", "foreign"]]
    table = table.join(expected.add_prefix("expected_"), how="outer")
    return table.reset_index().assign(cell=run.cell, arithmetic=run.arithmetic)


def _overlap(
    tested: pd.DataFrame, train: pd.DataFrame, corpus_of: Mapping[str, str]
) -> pd.DataFrame:
    """Return per view: number of test rows, share trained on, share of another corpus."""
    marked = tested.assign(
        in_train=checks.present(tested, train),
        foreign=tested["corpus"] != tested["view"].map(corpus_of),
    )
    by_view = marked.groupby("view")
    return by_view[["in_train", "foreign"]].mean().assign(test_rows=by_view.size())


def _summary(parts: list[pd.DataFrame], findings: pd.DataFrame) -> pd.DataFrame:
    shares = ["in_train", "group_in_train", "foreign", "expected_in_train", "expected_foreign"]
    key = ["cell", "arithmetic", "view"]
    columns = [*key, "test_rows", *shares, "findings"]
    if not parts:
        return pd.DataFrame(columns=columns)
    grouped = pd.concat(parts).groupby(key)
    table = grouped[shares].mean().assign(test_rows=grouped["test_rows"].sum().astype(int))
    table = table.reset_index()
    bad = findings[~findings["declared"]].groupby("cell").size()
    table["findings"] = table["cell"].map(bad).fillna(0).astype(int)
    return table[columns]
