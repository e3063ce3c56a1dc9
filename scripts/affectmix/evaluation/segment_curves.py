"""Probabilities along a clip, segment by segment, of the few clips that the report shows.

Fig. 2 of Sun et al. shows one clip of 4Q, which the authors picked. Here a rule picks: of each
class the tested clip in which the probability of that class moves over the widest range; and
the paper's clip, where it is among the tested ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from affectmix.tasks import Task, classes_from_scores, indicators, targets_of

PROBABILITY: Final = "p_"
"""What the names of the columns of probabilities in ``schemas.SEGMENTS`` begin with."""
PAPERS_CLIP: Final = "MT0010465830"
RULE: Final = (
    "Of each class the tested clip in which the probability of its own class moves over the "
    "widest range"
)
_CLIP: Final = ["corpus", "clip_id"]


def segment_curves(
    segments: pd.DataFrame, labels: pd.DataFrame, *, task: Task, segment_s: float
) -> pd.DataFrame:
    """Return the probabilities along the clips that the rule picks.

    Args:
        segments: rows of ``schemas.SEGMENTS`` of one repeat; tested rows count.
        labels: corpus and ``schemas.LABELS`` of their clips.
        task: the class task.
        segment_s: length of a segment.

    Returns:
        corpus, clip_id, true_class, start_s, segment_s, class and p, by clip and start; for two
        classes only those of the second.
    """
    tested = segments[segments["role"] == "test"].reset_index(drop=True)
    picked = _picked(tested, labels, task)
    rows = tested.merge(picked, on=_CLIP)
    shown = {target: name for target, name in _names(task).items() if PROBABILITY + target in rows}
    place = [*_CLIP, "true_class", "start_s"]
    wide = rows[place].assign(segment_s=float(segment_s))
    wide[list(shown.values())] = rows[[PROBABILITY + target for target in shown]].clip(0, 1)
    long = wide.melt([*place, "segment_s"], list(shown.values()), var_name="class", value_name="p")
    return long.sort_values([*_CLIP, "start_s", "class"], ignore_index=True)


def _picked(tested: pd.DataFrame, labels: pd.DataFrame, task: Task) -> pd.DataFrame:
    """Return corpus, clip_id and true_class of the clips to show."""
    known = tested[_CLIP].drop_duplicates().merge(labels, on=_CLIP)
    places = classes_from_scores(indicators(known, task), task)
    known = known[_CLIP].assign(true_class=[task.classes[place] for place in places])
    rows = tested.merge(known, on=_CLIP)
    ranges = rows.assign(own=_own_probability(rows, task)).groupby([*_CLIP, "true_class"])["own"]
    moved = (ranges.max() - ranges.min()).round(9).reset_index(name="moved")
    order = moved.sort_values(["true_class", "moved", *_CLIP], ascending=[True, False, True, True])
    first = order.drop_duplicates("true_class")
    papers = order[order["clip_id"] == PAPERS_CLIP]
    return pd.concat([first, papers]).drop_duplicates(_CLIP)[[*_CLIP, "true_class"]]


def _own_probability(rows: pd.DataFrame, task: Task) -> np.ndarray:
    """Return each row's probability of its clip's true class. [shape=(n,)]"""
    targets = targets_of(task)
    p = rows[[PROBABILITY + target for target in targets]].to_numpy(dtype=float)
    every = p if len(targets) > 1 else np.column_stack([1 - p[:, 0], p[:, 0]])
    places = [task.classes.index(name) for name in rows["true_class"]]
    return np.asarray(every[np.arange(len(rows)), places])


def _names(task: Task) -> Mapping[str, str]:
    """Return target → the class that its probability is of."""
    return dict(zip(targets_of(task), task.classes[-len(targets_of(task)) :], strict=True))
