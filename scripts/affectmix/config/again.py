"""Which cells are evaluated once more, to see whether the same comes out."""

from __future__ import annotations

from typing import Any

from affectmix.config.cells import Cell
from affectmix.config.files import RunFiles
from affectmix.config.project import Project


class AgainPlan:
    """What the rules ask where a learner may not come to the same twice, as on a GPU.

    Args:
        project: the checked configuration.
        files: its paths.
    """

    def __init__(self, project: Project, files: RunFiles) -> None:
        self._project = project
        self._files = files

    def cells(self, experiment: str) -> list[Cell]:
        """Return the first cell of each learner that an experiment names under ``again``.

        Not of all that train on a GPU: what a run makes would then hang on the machine.
        """
        named = self._project.config["experiments"][experiment]["again"]
        found: dict[str, Cell] = {}
        for cell in self._project.experiments[experiment]:
            if cell.learner in named:
                found.setdefault(cell.learner, cell)
        return list(found.values())

    def job(self, name: str) -> tuple[int, int]:
        """Return repeat and fold of the evaluation that is made again: a cell's first."""
        repeat, fold = self._project.cell_jobs(self._project.cell(name))[0].split("-")
        return int(repeat), int(fold)

    def inputs(self, name: str) -> dict[str, Any]:
        """Return what a cell is evaluated from, and what it came to the first time."""
        repeat, fold = self.job(name)
        folder = f"results/cells/{name}"
        inputs: dict[str, Any] = self._files.cell_inputs(name)
        if self._project.cell(name).protocol == "paper":
            inputs["search"] = f"{folder}/{repeat}.search.json"
        return {**inputs, "first": f"{folder}/{repeat}-{fold}.parquet"}

    def tables(self, experiment: str) -> dict[str, list[str]]:
        """Return how far apart both evaluations are, a file for each cell; none without any."""
        found = [f"results/again/{cell.name}.parquet" for cell in self.cells(experiment)]
        return {"again": found} if found else {}

    def page_tables(self) -> dict[str, list[str]]:
        """Return the tables of all experiments, each once."""
        tables = [self.tables(name).get("again", []) for name in self._project.experiments]
        return {"again": list(dict.fromkeys(file for own in tables for file in own))}
