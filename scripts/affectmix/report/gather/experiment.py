"""One experiment's evidence, read from the files of its rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from affectmix.report.evidence import Evidence
from affectmix.report.gather.audits import audit_summary
from affectmix.report.gather.corpora import labels_by_view, raters_by_view
from affectmix.report.segment_evidence import segment_evidence
from affectmix.schemas import (
    AGAIN,
    COVERAGE,
    EXCERPTS,
    GENERAL_MEASURES,
    METRICS,
    ORACLE,
    PREDICTIONS,
    SEPARATION,
    STEM_CONTRIBUTIONS,
    USERS,
)
from affectmix.tables import read_table

_OF_STEMS = {
    "predictions": PREDICTIONS,
    "contributions": STEM_CONTRIBUTIONS,
    "excerpts": EXCERPTS,
}


def separation_of(files: Sequence[str], settings: Mapping[str, Any]) -> pd.DataFrame | None:
    """Return the quality of the stems that an experiment hears; None where it is not known.

    Args:
        files: ``results/separation/{separator}/{corpus}.parquet``.
        settings: ``Project.report_settings``.
    """
    separators = {choice.get("separator") for choice in settings["features"].values()}
    corpora = {view["corpus"] for view in settings["views"].values()}
    tables = [
        read_table(file, SEPARATION).assign(separator=separator, corpus=corpus)
        for file in files
        for separator, corpus in [(Path(file).parent.name, Path(file).stem)]
        if separator in separators and corpus in corpora
    ]
    return pd.concat(tables, ignore_index=True) if tables else None


def again_of(files: Sequence[str], metrics: pd.DataFrame) -> pd.DataFrame | None:
    """Return how far apart folds are that were evaluated twice, of an experiment's cells.

    Args:
        files: ``results/again/{cell}.parquet``.
        metrics: the experiment's.
    """
    own = set(metrics["cell"])
    tables = [read_table(file, AGAIN) for file in files if Path(file).stem in own]
    return pd.concat(tables, ignore_index=True) if tables else None


def evidence_of(
    name: str, files: Mapping[str, str | Sequence[str]], settings: Mapping[str, Any]
) -> Evidence:
    """Return what an experiment's sections are made from.

    Args:
        name: the experiment's key in the configuration.
        files: ``metrics``, ``audit`` and ``findings`` of the experiment, ``labels_<corpus>``
            and ``ratings_<corpus>`` of its corpora, and ``oracle``: a file, or a list of it,
            which may be empty. Where stems are heard, ``predictions``, ``contributions`` and
            ``excerpts`` too; where segments are, ``segment_<kind>``.
        settings: ``Project.report_settings``.
    """
    listed = {key: [f] if isinstance(f, str) else list(f) for key, f in files.items()}
    one = {key: found[0] for key, found in listed.items() if len(found) == 1}
    return Evidence(
        name,
        read_table(one["metrics"], METRICS),
        title=settings["title"],
        roles=settings["roles"],
        analogous=settings["analogous"],
        kinds=settings["kinds"],
        labels=labels_by_view(one, settings["views"]),
        raters=raters_by_view(one, settings["views"], settings["raters"]),
        budgets_s=settings["budgets_s"],
        seed=settings["seed"],
        audit=audit_summary([one["audit"]], [one["findings"]]),
        coverage=read_table(one["coverage"], COVERAGE) if "coverage" in one else None,
        oracle=read_table(one["oracle"], ORACLE) if "oracle" in one else None,
        features=settings["features"],
        networks=settings["networks"],
        known_shares=settings["known_shares"],
        separation=separation_of(listed.get("separation", []), settings),
        segments=segment_evidence(one, settings["segments"]),
        general=read_table(one["general"], GENERAL_MEASURES) if "general" in one else None,
        again=again_of(listed.get("again", []), read_table(one["metrics"], METRICS)),
        users=read_table(one["users"], USERS) if "users" in one else None,
        **{
            name: read_table(one[name], schema) for name, schema in _OF_STEMS.items() if name in one
        },
    )
