"""A validated configuration together with its corpora: what the Snakefile asks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from affectmix.automl import BACKENDS
from affectmix.config.blends import BLEND, member_cells
from affectmix.config.cells import Cell, expand_cells
from affectmix.config.clip_index import ClipIndex
from affectmix.config.references import check_references
from affectmix.config.segment_settings import segment_settings
from affectmix.config.validate import validate_config
from affectmix.corpora import make_corpus
from affectmix.corpora.base import RATERS, Corpus
from affectmix.errors import ConfigError
from affectmix.learners import BASELINES
from affectmix.search.spaces import load_space
from affectmix.splits.schemes import Scheme
from affectmix.tasks import Task, task_of


class Project:
    """Everything that a configuration says, checked before any work starts.

    Args:
        config: the configuration as Snakemake read it.
        home: folder that relative paths in it start from.

    Raises:
        ConfigError: a key, value or reference is wrong.
        CorpusError: a corpus has faults that can be seen without decoding audio.
    """

    def __init__(self, config: Mapping[str, Any], home: str | Path = ".") -> None:
        self.config = validate_config(config)
        self.home = Path(home)
        self.corpora: dict[str, Corpus] = {
            name: make_corpus(name, settings, home=self.home)
            for name, settings in self.config["corpora"].items()
        }
        self.clips = ClipIndex(self.corpora, self.config["shards"])
        self.views: dict[str, dict[str, Any]] = {
            **{name: {"corpus": name} for name in self.corpora},
            **self.config["views"],
        }
        self.schemes = {
            name: Scheme.parse(name, repeats=settings["repeats"])
            for name, settings in self.config["schemes"].items()
        }
        self.experiments: dict[str, list[Cell]] = {
            name: expand_cells(experiment)
            for name, experiment in self.config["experiments"].items()
        }
        self.learners = {
            name: _with_points(name, settings) for name, settings in self.config["learners"].items()
        }
        check_references(self.config, self.views, self.experiments)
        listed = [cell for cells in self.experiments.values() for cell in cells]
        members = [m for cell in listed for m in member_cells(cell, self.config["learners"])]
        self.cells: dict[str, Cell] = {cell.name: cell for cell in [*listed, *members]}
        self.used = sorted({c for cell in self.cells.values() for c in self.cell_corpora(cell)})

    def corpus_settings(self, corpus: str) -> dict[str, Any]:
        """Return the settings from which a job makes the corpus again.

        The number of raters is left out: no label hangs on it, and nothing should rerun.
        """
        return {k: v for k, v in self.config["corpora"][corpus].items() if k != RATERS}

    def generated(self, corpus: str) -> bool:
        """Return whether the workflow makes the corpus's audio itself."""
        return bool(getattr(self.corpora[corpus], "generated", False))

    def shard_clips(self, corpus: str, shard: str) -> list[list[Any]]:
        """Return a shard's clips as [clip_id, path, file, size, time], sorted by clip id.

        Of a generated corpus, ``file`` is relative to the folder that the shard's audio is in,
        and there is neither size nor time.
        """
        return self.clips.clips(corpus, shard)

    def used_shards(self, corpus: str) -> list[str]:
        """Return the shards of a corpus that hold a clip."""
        return self.clips.shards(corpus)

    def merged(self, corpus: str) -> bool:
        """Return whether a corpus's features are merged into one table, as it has few clips."""
        return self.clips.count(corpus) <= self.config["merge_up_to"]

    def made_folders(self, corpus: str, shards: Iterable[str]) -> list[str]:
        """Return the folders that a generated corpus's shards are written to; else nothing."""
        made = self.generated(corpus)
        return [f"results/demo/{corpus}/{shard}" for shard in shards] if made else []

    def sources(self, corpus: str) -> list[list[str]]:
        """Return [clip_id, source] of the clips that declare one, which groups are made from.

        A recording that other corpora hold too is a source like any other.
        """
        declared = self.corpora[corpus].labels()[["clip_id", "source"]].dropna()
        shared = self.corpora[corpus].recordings()
        rows = [*declared.to_numpy(), *shared[["clip_id", "recording"]].to_numpy()]
        return [[str(value) for value in row] for row in rows]

    def audio_settings(self, corpus: str) -> dict[str, Any]:
        """Return what the sound of a generated corpus hangs on, and nothing of its labels."""
        settings, declared = self.corpora[corpus].settings, self.corpora[corpus].SETTINGS
        options = [key for key in ("varied", "stems") if settings[key] != declared[key].default]
        return {key: settings[key] for key in ("part", "duration", "seed", *options)}

    def adapter_module(self, corpus: str) -> str:
        """Return the module of a corpus's adapter, whose code its labels hang on."""
        return type(self.corpora[corpus]).__module__

    def pinned_splits(self, corpus: str, scheme: str) -> list[str]:
        """Return the file of a corpus's pinned folds, if there is one.

        Raises:
            ConfigError: there are two.
        """
        folder = Path("resources/splits") / corpus
        found = [
            str(folder / f"{scheme}{ending}")
            for ending in (".csv", ".parquet")
            if (self.home / folder / f"{scheme}{ending}").is_file()
        ]
        if len(found) > 1:
            raise ConfigError(f"{' and '.join(found)} pin the same folds; remove one of the two")
        return found

    def feature_settings(self, features: str) -> dict[str, Any]:
        """Return the feature set and stem of a feature choice."""
        return dict(self.config["features"][features])

    def cell(self, name: str) -> Cell:
        """Return the cell of a name."""
        if name not in self.cells:
            raise ConfigError(f"cell {name!r} is in no experiment of this configuration")
        return self.cells[name]

    def cell_views(self, cell: Cell) -> dict[str, dict[str, Any]]:
        """Return the definitions of the views that a cell trains or tests on."""
        return {view: self.views[view] for view in cell.views}

    def cell_corpora(self, cell: Cell) -> list[str]:
        """Return the corpora behind a cell's views, sorted."""
        return sorted({self.views[view]["corpus"] for view in cell.views})

    def cell_jobs(self, cell: Cell) -> list[str]:
        """Return '{repeat}-{fold}' for every evaluation of a cell."""
        scheme = self.schemes[cell.scheme]
        return [f"{r}-{f}" for r in range(scheme.repeats) for f in scheme.test_folds()]

    def uses_features(self, learner: str) -> bool:
        """Return whether a learner reads features, or looks at labels or predictions alone."""
        return self.config["learners"][learner]["kind"] not in (*BASELINES, BLEND)

    def task(self, learner: str) -> Task:
        """Return what a learner is to predict."""
        return task_of(self.config["learners"][learner])

    def cell_settings(self, name: str) -> dict[str, Any]:
        """Return all that a cell's result depends on beside its tables, for a rule's params."""
        cell = self.cell(name)
        return {
            "fields": cell.fields(),
            "shares": dict(cell.shares),
            "views": self.cell_views(cell),
            "learner": self.learners[cell.learner],
            "features": self.feature_settings(cell.features),
            "seed": self.config["seed"],
        }

    def report_settings(self, experiment: str) -> dict[str, Any]:
        """Return what an experiment's tables and figures need beside its metrics."""
        settings = self.config["experiments"][experiment]
        views = {view for cell in self.experiments[experiment] for view in cell.views}
        return {
            "title": settings["title"],
            "roles": settings["roles"],
            "kinds": {name: learner["kind"] for name, learner in self.learners.items()},
            "views": {view: self.views[view] for view in sorted(views)},
            "raters": {view: self._raters(self.views[view]["corpus"]) for view in sorted(views)},
            "budgets_s": {
                cell.learner: self.learners[cell.learner]["budget_s"]
                for cell in self.experiments[experiment]
                if self.learners[cell.learner].get("budget_s") is not None
            },
            "features": {
                cell.features: self.feature_settings(cell.features)
                for cell in self.experiments[experiment]
            },
            "networks": {
                name: learner
                for name, learner in self.learners.items()
                if learner["kind"] == "emomucs"
            },
            "known_shares": self._known_shares(views),
            "segments": segment_settings(self.learners, views, self.views, self.config["corpora"]),
            "seed": self.config["seed"],
            # Only the papers' own corpora can be held against the papers' numbers.
            "analogous": any(
                self.config["corpora"][self.views[view]["corpus"]]["adapter"]
                not in ("pmemo", "iads_e")
                for view in settings["roles"]
            ),
        }

    def _known_shares(self, views: Iterable[str]) -> dict[str, dict[str, dict[str, float]]]:
        """Return view → target → stem → how much of the target it causes, where that is known."""
        known = {view: self.corpora[self.views[view]["corpus"]].stem_shares() for view in views}
        return {view: shares for view, shares in sorted(known.items()) if shares}

    def _raters(self, corpus: str) -> dict[str, Any]:
        """Return what is known of the listeners behind a corpus's mean ratings."""
        scale = self.corpora[corpus].RATING_SCALE
        return {
            "declared": self.config["corpora"][corpus].get(RATERS),
            "scale": None if scale is None else asdict(scale),
        }

    def final_models(self) -> list[str]:
        """Return the cells of which a final model is stored."""
        return sorted(
            {
                cell.name
                for name, cells in self.experiments.items()
                for cell in cells
                if cell.learner in self.config["experiments"][name].get("models", self.learners)
                and (cell.protocol, cell.arithmetic, cell.control) == ("nested", "clean", "none")
                and self._maker(cell.learner) is None
            }
        )

    def backend(self, learner: str) -> str | None:
        """Return the AutoML tool that a learner stands for, or None where it is one of ours."""
        kind = self.config["learners"][learner]["kind"]
        return kind if kind in BACKENDS else None

    def _maker(self, learner: str) -> str | None:
        """Return whose rule makes a learner's cells: an AutoML tool's, a blend's, or ours."""
        return BLEND if self.is_blend(learner) else self.backend(learner)

    def is_blend(self, learner: str) -> bool:
        """Return whether a learner is the mean of others."""
        return bool(self.config["learners"][learner]["kind"] == BLEND)

    def members(self, name: str) -> list[Cell]:
        """Return the cells whose mean a blend's cell is; none for any other cell."""
        return member_cells(self.cell(name), self.config["learners"])

    def backends(self) -> list[str]:
        """Return the AutoML tools that cells use."""
        return [
            b for b in BACKENDS if any(self.backend(c.learner) == b for c in self.cells.values())
        ]

    def memory_mb(self, cell: str) -> int:
        """Return the memory that each process of an AutoML tool's cell may take."""
        return int(self.learners[self.cell(cell).learner]["memory_mb"])

    def cells_by(self, *makers: str | None, segments: bool | None = None) -> str:
        """Return the pattern of the cells of these AutoML tools or of blends; None is ours.

        Args:
            makers: whose.
            segments: whether their learners hear segments; None for both kinds.
        """
        learners = [
            name
            for name, settings in self.learners.items()
            if self._maker(name) in makers and segments in (None, settings["kind"] == "segments")
        ]
        return f"(?:{'|'.join(learners)})__[a-z0-9_-]+" if learners else "(?!)"


def _with_points(name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return a learner's settings with a digest of the points that its named space holds."""
    if "space" not in settings or settings["kind"] in BACKENDS:
        return dict(settings)
    try:
        points = load_space(settings["space"], learner=settings["kind"])
    except ConfigError as error:
        raise ConfigError(f"learners.{name}: {error}") from error
    digest = hashlib.sha256(json.dumps(points, sort_keys=True).encode()).hexdigest()[:16]
    return {**settings, "points": digest}
