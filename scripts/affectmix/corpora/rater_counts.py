"""How many listeners stand behind a mean rating, read off the mean and the deviation.

Ratings are points of a scale. The mean of n of them is a whole number of points by n, and
n, mean and standard deviation together give the sum of their squares, a whole number too.
Only few n fit a published mean and deviation, and the smallest is the number of listeners
(or, where deviations divide by n, a part of it: hence ``least``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

_MOST: Final = 100
_FITTING: Final = 0.95  # share of the clips below which the numbers are not what they seem
_MEAN_ERROR: Final = 1e-5  # of a mean in points, by digits that were not printed
_SQUARE_ERROR: Final = 1e-3  # of a mean square in points²


@dataclass(frozen=True)
class RatingScale:
    """How a corpus's published means and standard deviations were made.

    Attributes:
        points: number of points of the scale, evenly spread over [-1, 1].
        ddof: what the standard deviations divide by: n - ``ddof``.
        least: fewest listeners of a clip.
    """

    points: int
    ddof: int
    least: int = 2


def count_listeners(labels: pd.DataFrame, scale: RatingScale) -> pd.DataFrame | None:
    """Return the smallest number of listeners that fits all of a clip's means and deviations.

    Args:
        labels: rows of ``schemas.LABELS``, on [-1, 1].
        scale: the corpus's.

    Returns:
        By ``clip_id``, columns ``valence`` and ``arousal``, the same in both; 0 where no
        number up to 100 fits. None where that is so of more than one clip in twenty, as
        with numbers rounded to few digits: others then fit by chance.
    """
    half = (scale.points - 1) / 2  # points from the middle of the scale to its end
    means = (labels[["valence", "arousal"]].to_numpy(float) + 1) * half
    spreads = labels[["valence_sd", "arousal_sd"]].to_numpy(float) * half
    counts = np.zeros(len(labels), dtype=int)
    for n in range(_MOST, max(scale.least, scale.ddof + 1) - 1, -1):
        sums, squares = n * means, (n - scale.ddof) * spreads**2 + n * means**2
        fits = np.abs(sums - np.round(sums)) <= n * _MEAN_ERROR
        fits &= np.abs(squares - np.round(squares)) <= n * _SQUARE_ERROR
        counts[fits.all(axis=1)] = n
    if np.mean(counts > 0) < _FITTING:
        return None
    index = pd.Index(labels["clip_id"], name="clip_id")
    return pd.DataFrame({"valence": counts, "arousal": counts}, index=index)
