"""EmoMucs' Fig. 4: R² of every combination of stems, by how many they are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from affectmix.report.labels import ordered_targets
from affectmix.report.style import GREY, Drawing, add_legend, freeze_layout, look, style_context

_FLOOR = -0.5  # lower values are cut off here, and marked


def draw_combinations(rows: pd.DataFrame, *, heading: Sequence[str]) -> Drawing:
    """Draw each combination's R² with its 95 % interval.

    Args:
        rows: one learner's means: ``letters``, ``stems`` (how many, 0 for the mix), ``target``,
            ``value``, ``ci95_low`` and ``ci95_high``.
        heading: the lines above the figure.
    """
    order = rows[["letters", "stems"]].drop_duplicates().sort_values(["stems", "letters"])
    places = {name: place for place, name in enumerate(order["letters"])}
    targets = ordered_targets(rows["target"])
    hints: dict[str, str] = {}
    with style_context():
        figure = Figure(figsize=(max(5.0, 0.52 * len(places) + 1.2), 3.7), layout="constrained")
        axes = figure.add_subplot()
        axes.axhline(0, color=GREY, linewidth=0.9)
        for number, target in enumerate(targets):
            colour, marker = look(number)
            axes.plot([], [], marker, color=colour, label=target)
            shift = (number - (len(targets) - 1) / 2) * 0.28
            for _, row in rows[rows["target"] == target].iterrows():
                gid = f"combinations-{len(hints)}"
                hints[gid] = _hint(row)
                _mark(axes, places[row["letters"]] + shift, row, colour, marker, gid)
        counts = order["stems"].to_numpy()
        for edge in np.flatnonzero(np.diff(counts)) + 0.5:
            axes.axvline(edge, color="#bfbfbf", linewidth=0.7, linestyle=":")
        axes.set_xticks(range(len(places)), [name.replace("-", "\n") for name in places])
        axes.grid(visible=False, axis="x")
        axes.set_ylabel("R²")
        figure.suptitle("\n".join(heading))
        add_legend(figure, axes, columns=2)
        freeze_layout(figure)
    return Drawing(figure, _alt(rows, targets), hints)


def _mark(axes: Axes, x: float, row: pd.Series, colour: str, marker: str, gid: str) -> None:
    value, low, high = (float(row[name]) for name in ("value", "ci95_low", "ci95_high"))
    if value < _FLOOR:
        axes.plot(x, _FLOOR, marker="v", color=colour, gid=gid)
        return
    if not np.isnan(low):
        axes.plot([x, x], [max(low, _FLOOR), high], color=colour, linewidth=1.3)
    axes.plot(x, value, marker, color=colour, markersize=6, mec="black", mew=0.5, gid=gid)


def _hint(row: pd.Series) -> str:
    bounds = (
        "" if np.isnan(row["ci95_low"]) else f" [{row['ci95_low']:.3f}, {row['ci95_high']:.3f}]"
    )
    return f"{row['letters']}, {row['target']}: R² {row['value']:.3f}{bounds}"


def _alt(rows: pd.DataFrame, targets: list[str]) -> str:
    parts = []
    for target in targets:
        own = rows[(rows["target"] == target) & rows["value"].notna()]
        if len(own):
            best = own.sort_values("value").iloc[-1]
            parts.append(f"{target}: best is {best['letters']}, R² {best['value']:.2f}")
    return "R² by combination of stems. " + "; ".join(parts)
