"""Everything that the page shows, read from the report rule's inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from affectmix.provenance.versions import versions
from affectmix.report.context import ReportContext
from affectmix.report.experiment import ExperimentReport
from affectmix.report.figure_1 import draw_fig1
from affectmix.report.gather.audits import audit_summary
from affectmix.report.gather.corpora import (
    clips_left_out,
    corpora_table,
    corpora_tables,
    feature_faults,
    labels_by_view,
    split_warnings,
)
from affectmix.report.gather.experiment import evidence_of
from affectmix.report.gather.oracle import oracle_table
from affectmix.report.gather.searches import (
    approximation_sentences,
    convergence,
    searches_by_cell,
    unconverged_sentences,
)
from affectmix.schemas import ORACLE
from affectmix.tables import read_table

_OF_SOME = ("predictions", "contributions", "excerpts", "general", "users")


def report_context(
    files: Mapping[str, Sequence[str]],
    config: Mapping[str, Any],
    experiments: Mapping[str, Mapping[str, Any]],
    *,
    times: Mapping[str, str],
) -> ReportContext:
    """Return everything that the report shows.

    Args:
        files: the report rule's inputs by kind.
        config: the effective configuration.
        experiments: experiment → ``Project.report_settings``.
        times: rule → what its jobs took (`gather.times.times_by_rule`).
    """
    labels = {f"labels_{Path(file).parts[-2]}": file for file in files["labels"]}
    ratings = {f"ratings_{Path(file).parts[-2]}": file for file in files["ratings"]}
    views = {v: d for settings in experiments.values() for v, d in settings["views"].items()}
    oracle = next(iter(files.get("oracle", [])), None)
    shared = {**labels, **ratings, **({"oracle": oracle} if oracle else {})}
    searches = searches_by_cell(files)
    return ReportContext(
        title="AffectMix",
        experiments=[
            ExperimentReport(evidence_of(name, {**shared, **_own(files, name, place)}, settings))
            for place, (name, settings) in enumerate(experiments.items())
        ],
        fig1=draw_fig1(labels_by_view(labels, views)),
        corpora=corpora_table(corpora_tables(files)),
        audit=audit_summary(files["audit"], files["findings"]),
        convergence=convergence(searches),
        unconverged=unconverged_sentences(searches),
        skipped=clips_left_out(files["left_out"]),
        feature_faults=feature_faults(files["nonfinite"]),
        warnings=[*split_warnings(files["warnings"]), *approximation_sentences(searches)],
        extra={
            "What a regression on the true causes can reach": oracle_table(
                read_table(oracle, ORACLE)
            )
        }
        if oracle
        else {},
        provenance={
            "seed": config["seed"],
            "versions": versions(),
            **{f"time of {rule}": took for rule, took in times.items()},
            "time": "of the rules above alone, in the runs that made their files"
            if times
            else "not known",
            "energy": "not known: it was not measured",
        },
        configuration=yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True),
    )


def _own(
    files: Mapping[str, Sequence[str]], name: str, place: int
) -> dict[str, str | Sequence[str]]:
    """Return the files of the experiment at a place in the configuration's order.

    Tables of stems and segments are there for some experiments only, and found by their name.
    """
    of_some = {
        kind: file
        for kind in files
        if kind in _OF_SOME or kind.startswith("segment_")
        for file in files[kind]
        if Path(file).stem == name
    }
    always: dict[str, str | Sequence[str]] = {
        kind: files[kind][place] for kind in ("metrics", "coverage", "audit", "findings")
    }
    always["separation"] = files.get("separation", [])
    always["again"] = files.get("again", [])
    return {**always, **of_some}
