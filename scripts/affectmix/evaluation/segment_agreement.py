"""How well the clean and the noisy segments are told apart, where each segment's truth is known.

Sun et al. take a segment for clean if its loss is low (section 2.1.2), and cannot know whether
it is: real corpora rate whole clips. The demo's sections have values of their own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import roc_auc_score

from affectmix.corpora.base import TARGETS
from affectmix.evaluation.segment_curves import PROBABILITY
from affectmix.tasks import Task, classes_from_scores, indicators, targets_of

_CLIP: Final = ["corpus", "clip_id"]


def segment_agreement(
    segments: pd.DataFrame,
    labels: pd.DataFrame,
    sections: pd.DataFrame,
    *,
    task: Task,
    segment_s: float,
) -> dict[str, float]:
    """Return how well clean probabilities tell which segments agree with their clip's label.

    Args:
        segments: ``schemas.SEGMENTS`` of one fold; its training rows count.
        labels: corpus and ``schemas.LABELS`` of their clips.
        sections: corpus and ``schemas.SECTIONS`` of their clips; segments of clips without
            are left out.
        task: a class task.
        segment_s: length of a segment.

    Returns:
        ``segments``, how many there are; ``disagreeing``, the share of them whose own class is
        not their clip's; ``auc``, the chance that of two segments of which one agrees, that
        one has the higher clean probability: NaN where all agree or none does, or where all
        segments have one probability, as without a partition.
    """
    rows = segments[segments["role"] == "train"].merge(sections[_CLIP].drop_duplicates(), on=_CLIP)
    if rows.empty:
        return {"segments": 0, "disagreeing": np.nan, "auc": np.nan}
    agrees = _agrees(rows, labels, sections, task=task, segment_s=segment_s)
    clean = rows["clean_probability"].to_numpy(dtype=float)
    known = np.isfinite(clean)
    told = known.any() and 0 < agrees[known].mean() < 1 and np.ptp(clean[known]) > 0
    return {
        "segments": len(rows),
        "disagreeing": float(1 - agrees.mean()),
        "auc": float(roc_auc_score(agrees[known], clean[known])) if told else np.nan,
    }


def own_accuracy(
    segments: pd.DataFrame, sections: pd.DataFrame, *, task: Task, segment_s: float
) -> float:
    """Return the share of tested segments whose own class, not their clip's, is predicted.

    Args:
        segments: ``schemas.SEGMENTS`` of one fold, with probabilities of all targets.
        sections: corpus and ``schemas.SECTIONS`` of their clips.
        task: a class task.
        segment_s: length of a segment.

    Returns:
        NaN where no tested clip's sections are known.
    """
    tested = segments[segments["role"] == "test"]
    rows = tested.merge(sections[_CLIP].drop_duplicates(), on=_CLIP)
    if rows.empty:
        return math.nan
    own = segment_values(rows, sections, segment_s=segment_s).assign(quadrant=None)
    names = [PROBABILITY + target for target in targets_of(task)]
    said = classes_from_scores(2 * rows[names].to_numpy(dtype=float) - 1, task)
    return float((said == classes_from_scores(indicators(own, task), task)).mean())


def segment_values(
    segments: pd.DataFrame, sections: pd.DataFrame, *, segment_s: float
) -> pd.DataFrame:
    """Return each segment's valence and arousal: its sections' by the time that it has of each.

    Args:
        segments: corpus, clip_id and start_s.
        sections: corpus and ``schemas.SECTIONS``.
        segment_s: length of a segment.

    Returns:
        Columns valence and arousal, with the index of ``segments``; NaN where no section lies.
    """
    placed = segments[[*_CLIP, "start_s"]].reset_index(names="_row")
    pairs = placed.merge(sections, on=_CLIP, suffixes=("", "_section"))
    begin, end = pairs["start_s"].to_numpy(float), pairs["end_s"].to_numpy(float)
    own = pairs["start_s_section"].to_numpy(float)
    share = np.clip(np.minimum(begin + segment_s, end) - np.maximum(begin, own), 0, None)
    weighted = pairs[list(TARGETS)].mul(share, axis=0).assign(_share=share, _row=pairs["_row"])
    sums = weighted.groupby("_row").sum()
    values = sums[list(TARGETS)].div(sums["_share"].where(sums["_share"] > 0), axis=0)
    return values.reindex(segments.index)


def _agrees(
    rows: pd.DataFrame,
    labels: pd.DataFrame,
    sections: pd.DataFrame,
    *,
    task: Task,
    segment_s: float,
) -> npt.NDArray[np.bool_]:
    own = segment_values(rows, sections, segment_s=segment_s).assign(quadrant=None)
    clips = rows[_CLIP].merge(labels, on=_CLIP, how="left")
    same = indicators(own, task) == indicators(clips, task)
    return np.asarray(same.all(axis=1))


def mean_agreement(rows: pd.DataFrame) -> Mapping[str, float]:
    """Return the mean, lowest and highest AUC over the folds that have one, and their number."""
    auc = rows["auc"].dropna()
    if auc.empty:
        return {"folds": 0, "mean": np.nan, "low": np.nan, "high": np.nan}
    low, high = float(auc.min()), float(auc.max())
    return {"folds": len(auc), "mean": float(auc.mean()), "low": low, "high": high}
