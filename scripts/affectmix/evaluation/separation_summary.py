"""How close separated stems come to the true ones: medians over a corpus's clips."""

from __future__ import annotations

import pandas as pd

from affectmix.stems.names import STEMS

MEASURES = ("sdr", "si_sdr")
_KEYS = ["separator", "corpus", "stem"]


def separation_summary(separation: pd.DataFrame) -> pd.DataFrame:
    """Return SDR and SI-SDR by separator, corpus and stem.

    Args:
        separation: rows of ``schemas.SEPARATION`` with ``separator`` and ``corpus``.

    Returns:
        One row per separator, corpus and stem, in the order of ``STEMS``: ``clips`` (with a
        value; a silent true stem has none), and in dB for each measure its median over the
        clips, ``*_low`` and ``*_high`` (quartiles), ``mix_*`` (median of the mix in the
        stem's place) and ``*_gain`` (median of what separation gains over the mix).
    """
    measured = separation.dropna(subset=[*MEASURES, *(f"mix_{m}" for m in MEASURES)])
    rows = []
    for key, part in measured.groupby(_KEYS, sort=True):
        row = {**dict(zip(_KEYS, key, strict=True)), "clips": len(part)}
        for measure in MEASURES:
            low, median, high = part[measure].quantile([0.25, 0.5, 0.75])
            gain = (part[measure] - part[f"mix_{measure}"]).median()
            row |= {measure: median, f"{measure}_low": low, f"{measure}_high": high}
            row |= {f"mix_{measure}": part[f"mix_{measure}"].median(), f"{measure}_gain": gain}
        rows.append(row)
    columns = [n for m in MEASURES for n in (m, f"{m}_low", f"{m}_high", f"mix_{m}", f"{m}_gain")]
    frame = pd.DataFrame(rows, columns=[*_KEYS, "clips", *columns])
    ranks = frame["stem"].map({stem: place for place, stem in enumerate(STEMS)})
    ordered = frame.assign(_rank=ranks).sort_values(["separator", "corpus", "_rank"])
    return ordered.drop(columns="_rank").reset_index(drop=True)
