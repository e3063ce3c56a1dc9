"""Figs. 4 and 5 of the joint-learning paper, and the gains along them, against the shares."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from affectmix.report.labels import ordered_targets
from affectmix.report.paths import Path
from affectmix.report.style import (
    DASHES,
    GREY,
    Drawing,
    add_legend,
    freeze_layout,
    look,
    style_context,
)

FLOOR = -1.0  # lower values are cut off here, as in the paper, and marked
_PANEL = (3.9, 2.4)  # inches
_WIDEST = 11.0
_LETTERS = 42  # of a title that a panel is wide enough for
_BAND = "#bdbdbd"
_KNOWN = "what the known causes allow (oracle)"


@dataclass(frozen=True)
class SweepStyle:
    """How a sweep is drawn.

    Attributes:
        name: the figure's file, with which the ids of its marks start.
        heading: lines above the panels.
        ylabel: what is drawn; the target's name follows.
        most: where the vertical axis ends at most; 1 for R².
    """

    name: str
    heading: Sequence[str]
    ylabel: str = "R²"
    most: float = 1.0


def draw_sweep(rows: pd.DataFrame, paths: Mapping[str, Path], style: SweepStyle) -> Drawing:
    """Draw values with their intervals along the mixtures: panels by target.

    Args:
        rows: one per mark: ``panel``, ``target``, ``line`` (its name in the
            legend), ``mixture``, ``value``, ``low`` and ``high`` (95 %), ``hollow`` (drawn
            pale with hollow marks), and ``known_low``, ``known_high``: what known causes
            allow there, drawn as a band; NaN where unknown.
        paths: panel → its title and horizontal axis; mixtures that are not on it are passed over.
        style: names and headings.

    Returns:
        Colour, marker and dashes go by line, so that grey prints can be read. Values below
        -1 stand at -1 as a triangle that points down.
    """
    targets, names = ordered_targets(rows["target"]), list(dict.fromkeys(rows["line"]))
    places = [paths[p].places.get(m, np.nan) for p, m in rows[["panel", "mixture"]].to_numpy()]
    placed = rows.assign(x=np.array(places, dtype=float)).dropna(subset="x")
    hints: dict[str, str] = {}
    with style_context():
        figure, grid = _grid(len(paths), len(targets))
        for column, (panel, path) in enumerate(paths.items()):
            for number, target in enumerate(targets):
                axes = grid[number, column]
                part = placed[(placed["panel"] == panel) & (placed["target"] == target)]
                _bands(axes, part, names)
                _lines(axes, part, names, style, hints)
                _dress(axes, path, f"{style.ylabel}, {target}")
        _limit(grid, placed, style.most)
        figure.suptitle("\n".join(style.heading))
        if placed["known_low"].notna().any():
            grid.flat[0].fill_between([], [], [], color=_BAND, label=_KNOWN)
        add_legend(figure, grid.flat[0], columns=3)
        freeze_layout(figure)
    return Drawing(figure, _alt(placed, style), hints)


def _grid(panels: int, targets: int) -> tuple[Figure, np.ndarray]:
    """Return axes [shape=(targets, panels)]: a column per panel if several fit, else a row."""
    flat = 1 < panels <= _WIDEST / _PANEL[0]
    columns, rows = (panels, targets) if flat else (targets, panels)
    columns, rows = max(columns, 1), max(rows, 1)
    size = (max(_PANEL[0] * columns, 5.5), 1.4 + _PANEL[1] * rows)
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, sharey=True)
    return figure, grid if flat else grid.T


def _bands(axes: Axes, part: pd.DataFrame, names: Sequence[str]) -> None:
    """Draw what the known causes allow, in the colour of its line where lines differ in it."""
    known = part.dropna(subset=["known_low", "known_high"])
    columns = ["x", "known_low", "known_high"]
    bands = {line: rows.sort_values("x")[columns] for line, rows in known.groupby("line")}
    distinct = {band.to_numpy().tobytes() for band in bands.values()}
    if len(distinct) == 1:
        axes.fill_between(*next(iter(bands.values())).to_numpy().T, color=_BAND, alpha=0.6, lw=0)
        return
    for line, band in bands.items():
        colour, _ = look(names.index(str(line)))
        dashes = DASHES[names.index(str(line)) % len(DASHES)]
        axes.fill_between(*band.to_numpy().T, color=colour, alpha=0.16, linewidth=0)
        for edge in ("known_low", "known_high"):
            axes.plot(band["x"], band[edge], color=colour, lw=0.6, alpha=0.7, linestyle=dashes)


def _lines(
    axes: Axes, part: pd.DataFrame, names: Sequence[str], style: SweepStyle, hints: dict[str, str]
) -> None:
    axes.axhline(0, color=GREY, linewidth=0.9)
    for number, name in enumerate(names):
        colour, marker = look(number)
        line = part[part["line"] == name].sort_values("x")
        hollow = bool(line["hollow"].any())
        face = "white" if hollow else colour
        shift = (number - (len(names) - 1) / 2) * 0.03
        x = line["x"].to_numpy(float) + shift
        y = np.maximum(line["value"].to_numpy(float), FLOOR)
        dashes = DASHES[number % len(DASHES)]
        axes.plot(x, y, color=colour, linestyle=dashes, linewidth=1.3, alpha=0.6 if hollow else 1)
        axes.plot(
            [], [], color=colour, linestyle=dashes, marker=marker, mfc=face, mec=colour, label=name
        )
        for place, (_, row) in zip(x, line.iterrows(), strict=True):
            gid = f"{style.name}-{len(hints)}"
            hints[gid] = _hint(row, style.ylabel)
            _mark(axes, place, row, (colour, marker, face), gid)


def _mark(axes: Axes, x: float, row: pd.Series, look_: tuple[str, str, str], gid: str) -> None:
    colour, marker, face = look_
    value, low, high = (float(row[name]) for name in ("value", "low", "high"))
    cut = value < FLOOR
    if not cut and not np.isnan(low):
        axes.plot([x, x], [max(low, FLOOR), high], color=colour, linewidth=1.1)
    axes.plot(
        x,
        max(value, FLOOR),
        marker="v" if cut else marker,
        color=colour,
        mfc=face,
        markersize=5.5,
        gid=gid,
        clip_on=not cut,
    )


def _dress(axes: Axes, path: Path, ylabel: str) -> None:
    axes.set_title(textwrap.fill(path.title, _LETTERS))
    axes.set_xticks(list(path.ticks), list(path.ticks.values()))
    axes.set_xlabel(textwrap.fill(path.label, _LETTERS + 8))
    axes.set_ylabel(ylabel)
    if max(path.ticks) > 1:
        axes.axvline(1, color="#cfcfcf", linewidth=0.8, linestyle=":", zorder=0)


def _limit(grid: np.ndarray, rows: pd.DataFrame, most: float) -> None:
    """Give all panels the same vertical axis: all marks, and intervals as far as they can be."""
    names = ["value", "low", "high", "known_low", "known_high"]
    bounds = rows[names].to_numpy(float).ravel()
    bounds = np.clip(bounds[~np.isnan(bounds)], FLOOR, most)
    low, high = (min(bounds.min(), 0.0), max(bounds.max(), 0.0)) if bounds.size else (0.0, 1.0)
    margin = 0.06 * max(high - low, 0.1)
    grid.flat[0].set_ylim(low - margin, high + margin)


def _hint(row: pd.Series, quantity: str) -> str:
    bounds = "" if np.isnan(row["low"]) else f" [{row['low']:.3f}, {row['high']:.3f}]"
    return f"{row['hint']}, {row['target']}: {quantity} {row['value']:.3f}{bounds}"


def _alt(rows: pd.DataFrame, style: SweepStyle) -> str:
    best = rows.sort_values("value").groupby(["panel", "line", "target"], sort=True).tail(1)
    best = best.sort_values(["panel", "line", "target"])
    parts = [f"{row['hint']}, {row['target']} {row['value']:.2f}" for _, row in best.iterrows()]
    return f"{style.heading[0]}. Greatest {style.ylabel}: " + "; ".join(parts)
