"""Does un-mixing help? Features of stems against those of the mix, of the same learner."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from affectmix.evaluation.comparisons import HELPED, HURT, NOT_SHOWN, UNDEFINED
from affectmix.evaluation.mixture_shares import describe
from affectmix.evaluation.stem_comparisons import compare_with_mix
from affectmix.report.blocks import Block, Section, Table, TableFile, Text, notes
from affectmix.report.evidence import Evidence
from affectmix.report.labels import caveats, ordered_targets
from affectmix.report.stem_names import combination
from affectmix.report.words import bare_p, signed
from affectmix.stems.names import sources_of

_HOW_TO_READ = (
    "Differences in R² pair the same folds: the corrected resampled t-test, two-sided, with p "
    "adjusted by Holm's method for all rows of a table. ‘Not shown’ is no proof that there is no "
    "difference. Stems side by side have as many times more features than the mix."
)
_WORDS = {
    HELPED: "better than the mix",
    HURT: "worse than the mix",
    NOT_SHOWN: "no difference shown",
    UNDEFINED: "no test possible",
}


def unmixing_section(evidence: Evidence) -> Section | None:
    """Return each learner's choices of stems against the mix; None where none heard both."""
    learners = set(evidence.metrics["learner"]) - set(evidence.mean_learners)
    networks = learners & set(evidence.networks)
    plain, net = _pairs(evidence, learners - networks), _pairs(evidence, networks)
    if plain.empty and net.empty:
        return None
    blocks: list[Block] = []
    files = {}
    parts = {
        "unmixing": (plain, "Without a CNN: functionals of stems, alone and side by side"),
        "unmixing_networks": (net, "EmoMucs' networks"),
    }
    for name, (pairs, caption) in parts.items():
        if len(pairs):
            blocks += [Text(_summary(pairs)), Table(stems_table(pairs, evidence), caption)]
            blocks += notes(evidence.notes_beside(pairs))
            files[name] = TableFile(pairs, notes=caveats(pairs))
    without = " without a CNN" if net.empty else ""
    blocks.append(Text(_HOW_TO_READ, "note"))
    return Section("unmixing", f"Does un-mixing help{without}?", blocks, files)


def unmixing_headline(evidence: Evidence) -> str:
    """Return in one or two sentences what stems gain over the mix, for the top of the page."""
    learners = set(evidence.metrics["learner"]) - set(evidence.mean_learners)
    pairs = _pairs(evidence, learners)
    if pairs.empty:
        return "This experiment hears stems, and has no cell of the mix to hold against them."
    return "Does un-mixing help? " + _summary(pairs)


def _pairs(evidence: Evidence, learners: Collection[str]) -> pd.DataFrame:
    return compare_with_mix(evidence.metrics, evidence.features, learners=learners)


def _summary(pairs: pd.DataFrame) -> str:
    """Return for each learner how often stems were better or worse than the mix."""
    sentences = []
    for learner, part in pairs.groupby("learner", sort=True):
        counts = part["verdict"].value_counts()
        told = ", ".join(f"{_WORDS[v]} in {counts[v]}" for v in _WORDS if counts.get(v, 0))
        sentences.append(f"{learner} on stems: {told} of {len(part)} comparisons.")
    return " ".join(sentences)


def stems_table(pairs: pd.DataFrame, evidence: Evidence) -> pd.DataFrame:
    """Return comparisons of stems with the mix (`compare_with_mix`) as the page shows them."""
    measure = "accuracy" if (pairs["metric"] == "accuracy").all() else "R²"
    choices = evidence.features
    targets = ordered_targets(pairs["target"])
    rows = pairs.assign(
        _stems=[combination(choices[name]) for name in pairs["features"]],
        _count=[len(sources_of(choices[name])) for name in pairs["features"]],
        _target=pairs["target"].map(targets.index),
    ).sort_values(["view", "learner", "_target", "_count", "_stems"], kind="stable")
    named = {"view": "tested on", "learner": "learner", "mixture": "trained on"}
    named |= {"scheme": "scheme", "protocol": "protocol"}
    varying = {name: title for name, title in named.items() if rows[name].nunique() > 1}
    return pd.DataFrame(
        {
            **{
                title: rows[name].map(describe) if name == "mixture" else rows[name]
                for name, title in varying.items()
            },
            "target": rows["target"],
            "stems": rows["_stems"],
            f"{measure} of stems, mix": [
                ", ".join(signed(v).removeprefix("+") for v in both)
                for both in rows[["value", "mix_value"]].to_numpy(float)
            ],
            "difference": [
                f"{signed(gain)} ({signed(low)} to {signed(high)})"
                for gain, low, high in rows[["gain", "ci95_low", "ci95_high"]].to_numpy(float)
            ],
            "p": rows["p"].map(bare_p),
            "p, Holm": rows["p_holm"].map(bare_p),
            "verdict": rows["verdict"].map(_WORDS),
        }
    )
