"""EmoMucs' Fig. 3: each clip on the plane, coloured by the stem whose model errs least."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from affectmix.evaluation.best_stem import BOTH
from affectmix.report.stem_names import stem_look
from affectmix.report.style import GREY, Drawing, add_legend, freeze_layout, style_context
from affectmix.stems.names import STEMS

_PANELS = ("valence", "arousal", BOTH)


def draw_best_stem(best: pd.DataFrame, *, heading: str) -> Drawing:
    """Draw three panels: the best stem for valence, for arousal, and for the mean of both.

    Args:
        best: rows of `best_stem.best_stems` of one series.
        heading: what stands above the panels.
    """
    stems = [stem for stem in STEMS if (best["stem"] == stem).any()]
    hints: dict[str, str] = {}
    with style_context():
        figure = Figure(figsize=(9.6, 3.9), layout="constrained")
        panels = figure.subplots(1, 3, sharex=True, sharey=True)
        for axes, target in zip(panels, _PANELS, strict=True):
            rows = best[best["target"] == target]
            axes.axhline(0, color=GREY, linewidth=0.7)
            axes.axvline(0, color=GREY, linewidth=0.7)
            for stem in stems:
                own = rows[rows["stem"] == stem]
                colour, marker = stem_look(stem)
                axes.plot(
                    own["valence"],
                    own["arousal"],
                    marker,
                    color=colour,
                    markersize=4.5,
                    mec="white",
                    mew=0.4,
                    label=stem,
                )
            axes.set(title=target, xlabel="valence, rated", xlim=(-1, 1), ylim=(-1, 1))
            axes.set_aspect("equal")
        panels[0].set_ylabel("arousal, rated")
        figure.suptitle(heading)
        add_legend(figure, panels[0], columns=4)
        freeze_layout(figure)
    return Drawing(figure, _alt(best, stems), hints)


def _alt(best: pd.DataFrame, stems: list[str]) -> str:
    parts = []
    for target in _PANELS:
        rows = best[best["target"] == target]
        shares = ", ".join(f"{stem} {(rows['stem'] == stem).mean():.0%}" for stem in stems)
        parts.append(f"{target}: {shares}")
    return "Whose stem's model errs least, share of clips. " + "; ".join(parts)
