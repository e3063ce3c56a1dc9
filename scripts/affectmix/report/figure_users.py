"""Learning curves: how well listeners are known after a number of songs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from affectmix.report.style import (
    DASHES,
    GREY,
    Drawing,
    add_legend,
    freeze_layout,
    look,
    style_context,
)
from affectmix.tuning.trial import BOUND, GENERAL

_PANEL = (3.6, 2.6)  # inches
_YLABELS = {
    "rmse": "RMSE, valence and arousal",
    "accuracy": "quadrants right",
    "log_loss": "log loss of quadrants",
}
_CHOOSERS = {"random": "random songs", "suggested": "suggested songs", "picked": "picked songs"}
_DODGE = 0.05


def draw_users(curves: pd.DataFrame, *, heading: str) -> Drawing:
    """Draw measures against the number of songs: a column per chooser, a row per measure.

    Args:
        curves: rows of `user_curves` of one cell and kind of listeners, on songs that were
            never asked about; several metrics.
        heading: what stands above the panels.
    """
    tuned = curves[~curves["method"].isin([GENERAL, BOUND])]
    choosers = [name for name in _CHOOSERS if (tuned["chooser"] == name).any()]
    methods = sorted(tuned["method"].unique())
    counts = sorted(int(count) for count in tuned["songs"].unique())
    metrics = [name for name in _YLABELS if (curves["metric"] == name).any()]
    hints: dict[str, str] = {}
    with style_context():
        size = (_PANEL[0] * max(len(choosers), 2), 1.1 + _PANEL[1] * len(metrics))
        figure = Figure(figsize=size, layout="constrained")
        grid = figure.subplots(len(metrics), len(choosers), squeeze=False, sharey="row")
        for row, metric in enumerate(metrics):
            own = curves[curves["metric"] == metric]
            for column, chooser in enumerate(choosers):
                axes = grid[row, column]
                _levels(axes, own)
                part = own[own["chooser"] == chooser]
                _lines(axes, part, methods, counts, f"users-{row}-{column}", hints)
                axes.set_xticks(range(len(counts)), [str(count) for count in counts])
                axes.set_xlim(-0.3, len(counts) - 0.7)
                axes.set_title(_CHOOSERS[chooser] if row == 0 else "")
                if row == len(metrics) - 1:
                    axes.set_xlabel("songs rated")
            grid[row, 0].set_ylabel(_YLABELS[metric])
        figure.suptitle(heading)
        # Some methods have no curve in the first panel, but every name is wanted once.
        for number, method in enumerate(methods):
            colour, marker = look(number)
            grid[0, 0].plot([], [], marker=marker, color=colour, ls=_dash(number), label=method)
        add_legend(figure, grid[0, 0], columns=3)
        freeze_layout(figure)
    return Drawing(figure, _alt(tuned, metrics), hints)


def _levels(axes: Axes, rows: pd.DataFrame) -> None:
    """Draw the general model and the upper bound, which no number of songs changes."""
    for method, style, colour, label in (
        (GENERAL, "--", GREY, "general model"),
        (BOUND, "-", "#000000", "knows the listener (upper bound)"),
    ):
        value = rows.loc[rows["method"] == method, "value"]
        if len(value):
            axes.axhline(float(value.iloc[0]), linestyle=style, color=colour, lw=1, label=label)


def _lines(
    axes: Axes,
    rows: pd.DataFrame,
    methods: Sequence[str],
    counts: Sequence[int],
    prefix: str,
    hints: dict[str, str],
) -> None:
    for number, method in enumerate(methods):
        own = rows[rows["method"] == method].sort_values("songs")
        if own.empty:
            continue
        colour, marker = look(number)
        shift = _DODGE * (number - (len(methods) - 1) / 2)
        places = np.array([counts.index(int(count)) for count in own["songs"]]) + shift
        values = own["value"].to_numpy()
        spread = np.abs(own[["ci95_low", "ci95_high"]].to_numpy().T - values)
        axes.errorbar(places, values, yerr=spread, color=colour, lw=0.8, ls="none")
        (line,) = axes.plot(places, values, marker=marker, color=colour, ls=_dash(number), ms=4.5)
        gid = f"{prefix}-{number}"
        line.set_gid(gid)
        told = ", ".join(
            f"{count}: {value:.3f}" for count, value in zip(own["songs"], values, strict=True)
        )
        hints[gid] = f"{method}, by songs: {told}"


def _dash(number: int) -> str:
    return DASHES[number % len(DASHES)]


def _alt(tuned: pd.DataFrame, metrics: Sequence[str]) -> str:
    parts = []
    for metric in metrics:
        rows = tuned[(tuned["metric"] == metric) & (tuned["songs"] == tuned["songs"].max())]
        told = ", ".join(
            f"{row.method} with {row.chooser} songs {row.value:.3f} (general {row.general:.3f})"
            for row in rows.itertuples()
        )
        parts.append(f"{_YLABELS[metric]} after {int(tuned['songs'].max())} songs: {told}")
    return "Learning curves of tuning to single listeners. " + ". ".join(parts)
