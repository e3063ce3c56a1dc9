"""Views: named subsets of a corpus by category."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from affectmix.errors import ConfigError


def members(labels: pd.DataFrame, definition: Mapping[str, Any], *, view: str) -> pd.DataFrame:
    """Return the rows of a corpus's labels that belong to a view.

    Args:
        labels: ``schemas.LABELS`` of the view's corpus.
        definition: the view in the configuration: ``corpus``, and ``include`` or
            ``exclude`` with a list of categories.
        view: its name, for messages.

    Raises:
        ConfigError: a category does not occur in the corpus.
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
    return labels[keep]
