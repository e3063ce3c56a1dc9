"""Fig. 3 of the joint-learning paper: R² by training set, for each test view."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from affectmix.evaluation.metrics import mean_rows
from affectmix.evaluation.mixture_shares import describe, is_full
from affectmix.report.labels import ordered_mixtures, ordered_targets, short_caveats, with_series
from affectmix.report.style import GREY, Drawing, add_legend, freeze_layout, look, style_context

_WIDEST = 11.0  # inches; beyond it a page shows the figure too small to read
_NARROWEST = 5.6  # below it the heading is cut off
FLOOR = -1.0  # lower values are cut off here, as in the paper, and marked


def draw_fig3(metrics: pd.DataFrame, *, mean_learners: Collection[str] = ("mean",)) -> Drawing:
    """Draw R² with its 95 % interval by training set: a column of panels per test view.

    Args:
        metrics: rows of ``schemas.METRICS``. Drawn are the means over folds of cells
            without a control, of mixtures that take each view wholly or not at all.
        mean_learners: learners left out, as their R² is the line at 0.

    Returns:
        A panel for each target and test view, a column for each view where they fit.
        Values below -1 stand at -1 as a triangle that points down, with their value.
    """
    rows = mean_rows(metrics)
    rows = rows[(rows["metric"] == "r2") & (rows["control"] == "none")]
    rows = rows[~rows["learner"].isin(mean_learners) & rows["value"].notna()]
    rows = with_series(rows[rows["mixture"].map(is_full).astype(bool)])
    panels = _Panels(
        views=sorted(rows["view"].unique()),
        targets=ordered_targets(rows["target"]),
        series=sorted(rows["series"].unique()),
        mixtures=ordered_mixtures(rows["mixture"]),
    )
    hints: dict[str, str] = {}
    with style_context():
        figure, grid = panels.grid()
        lowest = float(rows["ci95_low"].fillna(rows["value"]).min()) if len(rows) else 0.0
        bottom = max(FLOOR, min(-0.1, lowest)) - 0.08
        for axes, (view, target) in zip(grid.flat, panels.order(grid.shape[1]), strict=False):
            panel = rows[(rows["view"] == view) & (rows["target"] == target)]
            _panel(axes, panel, panels.series, panels.mixtures, hints)
            axes.set(title=f"tested on {view}", ylabel=f"R², {target}", ylim=(bottom, 1))
        for axes in grid[-1]:
            axes.set_xlabel("trained on")
        heading = "How well each training set predicts each view (R², 95 % over folds)"
        figure.suptitle("\n".join([heading, *short_caveats(rows)]))
        add_legend(figure, grid.flat[0], columns=4)
        freeze_layout(figure)
    return Drawing(figure, _alt(rows), hints)


@dataclass(frozen=True)
class _Panels:
    """What the panels show, and how they are laid out."""

    views: list[str]
    targets: list[str]
    series: list[str]
    mixtures: list[str]

    def grid(self) -> tuple[Figure, np.ndarray]:
        """Return a figure with an array of axes: a column per view, if the page is wide enough.

        Else, or where there is one view, a column per target, else one column.
        """
        count = max(1, len(self.views)) * max(1, len(self.targets))
        letters = [len(line) for m in self.mixtures for line in _wrapped(m).split("\n")]
        slot = max(0.45, 0.13 * len(self.series) + 0.2, 0.08 * max(letters, default=0) + 0.12)
        panel = max(2.3, slot * len(self.mixtures)) + 0.75
        by_view, by_target = len(self.views), len(self.targets)
        wished = (by_view, by_target) if by_view > 1 else (by_target, by_view)
        fitting = [n for n in wished if 0 < n * panel <= _WIDEST]
        columns = fitting[0] if fitting else 1
        size = (max(_NARROWEST, panel * columns + 0.2), 1.3 + 2.2 * count / columns)
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots(count // columns, columns, squeeze=False, sharey=True, sharex=True)
        return figure, axes

    def order(self, columns: int) -> list[tuple[str, str]]:
        """Return (view, target) of each panel, row by row."""
        if columns == len(self.views):
            return [(view, target) for target in self.targets for view in self.views]
        return [(view, target) for view in self.views for target in self.targets]


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
