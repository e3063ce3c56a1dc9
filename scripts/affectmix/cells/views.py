"""Views: named subsets of a corpus by category, or with as many clips of each quadrant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from affectmix.errors import ConfigError
from affectmix.schemas import QUADRANTS
from affectmix.splits.hashing import unit_hash
from affectmix.tasks import quadrants_of


def members(labels: pd.DataFrame, definition: Mapping[str, Any], *, view: str) -> pd.DataFrame:
    """Return the rows of a corpus's labels that belong to a view.

    Args:
        labels: ``schemas.LABELS`` of the view's corpus.
        definition: the view in the configuration: ``corpus``, ``include`` or ``exclude`` with
            a list of categories, and ``balanced`` with the number of ``clips`` that are taken
            from what is left, and a ``seed``.
        view: its name, for messages.

    Raises:
        ConfigError: a category does not occur in the corpus, or it has too few clips.
    """
    keep = pd.Series(True, index=labels.index)
    for key in ("include", "exclude"):
        if key in definition:
            wanted = definition[key]["category"]
            present = sorted(labels["category"].dropna().unique())
            unknown = [category for category in wanted if category not in present]
            if unknown:
                raise ConfigError(
                    f"views.{view}.{key}.category: {unknown[0]!r} is no category of corpus "
                    f"{definition['corpus']!r}; its categories are {present}"
                )
            keep &= labels["category"].isin(wanted) == (key == "include")
    kept = labels[keep]
    if "balanced" not in definition:
        return kept
    return _balanced(kept, definition, view=view)


def _balanced(labels: pd.DataFrame, definition: Mapping[str, Any], *, view: str) -> pd.DataFrame:
    """Return so many clips, as evenly over quadrants as their numbers allow.

    A quadrant with fewer clips than its part gives all, and the others share what it lacks.
    Which clips are taken hangs on their ids and the seed, and on no other clip's.
    """
    wanted, seed = definition["balanced"]["clips"], definition["balanced"].get("seed", 0)
    quadrants = quadrants_of(labels)
    sizes = {q: int((quadrants == q).sum()) for q in QUADRANTS}
    if wanted > sum(sizes.values()):
        raise ConfigError(
            f"views.{view}.balanced.clips is {wanted}, but corpus {definition['corpus']!r} has "
            f"{sum(sizes.values())} clips with a quadrant to take from ({sizes}); take fewer"
        )
    drawn = labels["clip_id"].map(lambda clip: unit_hash(seed, definition["corpus"], clip))
    order = pd.DataFrame({"quadrant": quadrants, "drawn": drawn, "clip_id": labels["clip_id"]})
    place = order.sort_values(["drawn", "clip_id"]).groupby("quadrant").cumcount()
    quotas = _quotas(sizes, wanted)
    taken = place.reindex(labels.index) < quadrants.map(quotas)
    return labels[taken]


def _quotas(sizes: Mapping[str, int], wanted: int) -> dict[str, int]:
    """Return how many clips each quadrant gives; those with the most give what is left over."""
    quotas: dict[str, int] = {}
    left = wanted
    for number, quadrant in enumerate(sorted(sizes, key=lambda q: (sizes[q], q))):
        quotas[quadrant] = min(sizes[quadrant], left // (len(sizes) - number))
        left -= quotas[quadrant]
    return quotas
