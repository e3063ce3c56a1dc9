"""Which learner is better? Every pair on the same training set."""

from __future__ import annotations

import pandas as pd

from affectmix.evaluation.learner_comparisons import (
    BETTER,
    NOT_SHOWN,
    UNDEFINED,
    WORSE,
    compare_learners,
)
from affectmix.evaluation.mixture_shares import describe
from affectmix.report.blocks import Block, Fold, Section, Table, TableFile, Text, notes
from affectmix.report.evidence import Evidence
from affectmix.report.labels import caveats, ordered_mixtures, ordered_targets
from affectmix.report.words import bare_p, signed

_MOST_SHOWN = 40  # rows of a table that the page shows unasked
_HOW_TO_READ = (
    "Differences in R² pair the same folds: the corrected resampled t-test, two-sided, with p "
    "adjusted by Holm's method for all pairs of the experiment with the same folds, protocol and "
    "arithmetic (partial mixtures apart), and d, the mean difference by its standard deviation "
    "over folds. ‘Not shown’ is no proof that two learners are equal."
)


def learners_section(evidence: Evidence) -> Section | None:
    """Return every pair of learners; None where there are no two on one training set."""
    pairs = compare_learners(evidence.metrics, mean_learners=evidence.mean_learners)
    if pairs.empty:
        return None
    whole = pairs["full"].astype(bool)
    blocks: list[Block] = [Text(_summary(pairs)), *notes(evidence.notes_beside(pairs))]
    if whole.any():
        table = Table(pairs_table(pairs[whole]))
        many = len(table.frame) > _MOST_SHOWN
        blocks.append(Fold(f"All {len(table.frame)} comparisons", [table]) if many else table)
    if not whole.all():
        partial = Table(pairs_table(pairs[~whole]))
        blocks.append(Fold(f"Partial mixtures ({int((~whole).sum())})", [partial]))
    blocks.append(Text(_HOW_TO_READ, "note"))
    files = {"learners": TableFile(pairs, notes=caveats(pairs))}
    return Section("learners", "Which learner is better?", blocks, files)


def _summary(pairs: pd.DataFrame) -> str:
    """Return for each two learners in how many comparisons which one was better."""
    sentences = []
    for (one, other), part in pairs.groupby(["learner", "other"], sort=True):
        counts = part["verdict"].value_counts()
        found = [
            (f"{one} is better in", counts.get(BETTER, 0)),
            (f"{other} is better in", counts.get(WORSE, 0)),
            ("no difference could be shown in", counts.get(NOT_SHOWN, 0)),
            ("no test could be made in", counts.get(UNDEFINED, 0)),
        ]
        told = ", ".join(f"{words} {count}" for words, count in found if count)
        sentences.append(f"{one} and {other}: {told} of {len(part)} comparisons.")
    return " ".join(sentences)


def pairs_table(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return comparisons of learners (`compare_learners`) as the page shows them."""
    measure = "accuracy" if (pairs["metric"] == "accuracy").all() else "R²"
    targets, mixtures = ordered_targets(pairs["target"]), ordered_mixtures(pairs["mixture"])
    varying = [
        name
        for name in ("features", "scheme", "protocol", "arithmetic")
        if pairs[name].nunique() > 1
    ]
    rows = pairs.assign(
        _target=pairs["target"].map(targets.index), _mixture=pairs["mixture"].map(mixtures.index)
    ).sort_values(["view", "_target", "_mixture", *varying, "learner", "other"], kind="stable")
    better = {BETTER: rows["learner"], WORSE: rows["other"]}
    verdict = rows["verdict"].copy()
    for word, names in better.items():
        verdict = verdict.mask(rows["verdict"] == word, names + " better")
    return pd.DataFrame(
        {
            "tested on": rows["view"],
            "target": rows["target"],
            "trained on": [describe(mixture) for mixture in rows["mixture"]],
            **{name: rows[name] for name in varying},
            "learners": rows["learner"] + " − " + rows["other"],
            f"{measure} of both": [
                f"{_plain(one)}, {_plain(other)}"
                for one, other in rows[["value", "other_value"]].to_numpy(float)
            ],
            "difference": [
                f"{signed(gain)} ({signed(low)} to {signed(high)})"
                for gain, low, high in rows[["gain", "ci95_low", "ci95_high"]].to_numpy(float)
            ],
            "d": [_plain(effect) for effect in rows["effect"].astype(float)],
            "p": rows["p"].map(bare_p),
            "p, Holm": rows["p_holm"].map(bare_p),
            "verdict": verdict,
        }
    )


def _plain(value: float) -> str:
    return signed(value).removeprefix("+")
