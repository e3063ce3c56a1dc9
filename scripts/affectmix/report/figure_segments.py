"""Fig. 2 of the segments paper: the classes' probabilities along a clip."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from affectmix.report.style import GREY, Drawing, add_legend, freeze_layout, look, style_context
from affectmix.schemas import QUADRANTS

WORDS: Final = {
    "Q1": "Q1 (pleasant, excited)",
    "Q2": "Q2 (unpleasant, excited)",
    "Q3": "Q3 (unpleasant, calm)",
    "Q4": "Q4 (pleasant, calm)",
}
_PLACES: Final = {name: place for place, name in enumerate(QUADRANTS)} | {"high": 0, "low": 1}
_STRIP: Final = -0.16, -0.06  # where the segments' own classes are drawn, below probability 0


def draw_segments(curves: pd.DataFrame, *, heading: str) -> Drawing:
    """Draw one panel per clip.

    Args:
        curves: rows of ``schemas.SEGMENT_CURVES`` of one cell.
        heading: the line above the figure.
    """
    clips = list(curves.groupby(["corpus", "clip_id"], sort=True))
    hints: dict[str, str] = {}
    with style_context():
        figure = Figure(figsize=(7.2, 0.9 + 1.75 * len(clips)), layout="constrained")
        panels = figure.subplots(len(clips), 1, squeeze=False)[:, 0]
        for number, ((_, clip_id), rows) in enumerate(clips):
            _draw_clip(panels[number], rows, f"segments-{number}", hints)
            panels[number].set_xlim(0, float((curves["start_s"] + curves["segment_s"]).max()))
            truth = WORDS.get(rows["true_class"].iloc[0], rows["true_class"].iloc[0])
            panels[number].set_title(f"{clip_id}, labelled {truth}", loc="left")
        panels[-1].set_xlabel("middle of the segment (s)")
        figure.suptitle(heading)
        _name_classes(panels[0], curves)
        add_legend(figure, panels[0], columns=2)
        freeze_layout(figure)
    return Drawing(figure, _alt(curves), hints)


def _name_classes(axes: Axes, curves: pd.DataFrame) -> None:
    drawn, known = set(curves["class"]), set(curves["own_class"].dropna())
    for name in _PLACES:
        words = WORDS.get(name, f"probability of {name}")
        if name in drawn:
            axes.plot([], [], **_style(name), label=words)
        elif name in known:
            axes.fill_between([], [], color=look(_PLACES[name])[0], label=f"{name} (the strip)")


def _draw_clip(axes: Axes, rows: pd.DataFrame, prefix: str, hints: dict[str, str]) -> None:
    names = list(dict.fromkeys(rows["class"]))
    for name in names:
        own = rows[rows["class"] == name].sort_values("start_s")
        middle = own["start_s"] + own["segment_s"] / 2
        gid = f"{prefix}-{name.lower()}"
        p = own["p"].to_numpy(dtype=float)
        hints[gid] = f"{name}: {p.min():.2f} to {p.max():.2f}, mean {p.mean():.2f}"
        axes.plot(middle, own["p"], **_style(name), gid=gid)
    if len(names) == 1:
        axes.axhline(0.5, color=GREY, linewidth=0.8, linestyle=":")
    known = rows[rows["own_class"].notna()].drop_duplicates("start_s")
    half = _step(known) / 2
    middles = (known["start_s"] + known["segment_s"] / 2).to_numpy(dtype=float)
    for middle, name in zip(middles, known["own_class"], strict=True):
        colour = look(_PLACES[name])[0]
        axes.fill_between([middle - half, middle + half], *_STRIP, color=colour, linewidth=0)
    axes.set_ylim(_STRIP[0] - 0.02 if len(known) else -0.03, 1.03)
    axes.set_yticks([0, 0.5, 1])
    axes.set_ylabel("probability")


def _step(rows: pd.DataFrame) -> float:
    steps = np.diff(np.sort(rows["start_s"].to_numpy(dtype=float)))
    return float(steps.min()) if len(steps) else 1.0


def _style(name: str) -> dict[str, Any]:
    colour, marker = look(_PLACES[name])
    return {"color": colour, "marker": marker, "markersize": 3.2, "linewidth": 1.2}


def _alt(curves: pd.DataFrame) -> str:
    parts = []
    for (_, clip_id), rows in curves.groupby(["corpus", "clip_id"], sort=True):
        wide = rows.pivot(index="start_s", columns="class", values="p")
        truth = rows["true_class"].iloc[0]
        if truth in wide and wide.shape[1] > 1:
            share = float((wide.idxmax(axis=1) == truth).mean())
        else:
            high = wide.iloc[:, 0] > 0.5
            share = float((high if truth in wide else ~high).mean())
        parts.append(f"{clip_id}, labelled {truth}: most probable in {share:.0%} of the segments")
    return "Probabilities of the classes along clips. " + "; ".join(parts) + "."
