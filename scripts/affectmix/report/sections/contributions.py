"""What does each stem contribute? Exact Shapley values, and a few clips to be heard."""

from __future__ import annotations

from typing import Any

import pandas as pd

from affectmix.evaluation.contributions import find_families
from affectmix.evaluation.fold_scores import SETTING
from affectmix.evaluation.stem_worth import credit_beside_causes, stem_worth
from affectmix.report.blocks import Block, Heard, Players, Section, Table, TableFile, Text, notes
from affectmix.report.evidence import Evidence
from affectmix.report.labels import caveats, ordered_targets
from affectmix.report.tables import number
from affectmix.report.words import signed
from affectmix.stems.names import MIX, STEMS

_TEXT = (
    "Every combination of the stems was trained and tested, so that what a stem brings to "
    "the others is counted exactly: by its Shapley value, the mean over all orders in which "
    "the stems can join, from the mean predictor (which hears nothing) to all stems."
)
_KEYS = ["learner", "features", "mixture", "scheme", "protocol", "arithmetic", "control", "view"]
_HOW = {
    "r2": "share of R²",
    "size": "moves a prediction by",
    "signed": "on average",
}
_NOTE = (
    "‘Share of R²’: shares add up to the R² of all stems less that of the mean predictor; below 0, "
    "the stem harms. ‘Moves a prediction by’: the mean size of its part in a clip's prediction, on "
    "the scale of −1 to 1, whether it helps or not; ‘on average’: the same with its sign. 95 % "
    "intervals over folds. Stems that tell the same share the credit."
)
_KNOWN = (
    "Here it is known which stem carries which cause: ‘share of the causes’ is how much of the "
    "written formula's variance hangs on the causes that the stem carries, and ‘share of the "
    "credit’ how much of the R² of all stems its Shapley value gives it. A cause that is hard to "
    "hear gets less than its share."
)
_PLAYED = "Where one stem moves a prediction most: vocals, drums, bass and other add up to the mix"


def contributions_section(evidence: Evidence) -> Section | None:
    """Return what stems are worth, and players; None without all combinations of stems."""
    if evidence.contributions is None:
        return None
    fields = evidence.metrics[[*SETTING[1:], "mixture"]].drop_duplicates()
    cells = [{str(name): str(value) for name, value in row.items()} for _, row in fields.iterrows()]
    families = find_families(cells, evidence.features, means=evidence.mean_learners)
    worth = stem_worth(evidence.metrics, evidence.contributions, families)
    blocks: list[Block] = [Text(_TEXT), Table(_shown(worth)), Text(_NOTE, "note")]
    blocks += notes(evidence.notes_beside(worth))
    files = {"stem_contributions": TableFile(worth, notes=[_NOTE, *caveats(worth)])}
    credit = credit_beside_causes(worth, evidence.known_shares)
    if len(credit):
        blocks += [Text(_KNOWN), Table(_credit_shown(credit), "The credit beside the known causes")]
        files["stem_credit"] = TableFile(credit, notes=[_KNOWN, *caveats(credit)])
    if evidence.excerpts is not None and len(evidence.excerpts):
        blocks += [Text(_PLAYED + "."), _players(evidence.excerpts, evidence.contributions)]
    return Section("contributions", "What does each stem contribute?", blocks, files)


def _credit_shown(credit: pd.DataFrame) -> pd.DataFrame:
    several = [name for name in _KEYS if credit[name].nunique() > 1]

    def percent(share: float) -> str:
        return f"{share:.0%}".replace("-", "−")

    shown: dict[str, Any] = {
        "share of the causes": credit["causes"].map(percent),
        "share of the credit": [
            "undefined" if pd.isna(own) else f"{percent(own)} ({percent(low)} to {percent(high)})"
            for own, low, high in credit[["credit", "low", "high"]].to_numpy(float)
        ],
    }
    return _in_order(credit[[*several, "target", "stem"]].assign(**shown), several)


def _in_order(frame: pd.DataFrame, several: list[str]) -> pd.DataFrame:
    """Return rows by setting, then by target and stem in the report's order."""
    stems = frame["stem"].map({stem: place for place, stem in enumerate(STEMS)})
    targets = frame["target"].map({t: n for n, t in enumerate(ordered_targets(frame["target"]))})
    ranked = frame.assign(_t=targets, _s=stems).sort_values([*several, "_t", "_s"], kind="stable")
    return ranked.drop(columns=["_t", "_s"])


def _shown(worth: pd.DataFrame) -> pd.DataFrame:
    several = [name for name in _KEYS if worth[name].nunique() > 1]
    rows: list[dict[str, Any]] = []
    for key, part in worth.groupby([*_KEYS, "target", "stem"], sort=True):
        own = dict(zip([*_KEYS, "target", "stem"], key, strict=True))
        row = {name: own[name] for name in (*several, "target", "stem")}
        for quantity, title in _HOW.items():
            found = part[part["quantity"] == quantity].iloc[0]
            text = number if quantity == "size" else signed
            row[title] = f"{text(found['mean'])} ({text(found['low'])} to {text(found['high'])})"
        rows.append(row)
    return _in_order(pd.DataFrame(rows), several)


def _players(excerpts: pd.DataFrame, contributions: pd.DataFrame) -> Players:
    first = contributions[contributions["control"] == "none"]
    shared = ["learner", "features", "mixture", "scheme", "protocol", "arithmetic"]
    key = first[shared].sort_values(shared).iloc[0]
    first = first[(first[shared] == key).all(axis=1)]
    parts = first.groupby(["corpus", "clip_id", "stem", "target"])["contribution"].mean()
    rows = []
    for (corpus, clip_id), own in excerpts.groupby(["corpus", "clip_id"], sort=True):
        audio = own.set_index("stem")["audio"]
        sounds = [Heard(str(audio[MIX]))]
        for stem in STEMS:
            moved = {t: parts.get((corpus, clip_id, stem, t)) for t in ("valence", "arousal")}
            text = ", ".join(f"{t} {signed(v)}" for t, v in moved.items() if v is not None)
            sounds.append(Heard(str(audio[stem]), text))
        rows.append((f"{clip_id} ({corpus})", sounds))
    return Players((MIX, *STEMS), rows)
