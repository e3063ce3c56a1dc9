"""Classes of felt emotion, by which folds are stratified and mixtures sub-sampled.

Ward clustering on the arousal-valence plane, as in "Joint learning of music and
generalized sounds" (2024), section "Data": as many clusters as leave every one at least
``min_size`` clips. Labels are often tied, and then Ward's result hangs on the order of
the rows and on their last float digit. Both are fixed here, so that the same labels
always give the same classes.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial import cKDTree

from affectmix.errors import ConfigError
from affectmix.splits.hashing import unit_hash

MIN_SIZE = 25
MOST_CLUSTERED = 5_000  # Ward needs memory for every pair: 0.2 GB here, 80 GB at 10^5 clips
_GRID = 1e6
_OFFSET = (5**0.5 - 1) / 2  # irrational: no label that is a decimal or a fraction lies on an edge


def assign_classes(labels: pd.DataFrame, *, min_size: int = MIN_SIZE) -> pd.DataFrame:
    """Return the class of every clip that has both labels.

    Clustering starts at ``n // min_size`` clusters and merges until the smallest has
    ``min_size`` clips (the joint-learning paper uses 25). Clips with equal
    labels are never parted. Below ``2 * min_size`` clips there is one class. Above
    5,000 clips a sample of 5,000, drawn by a hash of the ids, is clustered, and
    the others join the class of the nearest centre.

    Args:
        labels: ``clip_id``, ``valence`` and ``arousal`` in [-1, 1], in any order; clips
            where either is null are left out.
        min_size: fewest clips in a class, at least 1.

    Returns:
        ``clip_id`` and ``class`` (0, 1, …, by rising mean arousal, then valence), sorted
        by ``clip_id``. [shape=(n, 2)]

    Raises:
        ConfigError: no clip has both labels, an id occurs twice, or ``min_size`` < 1.
    """
    rated = _rated(labels, min_size)
    points = np.floor(rated[["arousal", "valence"]].to_numpy(dtype=float) * _GRID + _OFFSET)
    sample = _sample(rated["clip_id"])
    classes = np.zeros(len(rated), dtype=np.int32)
    classes[sample] = _ward(points[sample], min_size)
    rest = np.setdiff1d(np.arange(len(rated)), sample)
    if rest.size:
        classes[rest] = cKDTree(_centres(points[sample], classes[sample])).query(points[rest])[1]
    return pd.DataFrame({"clip_id": rated["clip_id"].to_numpy(), "class": classes})


def _rated(labels: pd.DataFrame, min_size: int) -> pd.DataFrame:
    if min_size < 1:
        raise ConfigError(
            f"classes.min_size is {min_size}; allowed are whole numbers from 1 up. "
            f"The joint-learning paper uses {MIN_SIZE}."
        )
    rated = labels.loc[labels[["valence", "arousal"]].notna().all(axis=1)]
    if rated.empty:
        raise ConfigError(
            f"labels: none of the {len(labels)} clips has both a valence and an arousal; "
            "classes need both. Check the label columns with `affectmix check`."
        )
    repeated = rated.loc[rated["clip_id"].duplicated(), "clip_id"]
    if len(repeated):
        raise ConfigError(
            f"labels: clip {repeated.iloc[0]!r} has more than one row; one is allowed. "
            "Remove the others from the label file."
        )
    return rated.sort_values("clip_id", kind="stable").reset_index(drop=True)


def _sample(clip_ids: pd.Series) -> np.ndarray:
    """Return the sorted positions of the clips to cluster. [shape=(≤ 5,000,)]"""
    if len(clip_ids) <= MOST_CLUSTERED:
        return np.arange(len(clip_ids))
    order = np.argsort([unit_hash("classes", clip) for clip in clip_ids], kind="stable")
    return np.sort(order[:MOST_CLUSTERED])


def _ward(points: np.ndarray, min_size: int) -> np.ndarray:
    """Return class numbers of points on a whole-numbered grid. [shape=(n, 2) → (n,)]"""
    most = min(len(points) // min_size, len(np.unique(points, axis=0)))
    if most < 2:
        return np.zeros(len(points), dtype=np.int32)
    tree = linkage(points, method="ward")
    step = np.arange(len(points) - 1, dtype=float)
    for wanted in range(most, 0, -1):
        # Cut by the merge's number, not its height: ties in height would merge too much.
        cut = fcluster(tree, len(points) - wanted - 1, criterion="monocrit", monocrit=step) - 1
        if np.bincount(cut).min() >= min_size:
            break
    rank = np.lexsort(_centres(points, cut).T[::-1])
    return np.argsort(rank).astype(np.int32)[cut]


def _centres(points: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return the mean point of each class. [shape=(n_classes, 2)]"""
    return pd.DataFrame(points).groupby(classes).mean().to_numpy()
