"""Which stem's model errs least on each clip? EmoMucs' Fig. 3."""

from __future__ import annotations

import pandas as pd

from affectmix.evaluation.best_stem import BOTH, best_stems, stems_by_quadrant
from affectmix.report.blocks import Block, Figure, Fold, Section, Table, TableFile, Text
from affectmix.report.evidence import Evidence
from affectmix.report.figure_best_stem import draw_best_stem

_KEYS = ["learner", "set", "separator", "mixture", "scheme", "protocol", "arithmetic", "view"]
_TEXT = (
    "Each clip stands where listeners rated it, in the colour of the stem whose own model, trained "
    "on that stem alone, errs least on it. If a stem's model were at home in a part of the plane, "
    "its colour would gather there. In the paper none did."
)
_CHANCE = (
    "Of several models that know equally little, each is the best for some clips by chance alone: "
    "the shares are to be read beside each model's R²."
)


def best_stem_section(evidence: Evidence) -> Section | None:
    """Return the planes of each learner that hears single stems; None where none does."""
    if evidence.predictions is None:
        return None
    best = best_stems(evidence.predictions, evidence.features)
    if best.empty:
        return None
    blocks: list[Block] = [Text(_TEXT)]
    several = [name for name in _KEYS if best[name].nunique() > 1]
    for place, (_, rows) in enumerate(best.groupby(_KEYS, sort=True)):
        named = ", ".join(str(rows[name].iloc[0]) for name in dict.fromkeys(["learner", *several]))
        drawing = draw_best_stem(rows, heading=f"Whose stem's model errs least ({named})")
        ending = "" if place == 0 else f"_{place + 1}"
        shares = Table(_shares(rows), "Share of clips on which each stem's model errs least")
        one: list[Block] = [Figure(f"emomucs_fig3{ending}", drawing), shares]
        blocks += one if place == 0 else [Fold(named, one)]
    blocks.append(Text(_CHANCE, "note"))
    files = {"emomucs_fig3": TableFile(best)}
    return Section("best-stem", "Which stem tells most, clip by clip?", blocks, files)


def _shares(rows: pd.DataFrame) -> pd.DataFrame:
    parts = [
        stems_by_quadrant(rows[rows["target"] == target]).assign(target=target)
        for target in ("valence", "arousal", BOTH)
    ]
    every = pd.concat(parts, ignore_index=True)
    stems = [name for name in every.columns if name not in ("target", "quadrant", "clips")]
    text = every[stems].map(lambda share: "–" if pd.isna(share) else f"{share:.0%}")
    return pd.concat([every[["target", "quadrant", "clips"]], text], axis=1)
