"""Is a gain real? What controls, audit, known causes, the paper and the raters say of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from affectmix.evaluation.comparisons import HELPED, SKILL, UNDEFINED
from affectmix.evaluation.fold_scores import SETTING
from affectmix.evaluation.mixture_shares import trained_views
from affectmix.evaluation.published import FLAGS, published_value
from affectmix.report.attribution_table import place
from affectmix.report.evidence import Evidence
from affectmix.report.words import p_value, signed
from affectmix.splits.mixtures import mixture_name

GOOD, WARNING, BAD, PLAIN = "good", "warning", "bad", "plain"
_LESSER = ("tuned_on_test", "ungrouped", "implied")  # told only where nothing is worse
_KNOWN = "known causes allow"
_OTHERS = "published gain (other corpora)"
CHECKS = (
    "permuted labels",
    "audit",
    _KNOWN,
    "published gain",
    _OTHERS,
    "noise ceiling of R²",
)
_PASS, _FAIL, _IN_PART = "controls pass", "controls fail", "controls incomplete"
_CHOSEN = "chosen on reported folds"


@dataclass(frozen=True)
class Check:
    """One sign of whether a number is real: in words, and as good, warning, bad or plain."""

    text: str
    state: str = PLAIN
    hint: str = ""


def checks_of(evidence: Evidence, row: pd.Series) -> dict[str, Check]:
    """Return the signs of one row of ``evidence.comparisons`` by what gives them (`CHECKS`)."""
    return {
        "permuted labels": _permuted(evidence, row),
        "audit": _audit(evidence, row),
        **_known(evidence, row),
        **_published(evidence, row),
        **_ceiling(evidence, row),
    }


def doubt(row: pd.Series) -> str:
    """Return why a comparison's numbers are no honest ones by their own settings."""
    if row["arithmetic"] != "clean":
        return "replays a leak"
    if str(row["scheme"]).endswith("_ungrouped"):
        return "groups torn apart"
    return _CHOSEN if row["protocol"] == "paper" else ""


def honest(comparisons: pd.DataFrame) -> pd.DataFrame:
    """Return the comparisons that no setting of their own puts in doubt, or all if none is."""
    sound = comparisons[[doubt(row) == "" for _, row in comparisons.iterrows()]]
    return sound if len(sound) else comparisons


def in_short(row: pd.Series, checks: Mapping[str, Check]) -> Check:
    """Return what ``checks`` of a row come to."""
    states = {checks["audit"].state, checks["permuted labels"].state}
    known = checks.get(_KNOWN)
    if BAD in states:
        return Check(f"✗ {_FAIL}", BAD)
    if doubt(row):
        return Check(f"✗ optimistic: {doubt(row)}", WARNING)
    if known is not None and known.state == WARNING and row["verdict"] == HELPED:
        return Check("✗ not what the known causes allow", WARNING)
    if states == {GOOD}:
        return Check(f"✓ {_PASS}", GOOD)
    return Check(f"– {_IN_PART}", PLAIN)


def _permuted(evidence: Evidence, row: pd.Series) -> Check:
    """Return what the same cell learned from permuted labels, of which nothing can be."""
    rows = evidence.permutation
    keys = [n for n in (*SETTING, "mixture", "view", "target") if n != "control"]
    same = rows[(rows[keys] == row[keys]).all(axis=1)] if len(rows) else rows
    if same.empty:
        return Check("not run")
    found = same.iloc[0]
    hint = f"gain over {found['against']} {signed(found['gain'])}, {p_value(found['p_holm'])}"
    if found["verdict"] == SKILL:
        return Check("✗ skill", BAD, hint)
    if found["verdict"] == UNDEFINED:
        return Check("not testable")
    return Check("✓ no skill", GOOD, hint)


def _audit(evidence: Evidence, row: pd.Series) -> Check:
    """Return what the audit says of the cells of the comparison on this view."""
    audit = evidence.audit
    if audit is None or audit.leak_free is None or audit.summary.empty:
        return Check("not made")
    same = (evidence.metrics[list(SETTING)] == row[list(SETTING)]).all(axis=1)
    baseline = evidence.metrics["mixture"].map(trained_views) == (row["view"],)
    cells = evidence.metrics[same & (baseline | (evidence.metrics["mixture"] == row["mixture"]))]
    rows = audit.summary[audit.summary["cell"].isin(cells["cell"])]
    if rows.empty:
        return Check("not made")
    found = int(rows["findings"].sum())
    if not found:
        return Check("✓ clean", GOOD, f"{rows['cell'].nunique()} cells, no tested row trained on")
    if audit.leak_free:
        return Check(f"{found} rows leak, as declared", WARNING)
    return Check(f"✗ {found} findings", BAD)


def _known(evidence: Evidence, row: pd.Series) -> dict[str, Check]:
    """Return the gain that known causes allow, and on which side of it ours is."""
    brackets = evidence.brackets
    keys = ["view", "target", "mixture"]
    found = brackets[(brackets[keys] == row[keys]).all(axis=1)] if len(brackets) else brackets
    if found.empty:
        return {}
    low, high = found.iloc[0][["low", "high"]].astype(float)
    side = place(row["gain"], (low, high), (row["ci95_low"], row["ci95_high"]))
    state = GOOD if side == "inside" else PLAIN if "within error" in side else WARNING
    return {_KNOWN: Check(f"{signed(low)} to {signed(high)}: {side}", state)}


def _published(evidence: Evidence, row: pd.Series) -> dict[str, Check]:
    """Return the published gain of the same view, target, learner and mixture, with its flags."""
    values = [
        published_value(
            evidence.published,
            view=row["view"],
            mixture=mixture,
            learner_kind=evidence.kinds.get(row["learner"], row["learner"]),
            target=row["target"],
            metric="r2",
            roles=evidence.roles,
        )
        for mixture in (mixture_name({row["view"]: 1.0}), row["mixture"])
    ]
    if any(value is None for value in values):
        return {}
    alone, mixed = (value for value in values if value is not None)
    flags = {flag for value in (alone, mixed) for flag in value["flags"].split(";")}
    flagged = [flag for flag in FLAGS if flag in flags]
    worst = [flag for flag in flagged if flag not in _LESSER] or flagged[:1]
    hint = "; ".join(filter(None, [*(FLAGS[f] for f in flagged), alone["note"], mixed["note"]]))
    title = _OTHERS if evidence.analogous else "published gain"
    text = signed(mixed["value"] - alone["value"]) + (f" † {', '.join(worst)}" if worst else "")
    return {title: Check(text, PLAIN, hint)}


def _ceiling(evidence: Evidence, row: pd.Series) -> dict[str, Check]:
    """Return the R² that the raters' disagreement leaves to any model."""
    rows = evidence.ceilings
    found = rows[(rows["view"] == row["view"]) & (rows["target"] == row["target"])]
    if found.empty or math.isnan(float(found["r2"].iloc[0])):
        return {}
    value = float(found["r2"].iloc[0])
    over = row["mixed"] > value
    text = signed(value).removeprefix("+") + (": exceeded" if over else "")
    return {"noise ceiling of R²": Check(text, WARNING if over else PLAIN)}
