"""Which files tell the report of segments: of experiments with cells of the learner `segments`."""

from __future__ import annotations

from typing import Any, Final

from affectmix.config.cells import Cell
from affectmix.config.files import RunFiles
from affectmix.config.project import Project
from affectmix.config.segment_settings import SEGMENTS

KINDS: Final = ("counts", "agreement", "curves", "excerpts")


class SegmentReport:
    """What the rules of the report ask where cells hear segments.

    Args:
        project: the checked configuration.
        files: its paths.
    """

    def __init__(self, project: Project, files: RunFiles) -> None:
        self._project = project
        self._files = files

    def cells(self, experiment: str) -> list[Cell]:
        """Return the cells of an experiment whose learner hears segments."""
        return [
            cell
            for cell in self._project.experiments[experiment]
            if self._project.learners[cell.learner]["kind"] == SEGMENTS
        ]

    def inputs(self, experiment: str) -> dict[str, list[str] | str]:
        """Return what describes an experiment's segments; labels, sections and audio by name."""
        places = [
            f"results/cells/{cell.name}/{job}"
            for cell in self.cells(experiment)
            for job in self._project.cell_jobs(cell)
        ]
        return {
            "segments": [f"{place}.segments.parquet" for place in places],
            "searches": [f"{place}.search.json" for place in places],
            **self._files.mix_folders(self._corpora(experiment)),
            **{
                f"labels_{c}": f"results/corpora/{c}/labels.parquet"
                for c in self._corpora(experiment)
            },
            **{
                f"sections_{corpus}": f"results/demo/{corpus}/sections.parquet"
                for corpus in self._corpora(experiment)
                if self._project.generated(corpus)
            },
        }

    def settings(self, experiment: str) -> dict[str, dict[str, Any]]:
        """Return what each cell's segments hang on."""
        return {c.name: self._project.cell_settings(c.name) for c in self.cells(experiment)}

    def clips(self, experiment: str) -> dict[str, list[list[list[str]]]]:
        """Return, by corpus and shard, [clip_id, file] of the clips to choose among."""
        return self._files.mix_clips(self._corpora(experiment))

    def tables(self, experiment: str) -> dict[str, str]:
        """Return the tables of an experiment's segments by kind; none without such cells."""
        if not self.cells(experiment):
            return {}
        return {
            f"segment_{kind}": f"results/segments/{kind}/{experiment}.parquet" for kind in KINDS
        }

    def page_tables(self) -> dict[str, list[str]]:
        """Return the tables of all experiments by kind."""
        found: dict[str, list[str]] = {f"segment_{kind}": [] for kind in KINDS}
        for experiment in self._project.experiments:
            for kind, file in self.tables(experiment).items():
                found[kind].append(file)
        return found

    def _corpora(self, experiment: str) -> list[str]:
        return sorted(
            {c for cell in self.cells(experiment) for c in self._project.cell_corpora(cell)}
        )
