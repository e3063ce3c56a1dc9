"""How good are the stems? SDR and SI-SDR where the true ones are known."""

from __future__ import annotations

import pandas as pd

from affectmix.evaluation.separation_summary import MEASURES, separation_summary
from affectmix.report.blocks import Block, Section, Table, TableFile, Text
from affectmix.report.evidence import Evidence

_TITLES = {"sdr": "SDR", "si_sdr": "SI-SDR"}
_NOTE = (
    "Medians over clips in dB, quartiles in brackets; ‘gain’: over the mix itself in the stem's "
    "place, which costs nothing. SDR is that of BSS Eval 4, which forgives a filter of 512 taps, "
    "SI-SDR that of Le Roux et al. (2019), which forgives a gain. A stem that is silent in a clip "
    "has no value there."
)


def separation_section(evidence: Evidence) -> Section | None:
    """Return the quality of each separator's stems; None where no true stems are known."""
    if evidence.separation is None or evidence.separation.empty:
        return None
    summary = separation_summary(evidence.separation)
    blocks: list[Block] = [Table(_shown(summary)), Text(_NOTE, "note")]
    files = {"separation": TableFile(summary, notes=[_NOTE])}
    return Section("separation", "How close are the stems to the true ones?", blocks, files)


def _shown(summary: pd.DataFrame) -> pd.DataFrame:
    several = [n for n in ("separator", "corpus") if n == "separator" or summary[n].nunique() > 1]
    shown = summary[[*several, "stem", "clips"]].copy()
    for measure in MEASURES:
        names = [measure, f"{measure}_low", f"{measure}_high"]
        shown[_TITLES[measure]] = [
            f"{_decibels(median)} ({_decibels(low)} to {_decibels(high)})"
            for median, low, high in summary[names].to_numpy(float)
        ]
        shown[f"{_TITLES[measure]} gain"] = [
            ("+" if gain >= 0 else "") + _decibels(gain) for gain in summary[f"{measure}_gain"]
        ]
    return shown


def _decibels(value: float) -> str:
    return f"{value:.1f}".replace("-", "−")
