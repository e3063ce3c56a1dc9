"""Which cells are tuned to single listeners, and which files that takes."""

from __future__ import annotations

from typing import Any

from affectmix.config.files import RunFiles
from affectmix.config.listener_checks import tunable
from affectmix.config.project import Project
from affectmix.tasks import task_of


class ListenerPlan:
    """What the rules ask where an experiment has listeners.

    Args:
        project: the checked configuration.
        files: its paths.
    """

    def __init__(self, project: Project, files: RunFiles) -> None:
        self._project = project
        self._files = files

    def settings(self, experiment: str) -> dict[str, Any]:
        """Return ``listeners`` of an experiment and the seed."""
        own: dict[str, Any] = self._project.config["experiments"][experiment]["listeners"]
        return {**own, "seed": self._project.config["seed"]}

    def cells(self, experiment: str) -> dict[str, dict[str, Any]]:
        """Return the fields, task and jobs of the cells that are tuned, by name."""
        tuned = self._project.config["experiments"][experiment].get("listeners", {})
        return {
            cell.name: {
                "fields": cell.fields(),
                "task": str(task_of(self._project.learners[cell.learner])),
                "jobs": self._project.cell_jobs(cell),
            }
            for cell in self._project.experiments[experiment]
            if cell.learner in tuned.get("from", ()) and tunable(cell)
        }

    def inputs(self, experiment: str) -> dict[str, list[str] | str]:
        """Return what tuning reads: predictions and songs of the cells, labels and ratings."""
        jobs = [
            f"{name}/{job}" for name, cell in self.cells(experiment).items() for job in cell["jobs"]
        ]
        return {
            "predictions": [f"results/cells/{job}.parquet" for job in jobs],
            "train": [f"results/cells/{job}.train.parquet" for job in jobs],
            "songs": [f"results/users/songs/{job}.safetensors" for job in jobs],
            "groups": "results/groups.parquet",
            **self._files.label_files(experiment),
            **self._files.rating_files(experiment),
        }

    def tables(self, experiment: str) -> dict[str, str]:
        """Return ``users``: the table of an experiment's listeners, where it has any."""
        has = "listeners" in self._project.config["experiments"][experiment]
        return {"users": f"results/users/{experiment}.parquet"} if has else {}

    def page_tables(self) -> dict[str, list[str]]:
        """Return the tables of all experiments' listeners."""
        names = self._project.experiments
        return {"users": [file for name in names for file in self.tables(name).values()]}
