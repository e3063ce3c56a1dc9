"""Fig. 1 of the joint-learning paper: all ratings on the valence-arousal plane."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from affectmix.report.style import GREY, Drawing, add_legend, freeze_layout, look, style_context

# Quadrant, its corner, and the text's alignment there.
_CORNERS = (
    ("Q1", 1, 1, "right", "top"),
    ("Q2", -1, 1, "left", "top"),
    ("Q3", -1, -1, "left", "bottom"),
    ("Q4", 1, -1, "right", "bottom"),
)


def draw_fig1(labels_by_view: Mapping[str, pd.DataFrame]) -> Drawing:
    """Draw every view's ratings on the plane, with each quadrant's share of each view.

    Args:
        labels_by_view: view → rows with ``valence`` and ``arousal`` in [-1, 1]. Clips
            without both are left out. Views get their colour and marker in this order.

    Returns:
        One square plane. Clips with the same ratings are one larger mark. A rating of
        exactly 0 counts as negative, as the field puts the boundary on the low side.
    """
    with style_context():
        figure = Figure(figsize=(6.0, 6.2), layout="constrained")
        axes = figure.add_subplot()
        axes.axhline(0, color=GREY, linewidth=0.8)
        axes.axvline(0, color=GREY, linewidth=0.8)
        stacked = False
        shares: dict[str, dict[str, float]] = {}
        for number, (view, labels) in enumerate(labels_by_view.items()):
            rated = labels[["valence", "arousal"]].astype(float).dropna()
            stacked = _scatter(axes, rated, number, f"{view} ({len(rated)})") or stacked
            shares[view] = _quadrant_shares(rated)
        _write_shares(axes, shares)
        axes.set(xlim=(-1.02, 1.02), ylim=(-1.02, 1.02), aspect="equal")
        axes.set_xlabel("valence (unpleasant → pleasant)")
        axes.set_ylabel("arousal (calm → excited)")
        figure.suptitle("Which parts of the valence-arousal plane the ratings cover")
        if stacked:
            axes.set_title("larger marks: several clips with the same ratings", fontsize=8.5)
        add_legend(figure, axes, columns=3)
        freeze_layout(figure)
    return Drawing(figure, _alt(shares))


def _scatter(axes: Axes, rated: pd.DataFrame, number: int, label: str) -> bool:
    """Draw one view, and say whether any mark stands for several clips."""
    colour, marker = look(number)
    points = rated.round(3).value_counts(sort=False).sort_index()
    plane = points.index.to_frame(index=False)
    axes.scatter(
        plane["valence"],
        plane["arousal"],
        s=15 * np.sqrt(points.to_numpy(float)),
        c=colour,
        marker=marker,
        alpha=0.55,
        linewidths=0.3,
        edgecolors="black",
    )
    axes.scatter([], [], s=30, c=colour, marker=marker, linewidths=0.3, ec="black", label=label)
    return bool((points > 1).any())


def _quadrant_shares(rated: pd.DataFrame) -> dict[str, float]:
    high_v, high_a = rated["valence"] > 0, rated["arousal"] > 0
    masks = {
        "Q1": high_v & high_a,
        "Q2": ~high_v & high_a,
        "Q3": ~high_v & ~high_a,
        "Q4": high_v & ~high_a,
    }
    return {name: float(mask.mean()) if len(rated) else 0.0 for name, mask in masks.items()}


def _write_shares(axes: Axes, shares: Mapping[str, Mapping[str, float]]) -> None:
    for quadrant, x, y, across, along in _CORNERS:
        lines = [quadrant, *(f"{view} {share[quadrant]:.0%}" for view, share in shares.items())]
        axes.text(
            0.985 * x,
            0.985 * y,
            "\n".join(lines),
            ha=across,
            va=along,
            fontsize=7.5,
            linespacing=1.25,
            bbox={"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 1.5},
        )


def _alt(shares: Mapping[str, Mapping[str, float]]) -> str:
    parts = [
        f"{view}: " + ", ".join(f"{quadrant} {share:.0%}" for quadrant, share in by.items())
        for view, by in shares.items()
    ]
    return "Ratings on the valence-arousal plane. Share of clips by quadrant: " + "; ".join(parts)
