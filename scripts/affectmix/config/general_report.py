"""Which files tell the report of general models: of experiments with cells of ``user_tuned``."""

from __future__ import annotations

from typing import Any

from affectmix.config.cells import Cell
from affectmix.config.general_models import KIND
from affectmix.config.project import Project


class GeneralReport:
    """What the rules of the report ask where cells have a general model.

    Args:
        project: the checked configuration.
    """

    def __init__(self, project: Project) -> None:
        self._project = project

    def cells(self, experiment: str) -> list[Cell]:
        """Return the cells of an experiment whose learner is a general model."""
        return [
            cell
            for cell in self._project.experiments[experiment]
            if self._project.learners[cell.learner]["kind"] == KIND
        ]

    def searches(self, experiment: str) -> list[str]:
        """Return what the cells' evaluations say of themselves."""
        return [
            f"results/cells/{cell.name}/{job}.search.json"
            for cell in self.cells(experiment)
            for job in self._project.cell_jobs(cell)
        ]

    def settings(self, experiment: str) -> dict[str, dict[str, Any]]:
        """Return each cell's settings."""
        return {c.name: self._project.cell_settings(c.name) for c in self.cells(experiment)}

    def tables(self, experiment: str) -> dict[str, str]:
        """Return the table of an experiment's stages; none without such cells."""
        found = f"results/general/{experiment}.parquet"
        return {"general": found} if self.cells(experiment) else {}

    def page_tables(self) -> dict[str, list[str]]:
        """Return the tables of all experiments."""
        tables = [self.tables(name) for name in self._project.experiments]
        return {"general": [own["general"] for own in tables if own]}
