"""All listeners of a cell, simulated and real, each on songs of a fold of the cell's scheme."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from affectmix.corpora.base import TARGETS
from affectmix.errors import ConfigError
from affectmix.evaluation.user_measures import QUADRANT, calibration_error
from affectmix.schemas import QUADRANTS
from affectmix.tuning.library import Library
from affectmix.tuning.listeners import KINDS, RATER, Listener, simulated_listeners
from affectmix.tuning.methods import methods_of
from affectmix.tuning.suggest import Chooser
from affectmix.tuning.trial import Pooled, Row, Trial


@dataclass(frozen=True)
class Heard:
    """One listener with the songs of a fold, and what is known of the listener's truth."""

    listener: str
    kind: str
    trial: Trial


def tune_all(
    libraries: Sequence[Library],
    ratings: pd.DataFrame,
    settings: Mapping[str, Any],
    *,
    training: Mapping[tuple[int, int], pd.DataFrame],
    seed: int,
) -> pd.DataFrame:
    """Return how well every method knows every listener: ``schemas.USERS`` less the cell.

    Args:
        libraries: the songs of every fold, as the fold's own general model predicts them.
        ratings: ``schemas.RATINGS`` of all corpora, with ``corpus``; may be empty.
        settings: ``listeners`` of an experiment.
        training: (repeat, fold) → labels of the clips that the fold's model was trained on,
            from which a simulated listener's upper bound for quadrants is made.
        seed: of listeners, halves and choices.

    Raises:
        ConfigError: listeners were asked for whom no song can be found.
    """
    network = any(library.network is not None for library in libraries)
    methods = methods_of(settings["methods"], network=network)
    choosers: Sequence[Chooser] = settings["choosers"]
    rows: list[Row] = []
    pooled: dict[bool, Pooled] = {False: {}, True: {}}  # of simulated listeners, of raters
    people = [
        *_simulated(libraries, training, settings, seed),
        *_raters(libraries, ratings, settings, seed),
    ]
    for heard in people:
        place = {
            "repeat": heard.trial.library.repeat,
            "fold": heard.trial.library.fold,
            "listener": heard.listener,
            "kind": heard.kind,
        }
        own = heard.trial.run(
            methods,
            choosers,
            settings["songs"],
            paper_counts=settings["paper_songs"],
            pooled=pooled[heard.kind == RATER],
        )
        rows += [{**place, **row} for row in own]
    return pd.DataFrame(
        [*rows, *_calibration(pooled[False], None), *_calibration(pooled[True], RATER)]
    )


def _simulated(
    libraries: Sequence[Library],
    training: Mapping[tuple[int, int], pd.DataFrame],
    settings: Mapping[str, Any],
    seed: int,
) -> Iterator[Heard]:
    """Yield each simulated listener on one fold; kinds and folds take turns."""
    count = settings["simulated"]
    if count and any(np.isnan(library.affect).any() for library in libraries):
        raise ConfigError(
            f"listeners.simulated: {count} found, but the corpus has songs without valence or "
            "arousal, which simulated listeners hear otherwise; set it to 0"
        )
    for number, listener in enumerate(simulated_listeners(count, seed=seed)):
        library = libraries[_dealt(number, len(libraries))]
        asked, others = library.halves(seed=seed)
        felt = listener.feels(library.affect)
        labels = training[library.repeat, library.fold]
        yield Heard(
            listener.name,
            listener.kind,
            Trial(
                library,
                asked,
                others,
                truth=felt,
                ratings=listener.rates(felt, noise=settings["noise"], seed=seed),
                bound=_bound(listener, library, labels),
                seed=seed + number,
            ),
        )


def _dealt(number: int, folds: int) -> int:
    """Return the fold of a simulated listener: in turn, so that each kind meets every fold.

    Kinds take turns too. Where both turns would come round together, as of three kinds and three
    folds, the folds go one further each time: otherwise each fold had one kind alone, and what
    sets the kinds apart could not be told from what sets the folds apart.
    """
    rounds = number // math.lcm(folds, len(KINDS))
    return (number + rounds % math.gcd(folds, len(KINDS))) % folds


def _bound(listener: Listener, library: Library, labels: pd.DataFrame) -> np.ndarray:
    """Return the predictions of a model that knows by what the listener differs."""
    predicted = library.songs.predicted
    if library.songs.output == "affect":
        return listener.feels(predicted)
    places = labels["quadrant"].map(QUADRANTS.index).to_numpy(dtype=int)
    return predicted @ listener.upper_bound(places, labels[list(TARGETS)].to_numpy(dtype=float))


def _raters(
    libraries: Sequence[Library], ratings: pd.DataFrame, settings: Mapping[str, Any], seed: int
) -> Iterator[Heard]:
    """Yield the raters with the most ratings, on every fold where they have enough songs."""
    if not settings["raters"]:
        return
    ratings = _of_libraries(ratings, libraries)
    counts = (
        ratings.groupby("rater").size().sort_index().sort_values(ascending=False, kind="stable")
    )
    found = False
    for number, rater in enumerate(counts.index[: settings["raters"]]):
        own = ratings[ratings["rater"] == rater].set_index(["corpus", "clip_id"])
        for library in libraries:
            keys = pd.MultiIndex.from_frame(library.clips[["corpus", "clip_id"]])
            numbers = np.flatnonzero(keys.isin(own.index))
            if len(numbers) < settings["min_songs"]:
                continue
            rated = library.take(numbers)
            asked, others = rated.halves(seed=seed)
            if not len(others):
                continue
            found = True
            truth = own.loc[keys[numbers], list(TARGETS)].to_numpy(dtype=float)
            yield Heard(
                str(rater),
                RATER,
                Trial(rated, asked, others, truth, truth, bound=None, seed=seed + number),
            )
    if not found:
        most = int(counts.iloc[0]) if len(counts) else 0
        raise ConfigError(
            f"listeners.raters: {settings['raters']} asked for, but no rater has min_songs: "
            f"{settings['min_songs']} songs in one fold (the most ratings of one are {most}); take "
            "a corpus with single ratings, a scheme of fewer folds or a lower min_songs, or set "
            "raters to 0"
        )


def _of_libraries(ratings: pd.DataFrame, libraries: Sequence[Library]) -> pd.DataFrame:
    """Return the ratings of songs that the cell tests, with raters of one corpus each.

    A rater's name is a corpus' own: the "7" of one is not the "7" of another, and where both
    occur they are told apart by the corpus.
    """
    key = ["corpus", "clip_id"]
    tested = pd.concat([library.clips[key] for library in libraries]).drop_duplicates()
    own = ratings.merge(tested, on=key)
    several = own.groupby("rater")["corpus"].transform("nunique") > 1
    named = own["corpus"].astype(str) + ":" + own["rater"].astype(str)
    return own.assign(rater=own["rater"].where(~several, named))


def _calibration(pooled: Pooled, kind: str | None) -> Iterator[Row]:
    """Yield the calibration error of each method over many listeners' songs together."""
    for (method, chooser, count), parts in pooled.items():
        probabilities = np.concatenate([one for one, _ in parts])
        felt = np.concatenate([other for _, other in parts])
        yield {
            "kind": kind,
            "method": method,
            "chooser": chooser,
            "songs": count,
            "song_set": "other",
            "clips": len(felt),
            "target": QUADRANT,
            "metric": "ece",
            "value": calibration_error(probabilities, felt),
        }
