"""Which songs to ask a listener about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from affectmix.schemas import QUADRANTS
from affectmix.tuning.songs import Songs

Chooser = Literal["random", "suggested", "picked"]
CHOOSERS: tuple[Chooser, ...] = ("random", "suggested", "picked")
NOISE_VARIANCE = 0.1  # of a rating around the corrected prediction, on [-1, 1]
ZERO_VARIANCE = 0.1  # of where a listener's zero lies
SLOPE_VARIANCE = 0.15  # of the weights with which a listener hears the predicted values
SOUND_VARIANCE = 0.005  # of the weight of a standardised component


def suggest(songs: Songs, count: int, *, seed: int, rated: Sequence[int] = ()) -> np.ndarray:
    """Return the songs whose ratings are expected to tell most about all songs.

    Each next song is the one that most lowers the mean variance of a linear correction's
    predictions over all songs (greedy A-optimal design). Such songs lie far apart, and where
    the model of the listener is least certain; where the general model predicts quadrants, a
    song that it is unsure of counts for more.

    Args:
        songs: the songs to choose among.
        count: how many.
        seed: of the order among songs that tell equally much.
        rated: numbers of songs whose ratings are there: they are not asked about again, and
            what they tell is not to be told twice.

    Returns:
        Numbers of songs, the most telling first; all of them where there are fewer.
    """
    predicted = songs.means(songs.predicted)
    certain = np.ones(len(songs))
    if songs.output == "quadrant":
        certain = np.maximum(1 - np.square(predicted).sum(axis=1), 0.05)
        predicted = 2 * predicted - 1
    inputs = np.column_stack([np.ones(len(songs)), predicted, songs.means(songs.components)])
    variances = np.full(inputs.shape[1], SOUND_VARIANCE)
    variances[0], variances[1 : 1 + predicted.shape[1]] = ZERO_VARIANCE, SLOPE_VARIANCE
    order = np.random.default_rng([seed, len(songs)]).permutation(len(songs))
    noise = NOISE_VARIANCE / certain
    covariance = np.diag(variances)
    for song in rated:
        covariance = _told(covariance, inputs[song], noise[song])
    chosen: list[int] = []
    for _ in range(min(count, len(songs) - len(rated))):
        spread = inputs @ covariance
        gain = np.square(spread @ inputs.T).mean(axis=0) / (noise + (spread * inputs).sum(axis=1))
        gain[[*rated, *chosen]] = -np.inf
        best = int(order[gain[order].argmax()])
        chosen.append(best)
        covariance = _told(covariance, inputs[best], noise[best])
    return np.array(chosen, dtype=int)


def _told(covariance: np.ndarray, inputs: np.ndarray, noise: float) -> np.ndarray:
    """Return the coefficients' covariance after a song's rating. [shapes=(d, d), (d,)]"""
    own = inputs @ covariance
    told: np.ndarray = covariance - np.outer(own, own) / (noise + own @ inputs)
    return told


def choose(
    chooser: Chooser, songs: Songs, quadrants: np.ndarray, count: int, *, seed: int
) -> np.ndarray:
    """Return the numbers of ``count`` songs, as one of `CHOOSERS` takes them.

    Args:
        chooser: at random; suggested; or picked by the listener, a song of each quadrant in
            turn, as the CNN+LSTM paper's listeners named songs by their emotion.
        songs: the songs to choose among.
        quadrants: the listener's quadrant of each, which ``picked`` alone looks at.
        count: how many.
        seed: of what is drawn.
    """
    if chooser == "suggested":
        return suggest(songs, count, seed=seed)
    order = np.random.default_rng([seed, 1]).permutation(len(songs))
    if chooser == "random":
        return order[:count]
    rank = np.empty(len(songs), dtype=int)
    for quadrant in range(len(QUADRANTS)):
        own = order[quadrants[order] == quadrant]
        rank[own] = np.arange(len(own))
    place = np.argsort(order)
    return np.lexsort((place, rank))[:count]
