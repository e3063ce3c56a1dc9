"""Checks of learners of kind ``user_tuned``, before torch is loaded, and their weights' files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from affectmix.config.cells import Cell
from affectmix.config.validate import nearest
from affectmix.learners.user_tuned.published_weights import MODELS, place_of
from affectmix.stems.names import sources_of

KIND: Final = "user_tuned"
_ORIGINS: Final = ["random", "imagenet"]


def general_model_faults(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the settings of these learners."""
    for name, learner in config["learners"].items():
        if learner["kind"] != KIND:
            continue
        where, weights = f"learners.{name}", learner["weights"]
        if isinstance(weights, str) and weights not in _ORIGINS:
            yield (
                f"{where}.weights: {weights!r}{nearest(weights, _ORIGINS)}; allowed are "
                f"{', '.join(_ORIGINS)}, or a file of one's own: {{path: …, sha256: …}}"
            )
        elif weights != "random" and learner["backbone"] not in MODELS:
            yield (
                f"{where}.weights: backbone {learner['backbone']!r} has no published weights; take "
                f"weights: random, or backbone {' or '.join(MODELS)}"
            )
        if isinstance(weights, dict) and not re.fullmatch("[0-9a-fA-F]{64}", weights["sha256"]):
            yield (
                f"{where}.weights.sha256: {weights['sha256']!r} is no SHA-256; give the 64 digits "
                "that `sha256sum FILE` prints"
            )
        heard = learner["frame_s"] * learner["window"]
        if heard > learner["excerpt_s"]:
            yield (
                f"{where}: {learner['window']} frames of {learner['frame_s']:g} s are "
                f"{heard:g} s, but excerpt_s is {learner['excerpt_s']:g}; take shorter frames, a "
                "smaller window or longer excerpts"
            )


def general_cell_faults(where: str, config: Mapping[str, Any], cell: Cell) -> Iterator[str]:
    """Yield why a cell cannot be of such a learner; its names are known."""
    if config["learners"][cell.learner]["kind"] != KIND:
        return
    stems = sources_of(config["features"][cell.features])
    if len(stems) != 1:
        yield (
            f"{where}: learner {cell.learner!r} listens to one stem, and features "
            f"{cell.features!r} are of {', '.join(stems)}; give it features of one, such as mix"
        )
    if cell.protocol == "paper":
        yield (
            f"{where}: learner {cell.learner!r} chooses among epochs by a fold that is not "
            "reported, as its own paper does; leave protocols: [paper] out"
        )


def weight_file(learner: Mapping[str, Any]) -> str | None:
    """Return the file that a learner's first weights are in; None where it needs none."""
    if learner["kind"] != KIND or learner["weights"] == "random":
        return None
    if isinstance(learner["weights"], str):
        return place_of(learner["backbone"])
    return str(learner["weights"]["path"])
