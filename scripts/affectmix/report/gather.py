"""Collects what a run left under results/ into the tables that the report shows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from affectmix.cells.views import members
from affectmix.provenance.versions import versions
from affectmix.report.context import AuditSummary, ReportContext
from affectmix.report.experiment import ExperimentReport, report_experiment
from affectmix.report.figure_1 import draw_fig1
from affectmix.schemas import (
    AUDIO,
    AUDIT_FINDINGS,
    AUDIT_SUMMARY,
    CLASSES,
    GROUPS,
    LABELS,
    LEFT_OUT,
    METRICS,
    ORACLE,
)
from affectmix.tables import read_table

_SHOWN_FINDINGS = 200
_REPORTED_FIT = "reported fit"
_PROTOCOL = 4  # its place among the parts of a cell's name


def audit_summary(folder: str | Path, experiments: Sequence[str]) -> AuditSummary:
    """Return the audits of all experiments as one."""
    folder = Path(folder)
    summary = pd.concat(
        [read_table(folder / f"{name}.parquet", AUDIT_SUMMARY) for name in experiments]
    ).drop_duplicates(["cell", "view"], ignore_index=True)
    findings = pd.concat(
        [read_table(folder / f"{name}.findings.parquet", AUDIT_FINDINGS) for name in experiments]
    ).drop_duplicates(ignore_index=True)
    undeclared = findings[~findings["declared"].astype(bool)]
    return AuditSummary(
        leak_free=undeclared.empty,
        summary=summary,
        findings=undeclared if len(undeclared) else findings.head(_SHOWN_FINDINGS),
        declared=undeclared.empty and len(findings) > 0,
    )


def convergence(searches: Mapping[str, Iterable[str | Path]]) -> pd.DataFrame:
    """Return how many fits of each cell's searches and evaluations did not converge.

    Args:
        searches: cell → its search files.

    Returns:
        One row per cell and rung: ``cell, rung, share, fits, unconverged``, counts summed
        over searches. Rungs are numbers as text, and ``reported fit`` for the fits of the
        chosen points that made the predictions.
    """
    columns = ["cell", "rung", "share", "fits", "unconverged"]
    rows: list[tuple[str, str, float, int, int]] = []
    for cell, report, fits in _reports(searches):
        for rung in report.get("rungs", []):
            counts = rung["scored"], rung["unconverged"]
            rows.append((cell, str(rung["rung"]), rung["share"], *counts))
        if fits:
            failed = sum(not converged for converged in fits.values())
            rows.append((cell, _REPORTED_FIT, 1.0, len(fits), failed))
    frame = pd.DataFrame(rows, columns=columns).groupby(columns[:3], as_index=False)
    return frame[columns[3:]].sum()


def unconverged_sentences(searches: Mapping[str, Iterable[str | Path]]) -> list[str]:
    """Return a sentence for each cell and target whose reported fits or choices are in doubt.

    Args:
        searches: as in `convergence`.
    """
    found: dict[tuple[str, str, str], list[bool]] = {}
    for cell, report, fits in _reports(searches):
        chosen = report.get("chosen_converged", {})
        for what, by_target in (("searches", chosen), ("evaluations", fits)):
            for target, converged in by_target.items():
                found.setdefault((cell, target, what), []).append(bool(converged))
    subjects = {"searches": "the chosen point", "evaluations": "the reported fit"}
    return [
        f"{cell}, {target}: {subjects[what]} did not converge in {converged.count(False)} of "
        f"{len(converged)} {what}."
        for (cell, target, what), converged in sorted(found.items())
        if not all(converged)
    ]


def _reports(
    searches: Mapping[str, Iterable[str | Path]],
) -> Iterator[tuple[str, dict[str, Any], dict[str, bool]]]:
    """Yield for every file its cell, what the search reports, and whether its fits converged.

    Under the paper's protocol all folds of a repeat repeat the report of one search: it is
    yielded with the first of them, and is empty with the others.
    """
    for cell, files in searches.items():
        shared = cell.split("__")[_PROTOCOL : _PROTOCOL + 1] == ["paper"]
        seen: set[tuple[str, str]] = set()
        for file in map(Path, files):
            report = json.loads(file.read_text(encoding="utf-8"))["report"]
            fits = report.pop("fits", {})
            repeat = file.name.split(".")[0].split("-")[0]
            key = (repeat, json.dumps(report, sort_keys=True))
            yield cell, {} if shared and key in seen else report, fits
            seen.add(key)


def feature_faults(files: Iterable[str | Path]) -> pd.DataFrame:
    """Return the NaN and infinite values of every feature table, the clips' rows only."""
    frames = []
    for file in map(Path, files):
        counts = pd.read_csv(file)
        chosen = counts[counts["by"] == "clip"].drop(columns="by")
        corpus = file.name.removesuffix(".nonfinite.csv")
        feature_set = file.parts[-3]
        frames.append(chosen.assign(corpus=corpus, feature_set=feature_set))
    columns = ["feature_set", "corpus", "name", "nan", "infinite", "of"]
    return pd.concat(frames, ignore_index=True)[columns] if frames else pd.DataFrame()


def corpora_table(corpora: Mapping[str, Mapping[str, pd.DataFrame]]) -> pd.DataFrame:
    """Return one row per corpus: clips, hours, groups, classes and the labels' spread.

    Args:
        corpora: corpus → its ``audio``, ``labels``, ``classes`` and ``groups`` tables.
    """
    rows: list[dict[str, Any]] = []
    for name, tables in corpora.items():
        labels = tables["labels"]
        rated = labels[labels["clip_id"].isin(tables["classes"]["clip_id"])]
        rows.append(
            {
                "corpus": name,
                "clips": len(tables["audio"]),
                "rated": len(rated),
                "hours": tables["audio"]["duration_s"].sum() / 3600,
                "groups": tables["groups"]["group"].nunique(),
                "classes": tables["classes"]["class"].nunique(),
                "valence mean": rated["valence"].mean(),
                "valence sd": rated["valence"].std(ddof=0),
                "arousal mean": rated["arousal"].mean(),
                "arousal sd": rated["arousal"].std(ddof=0),
            }
        )
    return pd.DataFrame(rows)


def oracle_gain(file: str | Path | None) -> pd.DataFrame | None:
    """Return the bracket of the gain by full mixing: view, target, low, high; None without one."""
    if not file:
        return None
    oracle = read_table(file, ORACLE)
    full = (
        (oracle["quantity"] == "gain") & (oracle["own_share"] == 1) & (oracle["other_share"] == 1)
    )
    return oracle[full].rename(columns={"corpus": "view"})[["view", "target", "low", "high"]]


def oracle_table(file: str | Path) -> pd.DataFrame:
    """Return the oracle's R² on a corpus's own clips and with all of another, and the gain."""
    oracle = read_table(file, ORACLE)
    whole = (oracle["own_share"] == 1) & oracle["other_share"].isin([0.0, 1.0])
    return oracle.loc[whole, ["corpus", "target", "quantity", "train", "mean", "low", "high"]]


def report_of(
    name: str,
    metrics: str | Path,
    settings: Mapping[str, Any],
    oracle: pd.DataFrame | None = None,
) -> ExperimentReport:
    """Return one experiment's tests, tables and figures from its metrics' file."""
    return report_experiment(
        name,
        read_table(metrics, METRICS),
        title=settings["title"],
        roles=settings["roles"],
        analogous=settings["analogous"],
        learner_kinds=settings["kinds"],
        oracle=oracle,
    )


def labels_by_view(
    files: Mapping[str, str], views: Mapping[str, Mapping[str, Any]]
) -> dict[str, pd.DataFrame]:
    """Return view → the labels of its clips.

    Args:
        files: ``labels_<corpus>`` → file; other names are passed over.
        views: view → its definition in the configuration.
    """
    labels = {
        name.removeprefix("labels_"): read_table(file, LABELS)
        for name, file in files.items()
        if name.startswith("labels_")
    }
    return {
        view: members(labels[definition["corpus"]], definition, view=view)
        for view, definition in views.items()
    }


def report_context(
    files: Mapping[str, Sequence[str]],
    config: Mapping[str, Any],
    experiments: Mapping[str, Mapping[str, Any]],
) -> ReportContext:
    """Return everything that the report shows.

    Args:
        files: the report rule's inputs by kind.
        config: the effective configuration.
        experiments: experiment → ``Project.report_settings``.
    """
    corpora = _corpora(files)
    labels = {f"labels_{Path(file).parts[-2]}": file for file in files["labels"]}
    views = {v: d for settings in experiments.values() for v, d in settings["views"].items()}
    oracle = next(iter(files.get("oracle", [])), None)
    audits = Path(files["audit"][0]).parent
    searches = searches_by_cell(files)
    return ReportContext(
        title="AffectMix",
        experiments=[
            report_of(name, metrics, settings, oracle_gain(oracle))
            for (name, settings), metrics in zip(experiments.items(), files["metrics"], strict=True)
        ],
        fig1=draw_fig1(labels_by_view(labels, views)),
        corpora=corpora_table(corpora),
        audit=audit_summary(audits, list(experiments)),
        convergence=convergence(searches),
        unconverged=unconverged_sentences(searches),
        skipped=pd.concat(
            [
                read_table(file, LEFT_OUT).assign(corpus=Path(file).parts[-2])
                for file in files["left_out"]
            ],
            ignore_index=True,
        ),
        feature_faults=feature_faults(files["nonfinite"]),
        warnings=_warnings(files["warnings"]),
        extra={"What a regression on the true causes can reach": oracle_table(oracle)}
        if oracle
        else {},
        provenance={"seed": config["seed"], "versions": versions()},
        configuration=yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True),
    )


def _corpora(files: Mapping[str, Sequence[str]]) -> dict[str, dict[str, pd.DataFrame]]:
    groups = read_table(files["groups"][0], GROUPS)
    corpora = {}
    for audio, labels, classes in zip(
        files["audio"], files["labels"], files["classes"], strict=True
    ):
        name = Path(audio).parts[-2]
        corpora[name] = {
            "audio": read_table(audio, AUDIO),
            "labels": read_table(labels, LABELS),
            "classes": read_table(classes, CLASSES),
            "groups": groups[groups["corpus"] == name],
        }
    return corpora


def searches_by_cell(files: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return cell → its searches; those of final models stand beside, and are named so."""
    cells: dict[str, list[str]] = {}
    for kind, mark in (("searches", ""), ("final_searches", " (final model)")):
        for file in files.get(kind, []):
            cells.setdefault(f"{Path(file).parts[-2]}{mark}", []).append(file)
    return cells


def _warnings(files: Iterable[str]) -> list[str]:
    return [
        f"{Path(file).parts[-2]}: {warning}"
        for file in files
        for warning in json.loads(Path(file).read_text(encoding="utf-8"))
    ]
