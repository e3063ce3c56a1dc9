"""From an honest number to a reported one: R² of every rung, and what known causes allow."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from affectmix.evaluation.attribution import GAIN, LADDER, RUNGS
from affectmix.evaluation.mixture_shares import added
from affectmix.report.attribution_table import RUNG_WORDS, with_ladder_series
from affectmix.report.labels import ordered_targets
from affectmix.report.style import GREY, Drawing, add_legend, freeze_layout, look, style_context

FLOOR = -1.0  # lower values are cut off here and marked
_BAND, _STRIPE = "#d9d9d9", 0.22
_PUBLISHED = "published"


def draw_attribution(ladders: pd.DataFrame, *, analogous: bool = False) -> Drawing:
    """Draw the ladders of full mixtures: a panel per view and target, a line per rung.

    Args:
        ladders: with the columns of `attribution_table.with_brackets` and ``with_published``.
        analogous: whether published numbers are of other corpora that play the same part;
            they are grey then, and those off the axis are written out.

    Returns:
        R² with its 95 % interval over folds for each rung, joined from rung to rung; hollow,
        R² of the view alone under the same settings where it was run. Behind them in grey
        what the oracle reaches with that training set, and as a narrow stripe R² alone plus
        the gain that the known causes allow. Published values (alone: hollow) stand on a line
        of their own. Values below -1 stand at the edge as a triangle.
    """
    rows = _named(ladders[ladders["full"].astype(bool)])
    targets = ordered_targets(rows["target"])
    panels = [
        (view, target)
        for view in sorted(rows["view"].unique())
        for target in targets
        if len(rows[(rows["view"] == view) & (rows["target"] == target)])
    ]
    names = sorted(rows["name"].unique())
    lines = [rung for rung in RUNGS if (rows["rung"] == rung).any()]
    lines += [_PUBLISHED] if rows["published"].notna().any() else []
    style = _Style(lines, names, _limits(rows, analogous=analogous), analogous=analogous)
    hints: dict[str, str] = {}
    with style_context():
        figure, grid = _grid(len(panels), len(lines) * max(0.34, 0.14 * len(names) + 0.16))
        for axes, (view, target) in zip(grid.flat, panels, strict=False):
            panel = rows[(rows["view"] == view) & (rows["target"] == target)]
            axes.set_title(f"tested on {view}, {target}")
            axes.grid(visible=False, axis="y")
            if style.limits[0] < 0:
                axes.axvline(0, color=GREY, linewidth=0.9, zorder=0)
            own = sorted(panel["name"].unique())
            for _, ladder in panel.groupby(list(LADDER), sort=True):
                slot = 0.8 / len(own)
                offset = slot * (own.index(ladder["name"].iloc[0]) + 0.5) - 0.4
                _draw(axes, ladder, style, offset, slot, hints)
        first = grid.flat[0]
        first.set_yticks(range(len(lines)), [RUNG_WORDS.get(line, line) for line in lines])
        first.set(ylim=(len(lines) - 0.45, -0.55), xlim=style.limits)
        for axes in grid[-1]:
            axes.set_xlabel("R²")
        heading = "From the honest number to the reported one (R², 95 % over folds)"
        figure.suptitle(f"{heading}\nNested numbers on whole groups are honest, all others are not")
        _legend(figure, first, style, rows)
        freeze_layout(figure)
    return Drawing(figure, _alt(rows), hints)


@dataclass(frozen=True)
class _Style:
    """What all panels share: lines of the axis, names of the series, ends of the axis."""

    lines: list[str]
    names: list[str]
    limits: tuple[float, float]
    analogous: bool

    def shown(self, value: float) -> float:
        return float(np.clip(value, *self.limits))


def _named(rows: pd.DataFrame) -> pd.DataFrame:
    """Return ``rows`` with ``name``: the learner, and what is added where that differs."""
    rows = with_ladder_series(rows)
    several = rows.groupby("view")["mixture"].nunique().gt(1).any()
    names = [
        f"{row['series']}, adding {added(row['mixture'], row['view'])}"
        if several
        else row["series"]
        for _, row in rows.iterrows()
    ]
    return rows.assign(name=pd.Series(names, index=rows.index, dtype="object"))


def _grid(panels: int, height: float) -> tuple[Figure, np.ndarray]:
    columns = min(2, max(1, panels))
    deep = max(1, math.ceil(panels / columns))
    size = (4.3 * columns + 1.8, deep * (height + 0.5) + 1.4)
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(deep, columns, squeeze=False, sharex=True, sharey=True)
    for axes in grid.flat[panels:]:
        axes.set_visible(False)
    return figure, grid


def _draw(
    axes: Axes,
    ladder: pd.DataFrame,
    style: _Style,
    offset: float,
    slot: float,
    hints: dict[str, str],
) -> None:
    colour, marker = look(style.names.index(ladder["name"].iloc[0]))
    x = {row["rung"]: style.shown(row["r2"]) for _, row in ladder.iterrows()}
    y = {rung: style.lines.index(rung) + offset for rung in x}
    for _, row in ladder.iterrows():
        rung = row["rung"]
        _bands(axes, row, style.lines.index(rung), (y[rung] - slot / 2, y[rung] + slot / 2), colour)
        if row["after"]:
            ends = [row["after"], rung]
            axes.plot([x[e] for e in ends], [y[e] for e in ends], color=colour, lw=0.7, ls=":")
        if not np.isnan(row["r2_low"]):
            ends = [style.shown(row["r2_low"]), style.shown(row["r2_high"])]
            axes.plot(ends, [y[rung]] * 2, color=colour, linewidth=1.6)
        gid = f"attribution-{len(hints)}"
        hints[gid] = _hint(row)
        if row["basis"] == GAIN and not np.isnan(row["alone"]):
            _mark(axes, row["alone"], y[rung], style, color=colour, mfc="white", marker=marker)
        _mark(axes, row["r2"], y[rung], style, color=colour, marker=marker, ms=6, gid=gid)
    if _PUBLISHED in style.lines:
        line = style.lines.index(_PUBLISHED) + offset
        _draw_published(axes, ladder, line, style, GREY if style.analogous else colour)


def _draw_published(axes: Axes, ladder: pd.DataFrame, y: float, style: _Style, colour: str) -> None:
    """Draw the published R² alone (hollow) and mixed; as text where one is off the axis."""
    alone = ladder["rung"] == "alone"
    values = {
        what: float(found.iloc[0])
        for what, rows in (("alone", alone), ("mixed", ~alone))
        if len(found := ladder.loc[rows, "published"].dropna())
    }
    if any(style.shown(value) != value for value in values.values()):
        told = ", ".join(f"{what} {value:.2f}" for what, value in values.items())
        text = told.replace("-", "−").replace("0.", ".")
        axes.text(0.01, y, text, va="center", color=colour, transform=axes.get_yaxis_transform())
        return
    for what, value in values.items():
        face = "white" if what == "alone" else colour
        _mark(axes, value, y, style, color=colour, mfc=face, marker="D", ms=5)


def _mark(axes: Axes, value: float, y: float, style: _Style, *, marker: str, **look: Any) -> None:
    """Draw a value; one beyond the axis stands at its edge, with its number."""
    x = style.shown(value)
    if x != value:
        marker = "<"
        axes.text(x, y, f"   {value:.2g}".replace("-", "−"), va="center", fontsize=7.5)
    axes.plot(x, y, linestyle="", marker=marker, clip_on=False, **{"ms": 4.5, **look})


def _bands(axes: Axes, row: pd.Series, line: int, slot: tuple[float, float], colour: str) -> None:
    if not np.isnan(row["oracle_low"]):
        ends = [row["oracle_low"], row["oracle_high"]]
        axes.fill_between(ends, line - 0.46, line + 0.46, color=_BAND, linewidth=0, zorder=0)
    if not np.isnan(row["oracle_gain_low"]) and not np.isnan(row["alone"]):
        ends = [row["alone"] + row[f"oracle_gain_{end}"] for end in ("low", "high")]
        axes.fill_between(ends, *slot, color=colour, alpha=_STRIPE, linewidth=0, zorder=0.5)


def _limits(rows: pd.DataFrame, *, analogous: bool) -> tuple[float, float]:
    columns = ["r2", "r2_low", "r2_high", "alone", "oracle_low", "oracle_high"]
    values = rows[columns + ([] if analogous else ["published"])].to_numpy(float).ravel()
    values = np.clip(values[~np.isnan(values)], FLOOR, 1.0)
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
    margin = 0.05 * ((high - low) or 1.0)
    return low - margin, high + margin


def _legend(figure: Figure, axes: Axes, style: _Style, rows: pd.DataFrame) -> None:
    for number, name in enumerate(style.names):
        colour, marker = look(number)
        axes.plot([], [], color=colour, marker=marker, label=name)
    if (rows["basis"] == GAIN).any():
        label = "alone, under the same settings"
        axes.plot([], [], "o", color=look(0)[0], mfc="white", ms=4.5, label=label)
    if rows["oracle_low"].notna().any():
        axes.fill_between([], [], [], color=_BAND, label="R² that known causes allow (oracle)")
    if rows["oracle_gain_low"].notna().any():
        label = "alone + the gain that they allow"
        axes.fill_between([], [], [], color=look(0)[0], alpha=_STRIPE, label=label)
    if _PUBLISHED in style.lines:
        others = ", other corpora" if style.analogous else ""
        for face, what in (("white", "alone"), (GREY, "mixed")):
            label = f"published, {what}{others}"
            axes.plot([], [], "D", color=GREY, mfc=face, ms=5, label=label)
    add_legend(figure, axes, columns=2)


def _hint(row: pd.Series) -> str:
    text = f"{row['name']}, {RUNG_WORDS[row['rung']]}: R² {row['r2']:.3f}"
    if np.isnan(row["step"]):
        return text
    return (
        f"{text}; step {row['step']:+.3f} [{row['ci95_low']:+.3f}, {row['ci95_high']:+.3f}] "
        f"by {row['cause']}, p {row['p']:.3g}, Holm {row['p_holm']:.3g}, {row['test']}"
    )


def _alt(rows: pd.DataFrame) -> str:
    parts = [
        f"{row['view']}, {row['target']}, {row['name']}, {RUNG_WORDS[row['rung']]}: {row['r2']:.2f}"
        for _, row in rows.iterrows()
    ]
    return "R² from the honest number to the reported one. " + "; ".join(parts)
