"""Blends: learners that are the mean of others, and the cells of these that they stand on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from affectmix.config.cells import Cell
from affectmix.config.validate import nearest
from affectmix.tasks import task_of

BLEND: Final = "blend"


def member_cells(cell: Cell, learners: Mapping[str, Mapping[str, Any]]) -> list[Cell]:
    """Return the cells whose mean a blend's cell is; none where its learner is no blend.

    They differ from it in learner and features alone: mixture, scheme, protocol, arithmetic
    and control are the same.
    """
    settings = learners.get(cell.learner, {})
    if settings.get("kind") != BLEND:
        return []
    return [
        replace(cell, learner=member["learner"], features=member["features"])
        for member in settings["of"]
    ]


def blend_faults(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield the blends whose members do not exist, are blends, or do another task."""
    learners = config["learners"]
    for name, settings in learners.items():
        if settings["kind"] != BLEND:
            continue
        where = f"learners.{name}.of"
        for member in settings["of"]:
            for key, known in (("learner", learners), ("features", config["features"])):
                if member[key] not in known:
                    near = nearest(member[key], list(known))
                    yield f"{where}: unknown {key} {member[key]!r}{near}; known are {list(known)}"
            own = learners.get(member["learner"])
            if own is None:
                continue
            if own["kind"] == BLEND:
                yield f"{where}: {member['learner']!r} is a blend itself; name its members instead"
            elif task_of(own) is not task_of(settings):
                yield (
                    f"{where}: {member['learner']!r} has task {str(task_of(own))!r} and the blend "
                    f"{str(task_of(settings))!r}; give the blend `task: {task_of(own)}`, or take "
                    "members of one task"
                )
