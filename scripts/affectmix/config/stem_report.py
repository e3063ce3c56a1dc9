"""Which predictions and stems' tables each experiment's report reads, and what can be heard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from affectmix.config.files import RunFiles
from affectmix.config.project import Project
from affectmix.evaluation.contributions import Family, find_families
from affectmix.stems.names import MIX, sources_of
from affectmix.tasks import Task


class StemReport:
    """What the rules of the report ask where cells hear stems.

    Args:
        project: the checked configuration.
        files: its paths.
        separation: the tables of separation quality (`StemPlan.quality_files`).
    """

    def __init__(
        self, project: Project, files: RunFiles, *, separation: Sequence[str] = ()
    ) -> None:
        self._project = project
        self._files = files
        self._separation = list(separation)

    def tables(self, experiment: str) -> dict[str, Any]:
        """Return ``predictions`` and ``contributions`` where the report has use for them.

        That is where classes are predicted, or stems heard one by one; and all combinations.
        ``separation`` is a list: the quality of all stems, of other experiments too.
        """
        found: dict[str, Any] = {"separation": self._separation} if self._separation else {}
        if self._hears_single_stems(experiment) or self._has_classes(experiment):
            found["predictions"] = f"results/predictions/{experiment}.parquet"
        if self._families(experiment):
            found["contributions"] = f"results/contributions/{experiment}.parquet"
        return found

    def page_tables(self) -> dict[str, list[str]]:
        """Return the tables of all experiments by kind, and the ``excerpts`` of their stems."""
        found: dict[str, list[str]] = {"predictions": [], "contributions": [], "excerpts": []}
        for experiment in self._project.experiments:
            tables = self.tables(experiment)
            tables.pop("separation", None)
            for kind, file in tables.items():
                found[kind].append(file)
            if self._families(experiment):
                found["excerpts"].append(f"results/excerpts/{experiment}.parquet")
        return {**found, "separation": self._separation}

    def excerpt_inputs(self, experiment: str) -> dict[str, list[str]]:
        """Return the shards from which an experiment's excerpts are cut.

        These are ``stems_{corpus}`` and, where they are made here, ``mixes_{corpus}``.
        """
        separator = self._separator(experiment)
        found = self._files.mix_folders(self._corpora(experiment))
        for corpus in self._corpora(experiment):
            found[f"stems_{corpus}"] = [
                f"results/stems/{separator}/{corpus}/{shard}"
                for shard in self._project.used_shards(corpus)
            ]
        return found

    def excerpt_clips(self, experiment: str) -> dict[str, list[list[list[str]]]]:
        """Return, by corpus and shard, [clip_id, mix] of the clips to choose among."""
        return self._files.mix_clips(self._corpora(experiment))

    def _families(self, experiment: str) -> list[Family]:
        return find_families(**self._files.contribution_settings(experiment))

    def _separator(self, experiment: str) -> str:
        first = self._families(experiment)[0]
        return str(self._project.feature_settings(first.fields["features"])["separator"])

    def _corpora(self, experiment: str) -> list[str]:
        first = self._families(experiment)[0].fields
        cells = [c for c in self._project.experiments[experiment] if c.fields() == dict(first)]
        return self._project.cell_corpora(cells[0])

    def _has_classes(self, experiment: str) -> bool:
        cells = self._project.experiments[experiment]
        return any(self._project.task(cell.learner) is not Task.REGRESSION for cell in cells)

    def _hears_single_stems(self, experiment: str) -> bool:
        heard: dict[tuple[str, str], set[str]] = {}
        for cell in self._project.experiments[experiment]:
            if (
                self._project.uses_features(cell.learner)
                and self._project.task(cell.learner) is Task.REGRESSION
            ):
                choice: dict[str, Any] = self._project.feature_settings(cell.features)
                stems = sources_of(choice)
                if len(stems) == 1 and stems != (MIX,):
                    heard.setdefault((cell.learner, choice["set"]), set()).update(stems)
        return any(len(stems) > 1 for stems in heard.values())
