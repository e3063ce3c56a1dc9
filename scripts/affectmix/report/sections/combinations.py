"""How good is every combination of stems? EmoMucs' Fig. 4."""

from __future__ import annotations

import pandas as pd

from affectmix.evaluation.metrics import mean_rows
from affectmix.evaluation.mixture_shares import describe
from affectmix.evaluation.published_emomucs import FIG4_BEST
from affectmix.report.blocks import Block, Figure, Fold, Section, Table, TableFile, Text, notes
from affectmix.report.evidence import Evidence
from affectmix.report.figure_combinations import draw_combinations
from affectmix.report.labels import caveats, ordered_targets, short_caveats
from affectmix.report.stem_names import letters
from affectmix.stems.names import MIX, sources_of

_PAPER = "best in the paper (C2D, late, freeze)"
_LEAST = 3  # combinations of more than one stem, below which there is nothing to compare
_SERIES = ["learner", "set", "mixture", "scheme", "protocol", "arithmetic", "view"]
_OPTIMISTIC = (
    "The best of several combinations is named after the fact: its R² is optimistic, and "
    "intervals overlap. V vocals, B bass, D drums, O other."
)


def combinations_section(evidence: Evidence) -> Section | None:
    """Return R² by combination for each learner; None where too few combinations were run."""
    rows = _rows(evidence)
    kept = [
        (key, part)
        for key, part in rows.groupby(_SERIES, sort=True)
        if part.loc[part["stems"] > 1, "letters"].nunique() >= _LEAST
    ]
    if not kept:
        return None
    shown = pd.concat([part for _, part in kept])
    several = [name for name in _SERIES if shown[name].nunique() > 1]
    blocks: list[Block] = []
    for place, (_, part) in enumerate(kept):
        first = part.iloc[0]
        named = ", ".join(
            describe(first[name]) if name == "mixture" else str(first[name])
            for name in dict.fromkeys(["learner", *several])
        )
        heading = [f"R² of every combination of stems ({named})", *short_caveats(part)]
        ending = "" if place == 0 else f"_{place + 1}"
        figure = Figure(f"emomucs_fig4{ending}", draw_combinations(part, heading=heading))
        table = Table(_best_by_count(part, emomucs=first["learner"] in evidence.networks))
        one: list[Block] = [figure, table]
        blocks += one if place == 0 else [Fold(named, one)]
    blocks += [Text(_OPTIMISTIC, "note"), *notes(evidence.notes_beside(shown))]
    columns = [*_SERIES, "features", "letters", "stems", "target", "value", "ci95_low", "ci95_high"]
    files = {"emomucs_fig4": TableFile(shown[columns], notes=caveats(shown))}
    return Section("combinations", "How good is every combination of stems?", blocks, files)


def _rows(evidence: Evidence) -> pd.DataFrame:
    rows = mean_rows(evidence.metrics)
    rows = rows[(rows["metric"] == "r2") & (rows["control"] == "none")]
    rows = rows[~rows["learner"].isin(evidence.mean_learners)]
    choices = {n: c for n, c in evidence.features.items() if _counts(sources_of(c))}
    rows = rows[rows["features"].isin(list(choices))]
    own = rows["features"].map(choices)
    return rows.assign(
        set=[choice["set"] for choice in own],
        letters=[letters(sources_of(choice)) for choice in own],
        stems=[0 if sources_of(c) == (MIX,) else len(sources_of(c)) for c in own],
    )


def _counts(sources: tuple[str, ...]) -> bool:
    """Return whether a choice is the mix or of stems alone; both at once are neither."""
    return sources == (MIX,) or MIX not in sources


def _best_by_count(rows: pd.DataFrame, *, emomucs: bool) -> pd.DataFrame:
    """Return the best combination for each number of stems, and for networks the paper's."""
    found = []
    joined = rows[(rows["stems"] > 0) & rows["value"].notna()]
    for _, part in joined.groupby(["stems", "target"]):
        best = part.sort_values("value").iloc[-1].to_dict()
        stems, target = int(best["stems"]), str(best["target"])
        row = {"stems": stems, "target": target, "best": best["letters"], "R²": best["value"]}
        if emomucs:
            row[_PAPER] = letters(FIG4_BEST.get((stems, target), ()))
        found.append(row)
    targets = ordered_targets(rows["target"])
    order = {target: place for place, target in enumerate(targets)}
    frame = pd.DataFrame(found)
    return frame.sort_values(["target", "stems"], key=lambda c: c.map(order).fillna(c))
