"""Which files of a run each rule reads: the paths of the public contract, in one place."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from affectmix.config.feature_choices import is_logmel
from affectmix.config.general_models import weight_file
from affectmix.config.gpus import gpus_of_a_job
from affectmix.config.project import Project
from affectmix.corpora.base import TARGETS
from affectmix.evaluation.contributions import find_families
from affectmix.stems.names import path_stem, single_stems, split_stem
from affectmix.tasks import Task


class RunFiles:
    """Paths under ``results/`` that hang on the configuration.

    Args:
        project: the checked configuration.
        local: marks a file that stays on this machine when results lie elsewhere.
    """

    def __init__(self, project: Project, local: Callable[[str], str] = str) -> None:
        self._project = project
        self._local = local

    def cell_inputs(self, name: str, *, features: bool = True) -> dict[str, str | list[str]]:
        """Return the tables that a cell reads: its own corpora's, and the groups of all.

        Args:
            name: the cell's name.
            features: False to leave features out, where only rows and labels are asked for.
        """
        cell = self._project.cell(name)
        tables: dict[str, str | list[str]] = {"groups": "results/groups.parquet"}
        for corpus in self._project.cell_corpora(cell):
            tables[f"labels_{corpus}"] = f"results/corpora/{corpus}/labels.parquet"
            tables[f"splits_{corpus}"] = f"results/splits/{corpus}/{cell.scheme}.parquet"
            if features and self._project.uses_features(cell.learner):
                tables |= self._feature_files(cell.features, corpus)
        weights = weight_file(self._project.learners[cell.learner])
        if features and weights is not None:
            tables["weights"] = self._local(weights)
        return tables

    def _feature_files(self, features: str, corpus: str) -> dict[str, str | list[str]]:
        """Return ``features_{corpus}``, or the shards of log-mels and of large corpora.

        These are ``logmels_{stem}_{corpus}`` and ``shards_{stem}_{corpus}``.
        """
        chosen = self._project.feature_settings(features)
        folder, stem = f"results/features/{chosen['set']}", path_stem(chosen)
        logmel = is_logmel(self._project.config, features)
        if not logmel and self._project.merged(corpus):
            return {f"features_{corpus}": f"{folder}/{stem}/{corpus}.parquet"}
        return {
            f"{'logmels' if logmel else 'shards'}_{split_stem(single)[1]}_{corpus}": [
                f"{folder}/{single}/{corpus}/{s}.parquet" for s in self._project.used_shards(corpus)
            ]
            for single in single_stems(stem)
        }

    def automl_outputs(self, name: str, *, repeat: str, fold: str) -> dict[str, str]:
        """Return what an AutoML tool leaves of the search behind one evaluation of a cell.

        Under the paper's protocol one search stands behind all folds of a repeat.
        """
        shared = self._project.cell(name).protocol == "paper"
        part = repeat if shared else f"{repeat}-{fold}"
        base = f"results/automl/{name}/{part}"
        return {
            **{f"predicted_{target}": f"{base}.{target}.parquet" for target in TARGETS},
            **{f"described_{target}": f"{base}.{target}.json" for target in TARGETS},
        }

    def audit_inputs(self, experiment: str) -> dict[str, str | list[str]]:
        """Return what an experiment's cells trained on and predicted, and what judges them."""
        return {
            "cells": self.cell_files(experiment, ".parquet"),
            "train": self.cell_files(experiment, ".train.parquet"),
            "groups": "results/groups.parquet",
            **self.split_files(experiment),
            **self.label_files(experiment),
        }

    def cell_files(self, experiment: str, ending: str) -> list[str]:
        """Return the files of all evaluations of an experiment that have a given ending."""
        return [
            f"results/cells/{cell.name}/{job}{ending}"
            for cell in self._project.experiments[experiment]
            for job in self._project.cell_jobs(cell)
        ]

    def split_files(self, experiment: str) -> dict[str, str]:
        """Return the splits that an experiment's cells are tested on, as inputs by name."""
        pairs = {
            (cell.scheme, corpus)
            for cell in self._project.experiments[experiment]
            for corpus in self._project.cell_corpora(cell)
        }
        return {
            f"splits_{corpus}__{scheme}": f"results/splits/{corpus}/{scheme}.parquet"
            for scheme, corpus in sorted(pairs)
        }

    def label_files(self, experiment: str) -> dict[str, str]:
        """Return the label tables of the corpora of an experiment, as inputs by name."""
        corpora = {
            c
            for cell in self._project.experiments[experiment]
            for c in self._project.cell_corpora(cell)
        }
        return {f"labels_{c}": f"results/corpora/{c}/labels.parquet" for c in sorted(corpora)}

    def rating_files(self, experiment: str) -> dict[str, str]:
        """Return the tables of single ratings of an experiment's corpora, as inputs by name."""
        return {
            name.replace("labels_", "ratings_", 1): file.replace("labels.", "ratings.")
            for name, file in self.label_files(experiment).items()
        }

    def mix_folders(self, corpora: Iterable[str]) -> dict[str, list[str]]:
        """Return ``mixes_{corpus}``: the folders of all shards of corpora that are made here."""
        folders = {c: self._project.made_folders(c, self._project.used_shards(c)) for c in corpora}
        return {f"mixes_{corpus}": own for corpus, own in folders.items() if own}

    def mix_clips(self, corpora: Iterable[str]) -> dict[str, list[list[list[str]]]]:
        """Return, by corpus and shard, [clip_id, file]; files as in ``Project.shard_clips``."""
        return {
            corpus: [
                [[clip_id, file] for clip_id, _, file, *_ in self._project.shard_clips(corpus, s)]
                for s in self._project.used_shards(corpus)
            ]
            for corpus in corpora
        }

    def member_files(self, name: str, *, repeat: str, fold: str) -> dict[str, list[str]]:
        """Return what the members of a blend's cell predicted and trained on in one fold."""
        base = [
            f"results/cells/{cell.name}/{repeat}-{fold}" for cell in self._project.members(name)
        ]
        return {
            "predictions": [f"{path}.parquet" for path in base],
            "train": [f"{path}.train.parquet" for path in base],
        }

    def gpus(self, name: str, *, submits: bool = False) -> int:
        """Return how many GPUs a job of a cell takes."""
        learner = self._project.learners[self._project.cell(name).learner]
        return gpus_of_a_job(submits=submits) if learner.get("device", "cpu") != "cpu" else 0

    def contribution_settings(self, experiment: str) -> dict[str, Any]:
        """Return what tells which cells of an experiment differ in their stems alone.

        Contributions are parts of a predicted rating: cells of classes have none.
        """
        cells = [
            cell
            for cell in self._project.experiments[experiment]
            if self._project.task(cell.learner) is Task.REGRESSION
            and not self._project.is_blend(cell.learner)
        ]
        return {
            "cells": [cell.fields() for cell in cells],
            "features": {c.features: self._project.feature_settings(c.features) for c in cells},
            "means": sorted(
                {c.learner for c in cells if not self._project.uses_features(c.learner)}
            ),
        }

    def contribution_files(self) -> list[str]:
        """Return the tables of stems' contributions: of experiments with all combinations."""
        return [
            f"results/contributions/{name}.parquet"
            for name in self._project.experiments
            if find_families(**self.contribution_settings(name))
        ]

    def oracle_files(self) -> list[str]:
        """Return the oracle's table where a used corpus is made by a formula; else nothing."""
        made = any(self._project.generated(corpus) for corpus in self._project.used)
        return ["results/oracle.parquet"] if made else []

    def report_inputs(self) -> dict[str, list[str]]:
        """Return everything that the report reads, by kind."""
        searched = [
            cell
            for cell in self._project.cells.values()
            if self._project.uses_features(cell.learner)
        ]
        chosen = {
            (
                self._project.feature_settings(cell.features)["set"],
                path_stem(self._project.feature_settings(cell.features)),
                c,
            )
            for cell in searched
            if not is_logmel(self._project.config, cell.features)
            for c in self._project.cell_corpora(cell)
        }
        schemes = {
            (c, cell.scheme)
            for cell in self._project.cells.values()
            for c in self._project.cell_corpora(cell)
        }
        return {
            "metrics": [f"results/metrics/{name}.parquet" for name in self._project.experiments],
            "coverage": [f"results/coverage/{name}.parquet" for name in self._project.experiments],
            "audit": [f"results/audit/{name}.parquet" for name in self._project.experiments],
            "findings": [
                f"results/audit/{name}.findings.parquet" for name in self._project.experiments
            ],
            "figures": [f"results/figures/{name}" for name in self._project.experiments],
            "tables": [f"results/tables/{name}" for name in self._project.experiments],
            "searches": [
                f"results/cells/{cell.name}/{job}.search.json"
                for cell in searched
                for job in self._project.cell_jobs(cell)
            ],
            "final_searches": [
                f"results/cells/{name}/0.search.json"
                for name in self._project.final_models()
                if self._project.uses_features(self._project.cell(name).learner)
            ],
            "audio": [f"results/corpora/{c}/audio.parquet" for c in self._project.used],
            "left_out": [f"results/corpora/{c}/left_out.parquet" for c in self._project.used],
            "labels": [f"results/corpora/{c}/labels.parquet" for c in self._project.used],
            "ratings": [f"results/corpora/{c}/ratings.parquet" for c in self._project.used],
            "classes": [f"results/classes/{c}.parquet" for c in self._project.used],
            "groups": ["results/groups.parquet", "results/group_reasons.parquet"],
            "warnings": [
                f"results/splits/{c}/{scheme}.warnings.json" for c, scheme in sorted(schemes)
            ],
            "nonfinite": [
                f"results/features/{f}/{stem}/{c}.nonfinite.csv" for f, stem, c in sorted(chosen)
            ],
        }
