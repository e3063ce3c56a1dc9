"""Fig. 3 of the joint-learning paper: R² by training set, for each test view."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from affectmix.evaluation.metrics import mean_rows
from affectmix.evaluation.mixture_shares import describe, is_full
from affectmix.report.labels import ordered_mixtures, ordered_targets, short_caveats, with_series
from affectmix.report.style import GREY, Drawing, add_legend, freeze_layout, look, style_context

FLOOR = -1.0  # lower values are cut off here, as in the paper, and marked


def draw_fig3(metrics: pd.DataFrame, *, mean_learners: Collection[str] = ("mean",)) -> Drawing:
    """Draw R² with its 95 % interval by training set: a column of panels per test view.

    Args:
        metrics: rows of ``tables.METRICS``. Drawn are the means over folds of cells
            without a control, of mixtures that take each view wholly or not at all.
        mean_learners: learners left out, as their R² is the line at 0.

    Returns:
        Panels by target (rows) and test view (columns). Values below -1 stand at -1 as a
        triangle that points down, with their value beside it.
    """
    rows = mean_rows(metrics)
    rows = rows[(rows["metric"] == "r2") & (rows["control"] == "none")]
    rows = rows[~rows["learner"].isin(mean_learners) & rows["value"].notna()]
    rows = with_series(rows[rows["mixture"].map(is_full).astype(bool)])
    views, targets = sorted(rows["view"].unique()), ordered_targets(rows["target"])
    series, mixtures = sorted(rows["series"].unique()), ordered_mixtures(rows["mixture"])
    hints: dict[str, str] = {}
    with style_context():
        wide = max(2.4, 0.55 + 0.5 * len(mixtures) + 0.16 * len(series) * len(mixtures))
        figure = Figure(
            figsize=(0.7 + wide * max(1, len(views)), 1.4 + 2.1 * max(1, len(targets))),
            layout="constrained",
        )
        grid = figure.subplots(
            max(1, len(targets)), max(1, len(views)), squeeze=False, sharey=True, sharex=True
        )
        lowest = float(rows["ci95_low"].fillna(rows["value"]).min()) if len(rows) else 0.0
        bottom = max(FLOOR, min(-0.1, lowest)) - 0.08
        for down, target in enumerate(targets):
            for across, view in enumerate(views):
                axes = grid[down, across]
                panel = rows[(rows["view"] == view) & (rows["target"] == target)]
                _panel(axes, panel, series, mixtures, hints)
                axes.set_ylim(bottom, 1)
                if down == 0:
                    axes.set_title(f"tested on {view}")
                if across == 0:
                    axes.set_ylabel(f"R², {target}")
        for axes in grid[-1]:
            axes.set_xlabel("trained on")
        heading = "How well each training set predicts each view (R², 95 % over folds)"
        figure.suptitle("\n".join([heading, *short_caveats(rows)]))
        add_legend(figure, grid[0, 0], columns=4)
        freeze_layout(figure)
    return Drawing(figure, _alt(rows), hints)


def _panel(
    axes: Axes, panel: pd.DataFrame, series: list[str], mixtures: list[str], hints: dict[str, str]
) -> None:
    axes.axhline(0, color=GREY, linewidth=0.9)
    for number, name in enumerate(series):
        colour, marker = look(number)
        axes.plot([], [], color=colour, marker=marker, label=name, linestyle="none")
        shift = (number - (len(series) - 1) / 2) * 0.7 / max(len(series), 1)
        for _, row in panel[panel["series"] == name].iterrows():
            x = mixtures.index(row["mixture"]) + shift
            gid = f"fig3-{len(hints)}"
            hints[gid] = _hint(row)
            _mark(axes, x, row, colour, marker, gid)
    axes.set_xticks(range(len(mixtures)), [_wrapped(mixture) for mixture in mixtures])
    axes.set_xlim(-0.5, len(mixtures) - 0.5)
    axes.grid(visible=False, axis="x")
    for edge in np.arange(0.5, len(mixtures) - 1):
        axes.axvline(edge, color="#cfcfcf", linewidth=0.6, linestyle=":")


def _mark(axes: Axes, x: float, row: pd.Series, colour: str, marker: str, gid: str) -> None:
    value = float(row["value"])
    low, high = float(row["ci95_low"]), float(row["ci95_high"])
    if value < FLOOR:
        axes.plot(x, FLOOR, marker="v", markersize=8, color=colour, gid=gid, clip_on=False)
        axes.text(x, FLOOR + 0.07, f"{value:.3g}", rotation=90, ha="center", va="bottom", size=7)
        return
    if not np.isnan(low):
        axes.plot([x, x], [max(low, FLOOR), high], color=colour, linewidth=1.4)
        ends = [end for end in (low, high) if end >= FLOOR]
        axes.plot([x] * len(ends), ends, "_", color=colour, markersize=5)
    axes.plot(x, value, marker=marker, color=colour, markersize=6, gid=gid, mec="black", mew=0.5)


def _wrapped(mixture: str) -> str:
    return describe(mixture).replace(" + ", "\n+ ")


def _hint(row: pd.Series) -> str:
    bounds = f" [{row['ci95_low']:.3f}, {row['ci95_high']:.3f}]"
    interval = "" if np.isnan(row["ci95_low"]) else bounds
    return (
        f"{row['series']}, trained on {describe(row['mixture'])}, tested on {row['view']}, "
        f"{row['target']}: R² {row['value']:.3f}{interval}"
    )


def _alt(rows: pd.DataFrame) -> str:
    best = rows.sort_values("value").groupby(["view", "target"]).tail(1).sort_values("view")
    parts = [
        f"{row['view']}, {row['target']}: best is {row['series']} trained on "
        f"{describe(row['mixture'])}, R² {row['value']:.2f}"
        for _, row in best.iterrows()
    ]
    return "R² by training set. " + "; ".join(parts)
