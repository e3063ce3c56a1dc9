"""What the report needs of a configuration where learners hear segments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

SEGMENTS: Final = "segments"
"""The kind of learner that leaves what it says of each segment beside its predictions."""
_CORPORA: Final = {"pmemo": "pmemo", "four_q": "4q", "emomusic": "eim"}  # adapter → the paper's


def segment_settings(
    learners: Mapping[str, Mapping[str, Any]],
    views: Iterable[str],
    definitions: Mapping[str, Mapping[str, Any]],
    corpora: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """Return the learners that hear segments, and which views are the paper's corpora.

    Args:
        learners: settings of all learners by name.
        views: the views of an experiment.
        definitions: of all views.
        corpora: settings of all corpora.
    """
    whole = [view for view in sorted(views) if set(definitions[view]) == {"corpus"}]
    adapters = {view: corpora[definitions[view]["corpus"]]["adapter"] for view in whole}
    return {
        "learners": {name: own for name, own in learners.items() if own["kind"] == SEGMENTS},
        "corpora": {v: _CORPORA[a] for v, a in adapters.items() if a in _CORPORA},
    }
