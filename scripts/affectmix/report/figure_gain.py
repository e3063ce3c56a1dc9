"""What mixing gains: each comparison's difference in R², with its corrected interval."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from affectmix.evaluation.comparisons import HELPED, HURT
from affectmix.evaluation.mixture_shares import added
from affectmix.report.labels import ordered_mixtures, ordered_targets, short_caveats, with_series
from affectmix.report.style import GREY, Drawing, add_legend, freeze_layout, look, style_context

_LIMIT = 1.0  # gains beyond ±1 are cut off and marked: a diverged model, not a finding


def draw_gain(comparisons: pd.DataFrame, *, oracle: pd.DataFrame | None = None) -> Drawing:
    """Draw each comparison of `compare_mixtures` (R²) as a line of a forest plot.

    Args:
        comparisons: what ``compare_mixtures`` returned; full mixtures are drawn.
        oracle: optional ``view``, ``target``, ``low``, ``high`` (and ``mixture``, where
            brackets differ by it): the gain that the known causes of a synthetic corpus
            allow, drawn as a grey band.

    Returns:
        Filled marks are differences that hold after Holm's adjustment, hollow ones do not.
    """
    oracle = None if oracle is None or oracle.empty else oracle
    rows = with_series(comparisons[comparisons["full"].astype(bool) & comparisons["gain"].notna()])
    targets, mixtures = ordered_targets(rows["target"]), ordered_mixtures(rows["mixture"])
    ranked = rows.assign(
        _target=rows["target"].map(targets.index), _mixture=rows["mixture"].map(mixtures.index)
    ).sort_values(["view", "_target", "_mixture", "series"], kind="stable")
    series = sorted(rows["series"].unique())
    hints: dict[str, str] = {}
    blocks = list(ranked.groupby(["view", "_target", "_mixture"], sort=False))
    with style_context():
        height = 0.35 * len(blocks) + 0.14 * len(ranked)
        figure = Figure(figsize=(7.5, 1.7 + height), layout="constrained")
        axes = figure.add_subplot()
        axes.axvline(0, color=GREY, linewidth=0.9)
        top = 0.0
        ticks: dict[float, str] = {}
        for _, block in blocks:
            extent = 0.8 * len(block)
            ticks[top + extent / 2] = _name(block.iloc[0])
            _bracket(axes, block.iloc[0], oracle, top, top + extent)
            for place, (_, row) in enumerate(block.iterrows()):
                _line(axes, top + 0.8 * (place + 0.5), row, series.index(row["series"]), hints)
            top += extent + 1.0
        axes.set_yticks(list(ticks), list(ticks.values()))
        axes.set_ylim(max(top, 1.5) - 0.5, -0.5)
        axes.grid(visible=False, axis="y")
        _limit_x(axes, ranked, oracle)
        axes.set_xlabel("gain in R² over the own view alone")
        heading = "What mixing gains, with 95 % intervals (filled: holds after Holm's adjustment)"
        figure.suptitle("\n".join([heading, *short_caveats(rows)]))
        _legend(figure, axes, series, oracle)
        freeze_layout(figure)
    return Drawing(figure, _alt(ranked), hints)


def _bracket(
    axes: Axes, row: pd.Series, oracle: pd.DataFrame | None, top: float, bottom: float
) -> None:
    for low, high in _brackets(row, oracle):
        axes.fill_between([low, high], top, bottom, color="#d9d9d9", linewidth=0)


def _line(axes: Axes, y: float, row: pd.Series, number: int, hints: dict[str, str]) -> None:
    colour, marker = look(number)
    shown = row["verdict"] in (HELPED, HURT)
    gid = f"gain-{len(hints)}"
    hints[gid] = (
        f"{_name(row)}: gain {row['gain']:+.3f} [{row['ci95_low']:+.3f}, {row['ci95_high']:+.3f}], "
        f"p {row['p']:.3g}, Holm {row['p_holm']:.3g}"
    )
    x = float(np.clip(row["gain"], -_LIMIT, _LIMIT))
    if x != row["gain"]:
        marker = ">" if x > 0 else "<"
        side, offset = ("right", -0.06) if x > 0 else ("left", 0.06)
        axes.text(x + offset, y, f"{row['gain']:+.3g}", ha=side, va="center", size=7.5)
    elif not np.isnan(row["ci95_low"]):
        ends = np.clip([row["ci95_low"], row["ci95_high"]], -_LIMIT, _LIMIT)
        axes.plot(ends, [y, y], color=colour, linewidth=1.6)
    face = colour if shown else "white"
    axes.plot(x, y, marker=marker, color=colour, mfc=face, markersize=7, gid=gid, clip_on=False)


def _brackets(row: pd.Series, oracle: pd.DataFrame | None) -> list[tuple[float, float]]:
    if oracle is None:
        return []
    keys = [key for key in ("view", "target", "mixture") if key in oracle]
    found = oracle[np.logical_and.reduce([oracle[key] == row[key] for key in keys])]
    return [(float(low), float(high)) for low, high in found[["low", "high"]].to_numpy()]


def _limit_x(axes: Axes, rows: pd.DataFrame, oracle: pd.DataFrame | None) -> None:
    bounds = rows[["ci95_low", "ci95_high", "gain"]].to_numpy(float).ravel()
    if oracle is not None:
        bounds = np.append(bounds, oracle[["low", "high"]].to_numpy(float).ravel())
    bounds = bounds[~np.isnan(bounds)]
    reach = float(np.abs(np.clip(bounds, -_LIMIT, _LIMIT)).max()) if bounds.size else 0.1
    axes.set_xlim(-1.08 * max(reach, 0.05), 1.08 * max(reach, 0.05))


def _legend(figure: Figure, axes: Axes, series: list[str], oracle: pd.DataFrame | None) -> None:
    for number, name in enumerate(series):
        colour, marker = look(number)
        axes.plot([], [], color=colour, marker=marker, label=name)
    if oracle is not None:
        axes.fill_between([], [], [], color="#d9d9d9", label="what the known causes allow (oracle)")
    add_legend(figure, axes, columns=3)


def _name(row: pd.Series) -> str:
    return f"{row['view']}, {row['target']}, adding {added(row['mixture'], row['view'])}"


def _alt(rows: pd.DataFrame) -> str:
    parts = [f"{_name(r)}, {r['series']}: {r['gain']:+.2f}" for _, r in rows.iterrows()]
    return "Gain in R² by mixing. " + "; ".join(parts)
