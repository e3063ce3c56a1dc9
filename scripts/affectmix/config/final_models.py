"""What final models are made from beside their cells' tables: their own evaluations."""

from __future__ import annotations

from typing import Any

from affectmix.config.feature_choices import is_logmel
from affectmix.config.files import RunFiles
from affectmix.config.project import Project
from affectmix.features.logmel_recipes import make_recipes
from affectmix.stems.names import MIX, sources_of


class FinalModelPlan:
    """What the rule of final models asks.

    Args:
        project: the checked configuration.
        files: paths under ``results/``.
    """

    def __init__(self, project: Project, files: RunFiles) -> None:
        self._project = project
        self._files = files

    def inputs(self, name: str) -> dict[str, str | list[str]]:
        """Return a cell's tables, its corpora's indices and the files of its evaluations."""
        cell = self._project.cell(name)
        return {
            **self._files.cell_inputs(name),
            **{
                f"audio_{corpus}": f"results/corpora/{corpus}/audio.parquet"
                for corpus in self._project.cell_corpora(cell)
            },
            "predictions": [
                f"results/cells/{name}/{job}.parquet" for job in self._project.cell_jobs(cell)
            ],
        }

    def hearing(self, name: str) -> dict[str, Any]:
        """Return how a cell's features are made of audio, beside the name of their set."""
        config, features = self._project.config, self._project.cell(name).features
        choice = self._project.feature_settings(features)
        recipe, separator = None, None
        if is_logmel(config, features):
            recipe = make_recipes(config["logmels"])[choice["set"]].settings()
        if sources_of(choice) != (MIX,):
            separator = dict(config["separators"][choice["separator"]])
        return {"separator": separator, "recipe": recipe}
