"""Prove, from the tables that an experiment's cells wrote, that no test row was trained on."""

from pathlib import Path
from typing import Any

from affectmix.cells.audited import CellRun, audited_runs
from affectmix.cells.tables import CellTables
from affectmix.jobs import run_job
from affectmix.schemas import AUDIT_FINDINGS, AUDIT_SUMMARY
from affectmix.splits.audit import assert_clean, audit_cells
from affectmix.tables import write_table


def main(job: Any) -> None:
    schemes = {settings["fields"]["scheme"] for settings in job.params.cells.values()}
    named = dict(job.input.items())
    labels = {name: file for name, file in named.items() if name.startswith("labels_")}
    splits = {name: file for name, file in named.items() if name.startswith("splits_")}
    tables = {
        scheme: CellTables.read_for_audit(labels, splits, job.input.groups, scheme=scheme)
        for scheme in schemes
    }
    files = zip(job.input.cells, job.input.train, strict=True)
    runs = []
    for cell, settings in job.params.cells.items():
        for evaluation in job.params.jobs[cell]:
            repeat, fold = (int(number) for number in evaluation.split("-"))
            predictions, train = next(files)
            runs.append(
                CellRun(
                    settings, job.params.repeats[cell], repeat, fold, Path(predictions), Path(train)
                )
            )
    audit = audit_cells(audited_runs(runs, tables), groups=next(iter(tables.values())).groups)
    write_table(audit.findings, job.output.findings, AUDIT_FINDINGS)
    write_table(audit.summary, job.output.summary, AUDIT_SUMMARY)
    assert_clean(audit)


run_job(main, snakemake)
