"""Faults of the used corpora that can be seen without decoding audio, all in one message."""

from __future__ import annotations

import pandas as pd

from affectmix.cells.views import members
from affectmix.config.large_corpora import large_corpus_faults
from affectmix.config.project import Project
from affectmix.corpora.base import NOTES, TARGETS
from affectmix.corpora.sources import source_key
from affectmix.errors import AffectMixError, ConfigError, CorpusError
from affectmix.splits.schemes import Scheme

MISSING_AUDIO = "missing"


def check_corpora(project: Project) -> None:
    """Raise one error with the faults of all used corpora; note kinds are let through."""
    tolerated = NOTES | ({MISSING_AUDIO} if project.config["on_bad_audio"] == "skip" else set())
    errors = []
    for name in project.used:
        fatal = [p for p in project.corpora[name].problems() if p.kind not in tolerated]
        if fatal:
            errors.append(str(CorpusError(name, fatal)))
        else:
            errors += _group_faults(project, name)
    # How many clips a corpus has can be said of those alone that can be read.
    errors = errors or large_corpus_faults(project)
    if errors:
        raise AffectMixError("\n".join(errors))


def _group_faults(project: Project, corpus: str) -> list[str]:
    """Return why a corpus or its views cannot be cut, where the labels already tell."""
    labels = project.corpora[corpus].labels()
    rated = labels.dropna(subset=list(TARGETS))
    if rated.empty:
        return [f"corpus {corpus!r}: no clip has both valence and arousal; cells need both"]
    cut = {(view, cell.scheme) for cell in project.cells.values() for view in cell.views}
    return [
        fault
        for view, scheme in sorted(cut)
        if project.views[view]["corpus"] == corpus
        for fault in _view_faults(project, view, rated, project.schemes[scheme])
    ]


def _view_faults(project: Project, view: str, rated: pd.DataFrame, scheme: Scheme) -> list[str]:
    try:
        own = members(rated, project.views[view], view=view)
    except ConfigError as error:
        return [str(error)]
    grouped = scheme.grouped and project.config["groups"]["sources"]
    corpus = project.views[view]["corpus"]
    keys = [source_key(corpus, source) if grouped else None for source in own["source"]]
    count = len({key for key in keys if key is not None}) + keys.count(None)
    if count >= scheme.folds:
        return []
    return [
        f"view {view!r}: its {len(own)} rated clips come from {count} groups (declared "
        f"sources), but scheme {scheme.name!r} cuts {scheme.folds} folds with groups whole; "
        "declare finer sources, take fewer folds, or set groups: {sources: false}"
    ]
