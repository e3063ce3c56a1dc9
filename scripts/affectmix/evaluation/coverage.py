"""Whether intervals hold what they promise: each fold's, calibrated on the other folds' errors.

A final model's intervals come from all errors out of fold (`affectmix.cells.conformal`). Here each
outer fold is treated as new audio: its intervals come from the errors of the other folds,
and the share of its clips whose rating lies within is counted. That share is held against a
binomial of as many clips, with the nominal share for its probability (Clopper and Pearson, 1934).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import numpy as np
import pandas as pd
from scipy import stats

from affectmix.cells.conformal import half_width
from affectmix.evaluation.metrics import CELL_FIELDS
from affectmix.schemas import COVERAGE
from affectmix.splits.mixtures import parse_mixture

NOMINAL: Final = 0.9
ALL_VIEWS: Final = "(all trained on)"
_TARGETS: Final = ("valence", "arousal")
_CLIP: Final = ["repeat", "corpus", "clip_id"]


def measure_coverage(
    predictions: pd.DataFrame, models: Collection[str], *, nominal: float = NOMINAL
) -> pd.DataFrame:
    """Return how often intervals hold the rating, per cell, target and view.

    Of cells that leave a final model, which alone has intervals, and that predict ratings. Errors
    are those on the views trained on, as for the final model; a view that is only tested is
    measured with the same intervals, which promise nothing of it.

    Args:
        predictions: ``schemas.PREDICTIONS`` of one experiment.
        models: the cells of which a final model is stored.
        nominal: share of clips that intervals are to hold, in (0, 1).

    Returns:
        ``schemas.COVERAGE``; the view ``(all trained on)`` holds each clip of the views that
        the cell trains on once. ``low`` and ``high`` bound the coverage with 95 % confidence.
    """
    kept = predictions[predictions["cell"].isin(models) & predictions["target"].isin(_TARGETS)]
    rows = []
    for values, cell in kept.groupby([*CELL_FIELDS, "target"], observed=True):
        identity = dict(zip([*CELL_FIELDS, "target"], values, strict=True))
        for counted in _of_cell(cell, nominal):
            rows.append({**identity, "nominal": nominal, **counted})
    frame = pd.DataFrame(rows, columns=list(COVERAGE.columns))
    return frame.astype({"clips": "int64", "trained_on": "bool"})


def _of_cell(cell: pd.DataFrame, nominal: float) -> list[dict[str, object]]:
    """Return the rows of one cell and target, without what names them."""
    shares = parse_mixture(str(cell["mixture"].iloc[0]))
    errors = cell.assign(
        error=(cell["y_true"] - cell["y_pred"]).abs(),
        trained_on=cell["view"].map(lambda view: shares.get(view, 0) > 0).astype(bool),
    )
    known = errors[errors["trained_on"]].drop_duplicates(_CLIP)
    widths: dict[tuple[int, int], float] = {}
    for repeat in errors["repeat"].unique():
        own = known[known["repeat"] == repeat]
        for fold in errors.loc[errors["repeat"] == repeat, "fold"].unique():
            others = own.loc[own["fold"] != fold, "error"].to_numpy()
            widths[repeat, fold] = half_width(others, nominal)
    parts = [(ALL_VIEWS, True, known)]
    parts += [
        (str(view), bool(part["trained_on"].iloc[0]), part)
        for view, part in errors.groupby("view", observed=True)
    ]
    return [
        {"view": view, "trained_on": trained, **_counted(part, widths)}
        for view, trained, part in parts
    ]


def _counted(part: pd.DataFrame, widths: dict[tuple[int, int], float]) -> dict[str, object]:
    own = np.array([widths[key] for key in zip(part["repeat"], part["fold"], strict=True)])
    held = part["error"].to_numpy() <= own
    clips = len(part[["corpus", "clip_id"]].drop_duplicates())
    low, high = binomial_bounds(float(held.mean()), clips)
    finite = own[np.isfinite(own)]
    return {
        "clips": clips,
        "coverage": float(held.mean()),
        "low": low,
        "high": high,
        "half_width": float(finite.mean()) if finite.size == own.size else None,
    }


def binomial_bounds(share: float, count: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Return the bounds of a binomial's probability after Clopper and Pearson.

    Args:
        share: of the trials that succeeded, in [0, 1]; of repeats, their mean.
        count: how many trials there were, at least 1.
        confidence: in (0, 1).

    >>> [round(bound, 4) for bound in binomial_bounds(0.9, 100)]
    [0.8238, 0.951]
    """
    tail, hits = (1 - confidence) / 2, share * count
    low = float(stats.beta.ppf(tail, hits, count - hits + 1)) if hits > 0 else 0.0
    high = float(stats.beta.ppf(1 - tail, hits + 1, count - hits)) if hits < count else 1.0
    return low, high


def verdicts(coverage: pd.DataFrame) -> pd.DataFrame:
    """Return ``coverage`` with ``verdict``: ``as promised``, ``too low``, ``too high`` or none.

    A share is judged where it counts all that a cell trains on; of m judged shares each has
    the confidence 1 − .05 / m (Bonferroni), so that chance names one in 5 % of experiments.
    """
    judged = (coverage["view"] == ALL_VIEWS).to_numpy()
    confidence = 1 - 0.05 / max(int(judged.sum()), 1)
    words = []
    columns = coverage[["coverage", "clips", "nominal"]].to_numpy(float)
    for (share, clips, nominal), is_judged in zip(columns, judged, strict=True):
        low, high = binomial_bounds(share, int(clips), confidence=confidence)
        word = "too low" if high < nominal else "too high" if low > nominal else "as promised"
        words.append(word if is_judged else "")
    return coverage.assign(verdict=pd.Series(words, index=coverage.index, dtype="object"))
