"""Confusion matrices of class tasks: what was decided on, by what it was."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from affectmix.report.style import Drawing, freeze_layout, style_context

_COLOURS = "Blues"  # one hue, whose lightness alone tells the share, for any colour vision
_DARK = 0.7  # from this share on, light text


def draw_confusion(counts: np.ndarray, classes: Sequence[str], *, heading: str) -> Drawing:
    """Draw shares of each true class, with the number of clips below.

    Args:
        counts: clips by true class (rows) and decision (columns) [shape=(c, c)].
        classes: their names.
        heading: what stands above.
    """
    totals = counts.sum(axis=1, keepdims=True)
    shares = counts / np.maximum(totals, 1)
    with style_context():
        size = 1.6 + 0.85 * len(classes)
        figure = Figure(figsize=(size + 0.6, size), layout="constrained")
        axes = figure.subplots()
        axes.imshow(shares, cmap=_COLOURS, vmin=0, vmax=1)
        for (row, column), share in np.ndenumerate(shares):
            text = f"{100 * share:.0f} %\n{counts[row, column]}"
            colour = "white" if share >= _DARK else "black"
            axes.text(column, row, text, ha="center", va="center", color=colour)
        axes.set_xticks(range(len(classes)), classes)
        axes.set_yticks(range(len(classes)), classes)
        axes.set(xlabel="decided", ylabel="true")
        axes.grid(visible=False)
        axes.set_title(heading)
        freeze_layout(figure)
    rows = [
        f"{name}: "
        + ", ".join(
            f"{100 * share:.0f} % {other}" for other, share in zip(classes, own, strict=True)
        )
        for name, own in zip(classes, shares, strict=True)
    ]
    return Drawing(figure, "Decisions by true class. " + "; ".join(rows))
