"""Checks of learners' tasks: which learner, and which control, can stand for classes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from affectmix.automl import BACKENDS
from affectmix.config.cells import Cell
from affectmix.tasks import Task, task_of


def task_faults(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield the learners that cannot do their task."""
    for name, settings in config["learners"].items():
        task = task_of(settings)
        if settings["kind"] in BACKENDS and task is not Task.REGRESSION:
            yield (
                f"learners.{name}.task: {str(task)!r} found for kind {settings['kind']!r}, which "
                "is run for regression alone; leave the key out, or take a learner of another "
                "kind for classes, such as svc"
            )


def control_faults(where: str, config: Mapping[str, Any], cell: Cell) -> Iterator[str]:
    """Yield why a cell's control does not go with its learner's task; the learner is known."""
    task = task_of(config["learners"][cell.learner])
    if task is not Task.REGRESSION and cell.control.startswith("uniform-"):
        yield (
            f"{where}: control {cell.control!r} draws ratings, and learner {cell.learner!r} has "
            f"task {str(task)!r}; it is for task 'regression' only. Take 'permuted' for classes"
        )
