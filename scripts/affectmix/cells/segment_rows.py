"""What a segment learner says of each segment, as a table beside a cell's predictions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from affectmix.cells.rows import KEY

if TYPE_CHECKING:
    from affectmix.learners.segments.model import SegmentsModel


def segment_table(
    model: SegmentsModel,
    targets: Sequence[str],
    parts: Sequence[tuple[str, pd.DataFrame, np.ndarray]],
) -> pd.DataFrame:
    """Return every segment of some clips with what the network says of it.

    Args:
        model: of any target; all share the network.
        targets: the names of all targets.
        parts: ``train`` with the rows and log-mels that the model was trained on, in their
            order, and ``test`` with others; a clip that stands there twice is taken once.

    Returns:
        ``schemas.SEGMENTS``: of a class task the columns ``p_<target>`` are probabilities, of
        regression ``y_<target>`` predicted values.
    """
    classes = model.system.answers.classes is not None
    names = [f"{'p' if classes else 'y'}_{target}" for target in targets]
    frames = []
    for role, rows, X in parts:
        segments, shares = model.segments(X)
        frame = rows[KEY].iloc[segments.clip].reset_index(drop=True)
        frame = frame.assign(start_s=segments.start_s, role=role, clean_probability=np.nan)
        if role == "train" and len(model.clean) == len(frame):
            frame["clean_probability"] = model.clean
        frame[names] = shares.astype(np.float32)
        frames.append(frame.drop_duplicates([*KEY, "start_s"]))
    return pd.concat(frames, ignore_index=True)
