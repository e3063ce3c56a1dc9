"""Learning curves against a share: what each part of a view adds, and whether more is better."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import numpy as np
import pandas as pd

from affectmix.evaluation.comparisons import verdict_of
from affectmix.evaluation.fold_scores import (
    FAMILY,
    SETTING,
    TASK,
    TESTED,
    Scored,
    scored_cells,
    tested_columns,
    tested_folds,
    with_holm,
)
from affectmix.evaluation.metrics import mean_rows
from affectmix.evaluation.sweeps import LEAST_POINTS, Sweep, find_sweeps, with_all_views

_CURVE = (*SETTING, "view", "target", "sweep", "varied", "giving_way", "own")


def curve_points(
    metrics: pd.DataFrame, *, mean_learners: Collection[str] = ("mean",)
) -> pd.DataFrame:
    """Return R² along every sweep, and what each share gains over the least one.

    Args:
        metrics: rows of ``schemas.METRICS``; cells with a control are left out.
        mean_learners: names of learners that do not learn, and are left out.

    Returns:
        One row per sweep, learner's setting, view, target and share: ``sweep`` (in words),
        ``varied`` and ``giving_way`` (views), ``own`` (whether the varied view is the one
        tested), ``share``, ``mixture`` (named by all views of the experiment), ``r2`` with
        ``r2_low`` and ``r2_high`` (95 % over folds); ``least_share``, and over it ``gain``
        with its corrected 95 % interval, ``effect`` (d_z), two-sided ``p``, ``folds``, and
        ``p_holm`` over the experiment's gains of own and of other views apart. The least
        share itself has no gain, and neither have sweeps in which another view gives way.
    """
    rows: list[dict[str, Any]] = []
    bounds = _bounds(metrics)
    for sweep, fields, curve in _curves(metrics, mean_learners):
        least, base = next(iter(curve.items()))
        for share, cell in curve.items():
            low, high = bounds[tuple(cell.fields[name] for name in TASK)]
            row = {**fields, "share": share, "mixture": cell.fields["mixture"]}
            row |= {"r2": cell.mean, "r2_low": low, "r2_high": high, "least_share": least}
            if share > least and not sweep.giving_way:
                scheme = fields["scheme"]
                test = tested_folds(cell.values - base.values, scheme=scheme, two_sided=True)
                row |= tested_columns(test)
            rows.append(row)
    means_of = ["share", "mixture", "r2", "r2_low", "r2_high", "least_share"]
    frame = pd.DataFrame(rows, columns=[*_CURVE, *means_of, "gain", *TESTED])
    return with_holm(frame, [*FAMILY, "own"])


def trends(metrics: pd.DataFrame, *, mean_learners: Collection[str] = ("mean",)) -> pd.DataFrame:
    """Test along every sweep whether R² rises or falls with the share.

    In each fold the slope of R² on the share is fitted by least squares; the slopes are
    tested against zero as any other difference between folds (`corrected_test`).

    Returns:
        One row per sweep, setting, view and target, without those in which another view
        gives way: ``shares`` (how many), ``from`` and ``to`` (R² at the least and the
        greatest share), ``gain`` (mean slope: R² per whole view) with its corrected 95 %
        interval, ``effect`` (d_z of the slopes), two-sided ``p``, ``folds``, ``p_holm`` over
        the trends of own and of other views apart, and ``verdict``: ``helped`` where R²
        rises, ``hurt`` where it falls, ``not shown``, or ``undefined``.
    """
    rows: list[dict[str, Any]] = []
    for sweep, fields, curve in _curves(metrics, mean_learners):
        if sweep.giving_way or len(curve) < LEAST_POINTS:
            continue
        folds = pd.DataFrame({share: cell.values for share, cell in curve.items()})
        centred = folds.columns.to_numpy(float) - np.mean(folds.columns)
        # Over the least share, as equal scores must have a slope of zero, not of rounding.
        rises = folds.sub(folds.iloc[:, 0], axis="index")
        slopes = (rises * centred).sum(axis=1, skipna=False) / np.square(centred).sum()
        test = tested_folds(slopes, scheme=fields["scheme"], two_sided=True)
        ends = [float(folds[share].mean()) for share in (min(curve), max(curve))]
        seen = {"shares": len(curve), "from": ends[0], "to": ends[1]}
        rows.append({**fields, **seen, **tested_columns(test)})
    frame = pd.DataFrame(rows, columns=[*_CURVE, "shares", "from", "to", "gain", *TESTED])
    frame = with_holm(frame, [*FAMILY, "own"])
    verdicts = [verdict_of(row["gain"], row["p_holm"]) for _, row in frame.iterrows()]
    return frame.assign(verdict=pd.Series(verdicts, index=frame.index, dtype="object"))


def _curves(
    metrics: pd.DataFrame, mean_learners: Collection[str]
) -> Iterator[tuple[Sweep, dict[str, Any], dict[float, Scored]]]:
    """Yield each sweep's cells of one setting, view and target by rising share, two at least."""
    rows = metrics[(metrics["control"] == "none") & ~metrics["learner"].isin(mean_learners)]
    rows = with_all_views(rows)
    cells: dict[tuple[str, ...], dict[str, Scored]] = {}
    for cell in scored_cells(rows, "r2"):
        key = tuple(cell.fields[name] for name in (*SETTING, "view", "target"))
        cells.setdefault(key, {})[cell.fields["mixture"]] = cell
    for sweep in find_sweeps(rows["mixture"].unique()):
        for key, by_mixture in cells.items():
            curve = {s: by_mixture[m] for s, m in sweep.mixtures if m in by_mixture}
            if len(curve) < 2:
                continue
            fields: dict[str, Any] = dict(zip((*SETTING, "view", "target"), key, strict=True))
            fields |= {"sweep": sweep.name, "varied": sweep.varied}
            fields |= {"giving_way": sweep.giving_way, "own": fields["view"] == sweep.varied}
            yield sweep, fields, curve


def _bounds(metrics: pd.DataFrame) -> dict[tuple[str, ...], tuple[float, float]]:
    """Return the bounds of R² by the fields of `TASK`."""
    rows = mean_rows(with_all_views(metrics[metrics["metric"] == "r2"]))
    keys = [tuple(str(value) for value in key) for key in rows[list(TASK)].to_numpy()]
    limits = zip(rows["ci95_low"].astype(float), rows["ci95_high"].astype(float), strict=True)
    return dict(zip(keys, limits, strict=True))
