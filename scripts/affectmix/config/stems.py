"""Which stems a configuration needs, and from which files they and their features are made."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from affectmix.config.gpus import gpus_of_a_job
from affectmix.config.project import Project
from affectmix.errors import ConfigError
from affectmix.features.logmel_recipes import LogmelRecipe, make_recipes
from affectmix.stems.names import (
    MIX,
    STEMS,
    SeparatorKind,
    single_stems,
    sources_of,
    split_stem,
)
from affectmix.stems.weights import weight_faults, weight_files

_TRUE_ENDINGS = (".wav", ".flac")


class StemPlan:
    """What the rules of stems and features ask.

    Args:
        project: the checked configuration.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._separators: dict[str, dict[str, Any]] = project.config["separators"]

    @cached_property
    def recipes(self) -> dict[str, LogmelRecipe]:
        """The log-mel recipes by name."""
        return make_recipes(self._project.config["logmels"])

    @property
    def logmels(self) -> str:
        """Pattern of the feature sets that are log-mels."""
        return "|".join(self.recipes)

    @property
    def functionals(self) -> str:
        """Pattern of the feature sets that are functionals."""
        return f"(?!({self.logmels})/)[A-Za-z0-9_]+"

    def by_size(self, *, merged: bool) -> str:
        """Return the pattern of the corpora whose features are merged, or of the others."""
        corpora = [name for name in self._project.used if self._project.merged(name) == merged]
        return "|".join(corpora) or "(?!)"

    @property
    def single(self) -> str:
        """Pattern of a single stem in a path."""
        return f"{MIX}|[a-z0-9_]+-({'|'.join(STEMS)})"

    def check(self) -> None:
        """Raise one ConfigError for all weights and true stems that are needed and not there."""
        faults = []
        for name in sorted({name for name, _ in self.used}):
            settings = self._separators[name]
            if settings["kind"] == SeparatorKind.DEMUCS:
                faults += weight_faults(f"separators.{name}", settings, home=self._project.home)
        faults += [
            fault
            for name, corpus in self.used
            if self._is_given(name)
            for fault in self._given_faults(name, corpus)
        ]
        for corpus in sorted({corpus for _, corpus in self.used}):
            declared = self._project.corpora[corpus].settings.get("true_stems")
            if declared and not self._true_clips(corpus):
                faults.append(
                    f"corpora.{corpus}.true_stems: {declared!r} holds the stems of none of its "
                    f"clips; put them there as CLIP_ID/{{{','.join(STEMS)}}}.wav or .flac"
                )
        if faults:
            listed = "\n".join(f"  - {fault}" for fault in faults)
            raise ConfigError(f"stems cannot be made or measured:\n{listed}")

    def _is_given(self, separator: str) -> bool:
        return bool(self._separators[separator]["kind"] == SeparatorKind.TRUE_STEMS)

    def _given_faults(self, separator: str, corpus: str) -> Iterator[str]:
        has = {clip_id for _, clip_id, _, _ in self._true_clips(corpus)}
        shards = self._project.used_shards(corpus)
        clips = [clip[0] for s in shards for clip in self._project.shard_clips(corpus, s)]
        lacking = [clip_id for clip_id in clips if clip_id not in has]
        if lacking:
            yield (
                f"separators.{separator}: kind true_stems takes the stems that corpus {corpus!r} "
                f"brings, but {len(lacking)} of its {len(clips)} clips have none, such as "
                f"{lacking[0]!r}; name their folder as corpora.{corpus}.true_stems, or take "
                "kind demucs or classical"
            )

    def given(self, separator: str, corpus: str, shard: str) -> dict[str, dict[str, list[Any]]]:
        """Return the true stems of a shard's clips, where a separator stands for those."""
        if not self._is_given(separator):
            return {}
        return {clip: true for own, clip, _, true in self._true_clips(corpus) if own == shard}

    @cached_property
    def used(self) -> list[tuple[str, str]]:
        """(separator, corpus) of all stems that a cell's features are made of, sorted."""
        found = set()
        for cell in self._project.cells.values():
            choice = self._project.feature_settings(cell.features)
            if self._project.uses_features(cell.learner) and sources_of(choice) != (MIX,):
                found |= {(choice["separator"], c) for c in self._project.cell_corpora(cell)}
        return sorted(found)

    def separator_settings(self, separator: str) -> dict[str, Any]:
        """Return what a separator's stems hang on, its local weights' size and time included."""
        settings = dict(self._separators[separator])
        if settings.get("repo"):
            folder = self._project.home / Path(settings["repo"]).expanduser()
            settings["weights"] = [
                [file.name, file.stat().st_size, file.stat().st_mtime_ns]
                for file in weight_files(settings["model"], folder)
            ]
        return settings

    def weights(self, separator: str) -> list[str]:
        """Return the file that says a separator's weights are there, if it needs any."""
        needs = self._separators[separator]["kind"] == SeparatorKind.DEMUCS
        return [f"results/stems/{separator}/weights.json"] if needs else []

    def gpus(self, separator: str, *, submits: bool = False) -> int:
        """Return how many GPUs a job takes."""
        needs = self._separators[separator]["kind"] == SeparatorKind.DEMUCS
        return gpus_of_a_job(submits=submits) if needs else 0

    def audio_inputs(self, corpus: str, shard: str, stem: str) -> dict[str, list[str]]:
        """Return ``audio``, the folder of a shard's audio of a single stem, and ``made``.

        The latter is written when the folder is whole. Both are empty where the audio is the
        user's own.
        """
        separator, _ = split_stem(stem)
        if separator:
            folder = f"results/stems/{separator}/{corpus}/{shard}"
            return {"audio": [folder], "made": [f"{folder}.parquet"]}
        folders = self._project.made_folders(corpus, [shard])
        return {"audio": folders, "made": [f"{folder}.done" for folder in folders]}

    def clips(self, corpus: str, shard: str, stem: str) -> list[list[Any]]:
        """Return a shard's clips of a single stem as [clip_id, path, file, …], by clip id.

        A file is relative to the folder that :meth:`audio_inputs` names, if it names one.
        """
        clips = self._project.shard_clips(corpus, shard)
        separator, source = split_stem(stem)
        if not separator:
            return clips
        return [[clip[0], clip[1], f"{clip[0]}/{source}.flac"] for clip in clips]

    def feature_shards(self, feature_set: str, stem: str, corpus: str) -> list[str]:
        """Return the shards of a feature set: stem by stem where there are several."""
        return [
            f"results/features/{feature_set}/{single}/{corpus}/{shard}.parquet"
            for single in single_stems(stem)
            for shard in self._project.used_shards(corpus)
        ]

    def column_stems(self, stem: str) -> list[str]:
        """Return the stems that a path's stem stands for, as they stand in columns' names."""
        return [split_stem(single)[1] for single in single_stems(stem)]

    def quality_inputs(self, separator: str, corpus: str) -> dict[str, list[str]]:
        """Return the folders of all shards' ``stems``, and of their ``mixes`` where made here."""
        shards = self._project.used_shards(corpus)
        folders = [f"results/stems/{separator}/{corpus}/{shard}" for shard in shards]
        return {
            "stems": folders,
            "made": [f"{folder}.parquet" for folder in folders],
            "mixes": self._project.made_folders(corpus, shards),
        }

    def quality_clips(self, corpus: str) -> list[list[list[Any]]]:
        """Return, shard by shard, [clip_id, mix, true stems by name] of the clips that have any.

        Files are relative to the folder of the shard's mixes, if that is made here.
        """
        found: dict[str, list[list[Any]]] = {s: [] for s in self._project.used_shards(corpus)}
        for shard, *clip in self._true_clips(corpus):
            found[shard].append(clip)
        return list(found.values())

    def quality_files(self) -> list[str]:
        """Return the tables of separation quality: of all used corpora with true stems."""
        return [
            f"results/separation/{separator}/{corpus}.parquet"
            for separator, corpus in self.used
            if self._true_clips(corpus) and not self._is_given(separator)
        ]

    def _true_clips(self, corpus: str) -> list[tuple[str, str, str, dict[str, list[Any]]]]:
        """Return shard, clip_id, mix and [file, size, time] of the true stems, where all are."""
        source = self._project.corpora[corpus]
        found = []
        for shard in self._project.used_shards(corpus):
            for clip_id, _, file, *_ in self._project.shard_clips(corpus, shard):
                folder = source.true_stems(clip_id)
                true = {} if folder is None else self._true_files(folder, corpus)
                if len(true) == len(STEMS):
                    found.append((shard, clip_id, file, true))
        return found

    def _true_files(self, folder: Path, corpus: str) -> dict[str, list[Any]]:
        if self._project.generated(corpus):
            return {stem: [str(folder / f"{stem}.flac")] for stem in STEMS}
        files = {}
        for stem in STEMS:
            for file in (folder / f"{stem}{ending}" for ending in _TRUE_ENDINGS):
                if file.is_file():
                    status = file.stat()
                    files[stem] = [str(file), status.st_size, status.st_mtime_ns]
                    break
        return files
