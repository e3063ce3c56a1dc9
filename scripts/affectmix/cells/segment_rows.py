"""What a segment learner says of each segment, as a table beside a cell's predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from affectmix.cells.rows import KEY
from affectmix.learners.base import TargetModel

if TYPE_CHECKING:
    from affectmix.learners.segments.model import SegmentsModel


def segment_table(
    models: Mapping[str, TargetModel], parts: Sequence[tuple[str, pd.DataFrame, np.ndarray]]
) -> pd.DataFrame:
    """Return every segment of some clips with what the network says of it.

    Args:
        models: of all targets, which share the network.
        parts: ``train`` with the rows and log-mels that the model was trained on, in their
            order, and ``test`` with others; a clip that stands there twice is taken once.

    Returns:
        ``schemas.SEGMENTS``: of a class task the columns ``p_<target>`` are probabilities, of
        regression ``y_<target>`` predicted values.
    """
    model = _any_of(models)
    classes = model.system.answers.classes is not None
    names = [f"{'p' if classes else 'y'}_{target}" for target in models]
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


def training_report(models: Mapping[str, TargetModel]) -> dict[str, Any]:
    """Return how the training of a segment learner's models went, as plain data."""
    return dict(_any_of(models).report)


def _any_of(models: Mapping[str, TargetModel]) -> SegmentsModel:
    return cast("SegmentsModel", next(iter(models.values())))
