"""Checks of an experiment's listeners: that there are some, and cells that can be tuned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from affectmix.config.blends import BLEND
from affectmix.config.cells import Cell
from affectmix.config.validate import nearest
from affectmix.learners import BASELINES
from affectmix.tasks import Task, task_of

_TASKS = (Task.REGRESSION, Task.QUADRANT)


def listener_faults(
    where: str, config: Mapping[str, Any], settings: Mapping[str, Any], cells: list[Cell]
) -> Iterator[str]:
    """Yield why an experiment's ``listeners`` cannot be used.

    Args:
        where: the experiment's place in the configuration.
        config: the configuration with its defaults.
        settings: ``listeners`` of the experiment.
        cells: its cells.
    """
    if not settings["simulated"] and not settings["raters"]:
        yield f"{where}: simulated and raters are both 0; give one of them a number of listeners"
    known = {cell.learner for cell in cells if tunable(cell)}
    for name in settings["from"]:
        if name not in known:
            yield (
                f"{where}.from: {name!r} has no nested, clean cell without a control here"
                f"{nearest(name, sorted(known))}; such cells have {sorted(known)}"
            )
            continue
        learner = config["learners"][name]
        if learner["kind"] in BASELINES:
            yield f"{where}.from: {name!r} predicts a mean, of which no song differs; leave it out"
        elif learner["kind"] == BLEND:
            yield f"{where}.from: {name!r} is a blend, which has no songs of its own; leave it out"
        elif task_of(learner) not in _TASKS:
            yield (
                f"{where}.from: {name!r} has task {str(task_of(learner))!r}; listeners are tuned "
                f"to models of {' or '.join(_TASKS)}"
            )
    kinds = {config["learners"][name]["kind"] for name in settings["from"] if name in known}
    if "paper" in settings["methods"] and "user_tuned" not in kinds:
        yield (
            f"{where}.methods: 'paper' trains an LSTM on, and none of {list(settings['from'])} is "
            "of kind user_tuned; add such a learner to from, or leave the method out"
        )


def tunable(cell: Cell) -> bool:
    """Return whether the songs of a cell's test folds are new to its models and their choice."""
    return (cell.protocol, cell.arithmetic, cell.control) == ("nested", "clean", "none")
