"""What does each stem contribute? Exact Shapley values, and a few clips to be heard."""

from __future__ import annotations

from typing import Any

import pandas as pd

from affectmix.evaluation.contributions import find_families
from affectmix.evaluation.fold_scores import SETTING
from affectmix.evaluation.stem_worth import stem_worth
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
    if evidence.excerpts is not None and len(evidence.excerpts):
        blocks += [Text(_PLAYED + "."), _players(evidence.excerpts, evidence.contributions)]
    files = {"stem_contributions": TableFile(worth, notes=[_NOTE, *caveats(worth)])}
    return Section("contributions", "What does each stem contribute?", blocks, files)


def _shown(worth: pd.DataFrame) -> pd.DataFrame:
    keys = ["learner", "features", "mixture", "scheme", "protocol", "arithmetic", "control", "view"]
    several = [name for name in keys if worth[name].nunique() > 1]
    rows: list[dict[str, Any]] = []
    order = {stem: place for place, stem in enumerate(STEMS)}
    targets = {target: place for place, target in enumerate(ordered_targets(worth["target"]))}
    for key, part in worth.groupby([*keys, "target", "stem"], sort=True):
        own = dict(zip([*keys, "target", "stem"], key, strict=True))
        row = {name: own[name] for name in (*several, "target", "stem")}
        for quantity, title in _HOW.items():
            found = part[part["quantity"] == quantity].iloc[0]
            text = number if quantity == "size" else signed
            row[title] = f"{text(found['mean'])} ({text(found['low'])} to {text(found['high'])})"
        rows.append(row)
    frame = pd.DataFrame(rows)
    frame = frame.assign(_t=frame["target"].map(targets), _s=frame["stem"].map(order))
    return frame.sort_values([*several, "_t", "_s"], kind="stable").drop(columns=["_t", "_s"])


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
