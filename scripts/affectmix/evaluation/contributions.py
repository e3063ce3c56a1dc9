"""What each stem contributes to the prediction of each clip, from cells of all combinations.

Where an experiment has a learner's cells on every combination of some stems (as the 15 of four
stems in Fig. 4 of de Berardinis et al. 2020), and a cell of the mean predictor, the 16
predictions of a tested clip are a game whose Shapley values are exact. Every model was
trained on its own stems, and none has seen the clip.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from affectmix.errors import TableError
from affectmix.evaluation.shapley import Coalition, coalitions, shapley_values
from affectmix.stems.names import MIX, sources_of

_CLIP = ["repeat", "fold", "view", "corpus", "clip_id", "target"]
_SHARED = ("mixture", "scheme", "protocol", "arithmetic", "control")


@dataclass(frozen=True)
class Family:
    """Cells that differ in nothing but the stems that they hear, one per combination.

    Attributes:
        fields: learner and what else the cells share, and the feature choice of all stems.
        stems: all stems, in the order of that choice.
        features: combination → feature choice; the empty one is not among them.
        mean: the name of the mean predictor's learner, whose prediction hears nothing.
    """

    fields: Mapping[str, str]
    stems: tuple[str, ...]
    features: Mapping[Coalition, str]
    mean: str


def find_families(
    cells: Iterable[Mapping[str, str]],
    features: Mapping[str, Mapping[str, Any]],
    *,
    means: Collection[str],
) -> list[Family]:
    """Return the families of an experiment in which no combination is missing.

    Args:
        cells: the fields of each cell (``Cell.fields``).
        features: feature choice → its settings; one of the mix belongs to no family.
        means: names of learners that predict the mean.
    """
    heard: dict[tuple[str, ...], dict[Coalition, str]] = {}
    silent: dict[tuple[str, ...], str] = {}
    for cell in cells:
        shared = tuple(cell[name] for name in _SHARED)
        choice = features[cell["features"]]
        stems = sources_of(choice)
        if cell["learner"] in means:
            silent.setdefault(shared, cell["learner"])
        elif MIX not in stems:
            key = (cell["learner"], choice["set"], choice["separator"], *shared)
            heard.setdefault(key, {}).setdefault(frozenset(stems), cell["features"])
    found = []
    for key, own in heard.items():
        shared, largest = key[3:], max(own, key=len)
        whole = sources_of(features[own[largest]])
        wanted = [each for each in coalitions(whole) if each]
        if len(whole) > 1 and shared in silent and all(each in own for each in wanted):
            fields = {"learner": key[0], "features": own[largest]}
            fields |= dict(zip(_SHARED, shared, strict=True))
            found.append(Family(fields, whole, {w: own[w] for w in wanted}, silent[shared]))
    return found


def stem_contributions(predictions: pd.DataFrame, families: Iterable[Family]) -> pd.DataFrame:
    """Return each stem's Shapley value in each tested clip's prediction.

    Args:
        predictions: ``schemas.PREDICTIONS`` of one experiment.
        families: of :func:`find_families` for its cells; at least one.

    Returns:
        ``schemas.STEM_CONTRIBUTIONS``; a clip's contributions to a target sum to how far the
        prediction from all stems is from the mean predictor's.

    Raises:
        TableError: cells of a family do not predict the same rows.
    """
    return pd.concat([_of_family(predictions, family) for family in families], ignore_index=True)


def _of_family(predictions: pd.DataFrame, family: Family) -> pd.DataFrame:
    shared = np.logical_and.reduce([predictions[n] == family.fields[n] for n in _SHARED])
    rows = predictions[shared]
    silent = rows[rows["learner"] == family.mean]
    first = silent[silent["features"] == silent["features"].iloc[0]].set_index(_CLIP).sort_index()
    heard = rows[rows["learner"] == family.fields["learner"]]
    worth = {frozenset[str](): first["y_pred"].to_numpy()}
    for combination, features in family.features.items():
        own = heard[heard["features"] == features].set_index(_CLIP).sort_index()
        if not own.index.equals(first.index):
            raise TableError(
                f"predictions of learner {family.fields['learner']!r} on features {features!r} "
                f"are of other rows than those of {family.mean!r}; delete results/predictions "
                "and run snakemake again"
            )
        worth[combination] = own["y_pred"].to_numpy()
    values = shapley_values(worth, family.stems)
    frame = first.index.to_frame(index=False)
    parts = [
        frame.assign(stem=stem, contribution=values[:, place])
        for place, stem in enumerate(family.stems)
    ]
    experiment = predictions["experiment"].iloc[0]
    return pd.concat(parts, ignore_index=True).assign(experiment=experiment, **family.fields)
