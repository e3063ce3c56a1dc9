"""Checks of the learner ``segments``: settings that contradict each other or a cell's protocol."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from affectmix.config.cells import Cell
from affectmix.errors import ConfigError
from affectmix.learners.segments.recipe import recipes, song_level


def segment_faults(where: str, config: Mapping[str, Any], cell: Cell) -> Iterator[str]:
    """Yield what is wrong with a cell's learner, if it is one that hears segments.

    Args:
        where: of the experiment's cells.
        config: validated.
        cell: one whose learner is known.
    """
    settings = config["learners"][cell.learner]
    if settings["kind"] != "segments":
        return
    here = f"learners.{cell.learner}"
    try:
        lengths = recipes(settings)
    except ConfigError as error:
        yield f"{here}: {error}"
        return
    out_of_fold = song_level(settings) == "out_of_fold"
    if settings["inner_folds"] == 0 and out_of_fold:
        yield (
            f"{here}: song_level: out_of_fold needs networks of inner folds, and inner_folds is 0; "
            "set inner_folds to 1 or more (null for all), or song_level to in_sample or mean"
        )
    if settings["inner_folds"] == 0 and len(lengths) > 1:
        yield (
            f"{here}: segment_s has {len(lengths)} lengths to choose among, and inner_folds is 0; "
            "set inner_folds to 1 or more (null for all), or give one length"
        )
    if cell.protocol == "paper" and out_of_fold:
        yield (
            f"{where}: learner {cell.learner!r} has song_level: out_of_fold, whose songs would be "
            "those of the reported folds under protocol 'paper'; take protocols: [nested], or "
            "song_level: in_sample or mean"
        )
