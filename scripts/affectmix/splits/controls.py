"""Label controls: cells whose labels are known to hold nothing, so that no skill may show.

``permuted``: within each corpus, clips swap labels, in training and test alike.
``uniform-<view>``: in training only, a view's labels are noise between each label's
minimum and maximum, as in Fig. 5 of "Joint learning of music and generalized sounds".
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from affectmix.errors import ConfigError

TARGETS = ("valence", "arousal")


def control_labels(
    labels: pd.DataFrame,
    control: str,
    *,
    seed: int,
    phase: Literal["train", "test"],
    view_clips: Mapping[str, tuple[str, Collection[str]]],
    targets: Sequence[str] = TARGETS,
    carried: Sequence[str] = (),
) -> pd.DataFrame:
    """Return ``labels`` as the control wants them; the same for every fold.

    Args:
        labels: ``corpus, clip_id`` and the targets in [-1, 1] of *all* clips of the cell's
            corpora, not of one fold, in any order. Clips without all targets stay as they are.
        control: ``none``, ``permuted`` or ``uniform-<view>``.
        seed: another seed gives other labels.
        phase: whether the labels are trained on or tested against.
        view_clips: view to its corpus and clip ids.
        targets: columns that move; all of a clip's move together.
        carried: columns that move with them and may be null, such as a quadrant; noise has
            none, so that ``uniform-<view>`` refuses them.

    Returns:
        A copy in the row order of ``labels``, with a new index.

    Raises:
        ConfigError: the control or its view is unknown, or the control draws ratings and
            quadrants are carried.
    """
    labels = labels.reset_index(drop=True)
    kind, _, view = control.partition("-")
    if control == "permuted":
        return _permuted(labels, list(targets), list(carried), seed)
    if kind == "uniform" and view in view_clips:
        if carried:
            raise ConfigError(
                f"control {control!r} draws ratings, and there are none of {list(carried)}; it is "
                "for task 'regression' only. Take 'permuted' for classes."
            )
        if phase == "test":
            return labels
        return _uniform(labels, list(targets), seed, *view_clips[view])
    if control != "none":
        allowed = ["none", "permuted", *(f"uniform-{name}" for name in sorted(view_clips))]
        raise ConfigError(f"control {control!r} is unknown; allowed are {allowed}. Take one.")
    return labels


def _permuted(
    labels: pd.DataFrame, targets: list[str], carried: list[str], seed: int
) -> pd.DataFrame:
    changed = labels.copy()
    for corpus, rows in _rated(labels, targets).groupby("corpus"):
        order = _generator(seed, "permuted", str(corpus)).permutation(len(rows))
        for column in [*targets, *carried]:
            changed.loc[rows.index, column] = rows[column].to_numpy()[order]
    return changed


def _uniform(
    labels: pd.DataFrame, targets: list[str], seed: int, corpus: str, clips: Collection[str]
) -> pd.DataFrame:
    rated = _rated(labels, targets)
    rows = rated[(rated["corpus"] == corpus) & rated["clip_id"].isin(set(clips))]
    values = rows[targets].to_numpy(dtype=float)
    changed = labels.copy()
    if len(rows):
        noise = _generator(seed, "uniform", corpus).uniform(size=values.shape)
        low, high = values.min(axis=0), values.max(axis=0)
        changed.loc[rows.index, targets] = low + noise * (high - low)
    return changed


def _rated(labels: pd.DataFrame, targets: list[str]) -> pd.DataFrame:
    """Return the clips with all targets, in an order that is the same for any row order."""
    return labels.dropna(subset=targets).sort_values(["corpus", "clip_id"])


def _generator(seed: int, *names: str) -> np.random.Generator:
    return np.random.default_rng([seed, *"/".join(names).encode()])
