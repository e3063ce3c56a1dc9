"""What a configuration will cost to train, in core-hours by learner, before anything starts.

Searches with a time budget cost what the configuration says. For the others it is a rough figure
from measured ones (tests/benchmarks/search_svr.py and search_elasticnet.py), of a processor of
2024: good enough to tell an hour from a week.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from affectmix.cells.views import members
from affectmix.config.cells import Cell
from affectmix.config.general_costs import general_seconds
from affectmix.config.general_models import KIND as GENERAL
from affectmix.config.project import Project
from affectmix.config.segment_costs import segments_seconds
from affectmix.config.segment_settings import SEGMENTS
from affectmix.corpora.base import TARGETS
from affectmix.features.feature_sets import FeatureSet
from affectmix.search.spaces import load_space
from affectmix.tasks import targets_of, task_of

JOB_S = 2.0  # what a job needs to start and to read its tables
# CPU seconds per inner fold, for the square of its training rows: the decomposition by column,
# and the fits by point of the space, under successive halving.
_DECOMPOSITION_S = 1e-10
_POINT_S: Mapping[str, float] = {"svr": 2e-10, "elasticnet": 2.6e-8}
_EXHAUSTIVE = 26.0  # times as much as halving
# Of svc, measured on the 900 clips of 4Q: scaling and distances by column, and each machine.
_SCALING_S, _DISTANCE_S, _MACHINE_S = 1.6e-7, 3e-11, 1.5e-8
WORTH_SAYING_H = 0.5


@dataclass(frozen=True)
class Cost:
    """What one learner costs from nothing.

    Attributes:
        searches: how many training sets hyper-parameters are searched on.
        core_hours: of all its jobs on one core each; None where nobody can know.
        note: what the figure leaves out, or nothing.
    """

    learner: str
    searches: int
    core_hours: float | None
    note: str


def training_costs(project: Project) -> list[Cost]:
    """Return what each learner of the used cells costs, the dearest first.

    The corpora's labels are read, so that they must have been checked.
    """
    rated = _rated(project)
    costs = []
    for name in dict.fromkeys(cell.learner for cell in project.cells.values()):
        own = [cell for cell in project.cells.values() if cell.learner == name]
        costs.append(_cost_of(project, name, own, rated))
    return sorted(costs, key=lambda cost: -(cost.core_hours or 0.0))


def describe_costs(costs: list[Cost]) -> str:
    """Return the costs as text for a terminal; empty where they are not worth saying."""
    total = sum(cost.core_hours or 0.0 for cost in costs)
    if total < WORTH_SAYING_H and all(cost.core_hours is not None for cost in costs):
        return ""
    width = max(len(cost.learner) for cost in costs)
    lines = [f"Training everything from nothing takes about {total:,.1f} core-hours:"]
    for cost in costs:
        hours = "unknown" if cost.core_hours is None else f"{cost.core_hours:,.2f}"
        note = f" ({cost.note})" if cost.note else ""
        lines.append(f"  {cost.learner:<{width}}  {hours:>10}  {cost.searches} searches{note}")
    return "\n".join(lines)


def _cost_of(project: Project, name: str, cells: list[Cell], rated: Mapping[str, int]) -> Cost:
    settings = project.learners[name]
    kind, finals = settings["kind"], set(project.final_models())
    points = len(load_space(settings["space"], learner=kind)) if kind in _POINT_S else 0
    searches, seconds, note = 0, 0.0, ""
    known = True
    for cell in cells:
        jobs, scheme = len(project.cell_jobs(cell)), project.schemes[cell.scheme]
        own = scheme.repeats if cell.protocol == "paper" else jobs
        own += cell.name in finals
        rows = _rows(cell, rated, scheme.folds)
        each, note = _search_seconds(settings, points, rows, cell, project)
        known = known and each is not None
        searches += own
        seconds += own * (each or 0.0) + jobs * JOB_S
    if not project.uses_features(name):
        searches = 0
    return Cost(name, searches, seconds / 3600 if known else None, note)


def _search_seconds(
    settings: Mapping[str, Any], points: int, rows: float, cell: Cell, project: Project
) -> tuple[float | None, str]:
    """Return the seconds of one search of all targets, and what they leave out."""
    kind = settings["kind"]
    if kind in _POINT_S:
        width = FeatureSet.parse(project.feature_settings(cell.features)["set"]).width
        per_row = _DECOMPOSITION_S * width + _POINT_S[kind] * points
        times = _EXHAUSTIVE if settings["search"] == "exhaustive" else 1.0
        return times * per_row * rows**2 * project.schemes[cell.scheme].folds, ""
    if settings.get("budget_s") is not None:
        targets = len(targets_of(task_of(settings)))
        note = f"{settings['budget_s']:,g} s for each of {targets} targets, and refits"
        return float(settings["budget_s"]) * targets, note
    if kind == "svc":
        width = FeatureSet.parse(project.feature_settings(cell.features)["set"]).width
        machines = (
            len(settings["cs"]) * len(settings["gammas"]) * len(targets_of(task_of(settings)))
        )
        fits = rows**2 * (width * _DISTANCE_S + machines * _MACHINE_S)
        return (rows * width * _SCALING_S + fits) * project.schemes[cell.scheme].folds, ""
    if kind == SEGMENTS:
        return segments_seconds(settings, rows, project.schemes[cell.scheme].folds)
    if kind == GENERAL:
        return general_seconds(settings, rows)
    if kind == "emomucs":
        return None, "its training stops early; one epoch of c2d takes .02 s per clip and stem"
    if project.uses_features(cell.learner):
        return None, "it has no budget_s"
    return 0.0, ""


def _rated(project: Project) -> dict[str, int]:
    """Return how many rated clips each used view has."""
    labels = {
        corpus: project.corpora[corpus].labels().dropna(subset=list(TARGETS))
        for corpus in project.used
    }
    views = {view for cell in project.cells.values() for view in cell.views}
    return {
        view: len(members(labels[project.views[view]["corpus"]], project.views[view], view=view))
        for view in views
    }


def _rows(cell: Cell, rated: Mapping[str, int], folds: int) -> float:
    """Return about how many rows an inner fold of the cell trains on."""
    every = sum(share * rated[view] for view, share in cell.shares)
    held_out = 1 if cell.protocol == "paper" else 2
    return every * (folds - held_out) / folds
