"""Fig. 1 of the joint-learning paper: all ratings on the valence-arousal plane."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
_NAMED = 8  # clips that a mark's text names
MOST_DRAWN = 2_000  # clips of a view: with each of 10^5 the figure had 53 MB


def draw_fig1(labels_by_view: Mapping[str, pd.DataFrame]) -> Drawing:
    """Draw every view's ratings on the plane, with each quadrant's share of each view.

    Args:
        labels_by_view: view → rows with ``clip_id``, ``valence`` and ``arousal`` in
            [-1, 1]. Clips without both are left out. Views get their colour and marker in
            this order.

    Returns:
        One square plane. Clips with the same ratings are one larger mark; a mark tells its
        clips when the mouse rests on it. A rating of exactly 0 counts as negative, as the
        field puts the boundary on the low side. Of a view with more than 2,000 clips 2,000
        are drawn, by chance; its shares are those of all.
    """
    with style_context():
        figure = Figure(figsize=(6.0, 6.2), layout="constrained")
        axes = figure.add_subplot()
        axes.axhline(0, color=GREY, linewidth=0.8)
        axes.axvline(0, color=GREY, linewidth=0.8)
        stacked = sampled = False
        shares: dict[str, dict[str, float]] = {}
        marks: dict[str, list[str]] = {}
        for number, (view, labels) in enumerate(labels_by_view.items()):
            rated = labels.set_index("clip_id")[["valence", "arousal"]].astype(float).dropna()
            drawn = rated.sort_index()
            if len(rated) > MOST_DRAWN:
                sampled, drawn = True, drawn.sample(MOST_DRAWN, random_state=0)
            hints = _scatter(axes, drawn, number, view, clips=len(rated))
            stacked = stacked or len(hints) < len(drawn)
            if hints:
                marks[f"plane-{number}"] = hints
            shares[view] = _quadrant_shares(rated)
        _write_shares(axes, shares)
        axes.set(xlim=(-1.02, 1.02), ylim=(-1.02, 1.02), aspect="equal")
        axes.set_xlabel("valence (unpleasant → pleasant)")
        axes.set_ylabel("arousal (calm → excited)")
        figure.suptitle("Which parts of the valence-arousal plane the ratings cover")
        said = ["larger marks: several clips with the same ratings"] if stacked else []
        said += [f"of each view at most {MOST_DRAWN:,} clips, drawn by chance"] if sampled else []
        if said:
            axes.set_title("; ".join(said), fontsize=8.5)
        add_legend(figure, axes, columns=3)
        freeze_layout(figure)
    return Drawing(figure, _alt(shares), marks=marks)


def _scatter(axes: Axes, rated: pd.DataFrame, number: int, view: str, *, clips: int) -> list[str]:
    """Draw some of a view's clips, and return what each mark stands for."""
    colour, marker = look(number)
    alike: dict[str, Any] = {"c": colour, "marker": marker, "linewidths": 0.3, "ec": "black"}
    axes.scatter([], [], s=30, label=f"{view} ({clips})", **alike)
    if rated.empty:
        return []
    points = rated.round(3).rename_axis("clip_id").reset_index().sort_values("clip_id")
    named = points.groupby(["valence", "arousal"])["clip_id"].agg(list)
    plane = named.index.to_frame(index=False)
    sizes = 15 * np.sqrt(named.map(len).to_numpy(float))
    if len(set(sizes)) == 1:
        sizes = sizes[:1]  # of one size, marks are a tenth of the bytes in an SVG file
    place = f"plane-{number}"
    axes.scatter(plane["valence"], plane["arousal"], s=sizes, alpha=0.55, gid=place, **alike)
    return [
        _hint(view, names, valence, arousal)
        for names, valence, arousal in zip(named, plane["valence"], plane["arousal"], strict=True)
    ]


def _hint(view: str, clips: list[str], valence: float, arousal: float) -> str:
    more = f" and {len(clips) - _NAMED} more" if len(clips) > _NAMED else ""
    named = ", ".join(clips[:_NAMED])
    return f"{view}: {named}{more}\nvalence {valence:+.2f}, arousal {arousal:+.2f}"


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
            zorder=0.9,  # below the marks, which tell their clips to the mouse
            bbox={"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 1.5},
        )


def _alt(shares: Mapping[str, Mapping[str, float]]) -> str:
    parts = [
        f"{view}: " + ", ".join(f"{quadrant} {share:.0%}" for quadrant, share in by.items())
        for view, by in shares.items()
    ]
    return "Ratings on the valence-arousal plane. Share of clips by quadrant: " + "; ".join(parts)
