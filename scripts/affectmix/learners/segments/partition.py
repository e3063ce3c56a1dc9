"""Which segments' labels hold: a mixture of two Gaussians on their losses. No torch here.

Sun et al., section 2.1.2, after Arazo et al. (2019) and DivideMix: networks learn labels that
hold before those that do not, so that low losses mark the former.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

_HIGHEST: Final = 99.5  # percentile that outliers are held at; one of them would hide the rest
_NEAREST: Final = 0.05  # of normalised means, below which there is one component, not two
_LIGHTEST: Final = 0.01  # share of a component, below which it holds nothing but outliers


@dataclass(frozen=True)
class Partition:
    """The clean and the noisy segments of an epoch.

    Attributes:
        clean: each segment's posterior of the component with the lower mean [shape=(s,)];
            1 throughout where the mixture collapsed.
        means: of both components, on losses from 0 to 1, the lower first; NaN if collapsed.
        collapsed: whether the losses show no two components, so that all labels are kept.
    """

    clean: npt.NDArray[np.float64]
    means: tuple[float, float]
    collapsed: bool


def split_by_loss(losses: np.ndarray, *, seed: int) -> Partition:
    """Return which segments are clean, by their losses. [shape=(s,)]

    Losses are held at their 99.5th percentile and brought to the range from 0 to 1. The
    posterior is taken between the two means, where it only falls: beyond them that of unequal
    variances turns round, and the lowest loss of all would not be clean.

    The mixture has collapsed, and every label is kept, if all losses are alike, EM does not
    converge, a component holds less than 1 % or the means are nearer than .05.

    Args:
        losses: finite, of all training segments.
        seed: of the mixture's start.

    >>> split_by_loss(np.full(9, 0.7), seed=1).collapsed
    True
    """
    losses = np.asarray(losses, dtype=float)
    low, high = losses.min(), np.percentile(losses, _HIGHEST)
    if len(losses) < 4 or high - low < 1e-9:
        return _collapsed(len(losses))
    scaled = np.clip((losses - low) / (high - low), 0.0, 1.0)[:, None]
    mixture = GaussianMixture(2, max_iter=200, reg_covar=5e-4, random_state=seed % 2**32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        mixture.fit(scaled)
    means = np.sort(mixture.means_.ravel())
    one = means[1] - means[0] < _NEAREST or mixture.weights_.min() < _LIGHTEST
    if one or not mixture.converged_ or not np.isfinite(means).all():
        return _collapsed(len(losses))
    between = np.clip(scaled, means[0], means[1])
    clean = mixture.predict_proba(between)[:, int(np.argmin(mixture.means_))]
    return Partition(clean, (float(means[0]), float(means[1])), collapsed=False)


def split_by_class(losses: np.ndarray, classes: np.ndarray, *, seed: int) -> Partition:
    """Return which segments are clean among those of their own label. Not in the paper: ours.

    A network that leans to one class finds all segments of the others hard. One mixture over
    all takes their labels, so that it leans further; a mixture for each class takes the harder
    ones of each.

    Args:
        losses: as of `split_by_loss` [shape=(s,)].
        classes: the label that each segment inherits [shape=(s,)].
        seed: of the mixtures' start.

    Returns:
        ``means`` over the classes whose mixture has two components; ``collapsed`` where none has.
    """
    clean = np.ones(len(losses))
    found = []
    for own in np.unique(classes):
        part = split_by_loss(losses[classes == own], seed=seed)
        clean[classes == own] = part.clean
        if not part.collapsed:
            found.append(part.means)
    if not found:
        return _collapsed(len(losses))
    low, high = np.mean(found, axis=0)
    return Partition(clean, (float(low), float(high)), collapsed=False)


def _collapsed(count: int) -> Partition:
    return Partition(np.ones(count), (float("nan"), float("nan")), collapsed=True)
