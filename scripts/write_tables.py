"""Write an experiment's tables by the paper's numbers, published values beside ours."""

from pathlib import Path
from typing import Any

from affectmix.jobs import run_job
from affectmix.report.experiment import ExperimentReport
from affectmix.report.gather.experiment import evidence_of
from affectmix.report.tables import save_table


def main(job: Any) -> None:
    evidence = evidence_of(job.wildcards.experiment, dict(job.input.items()), job.params.experiment)
    for name, table in ExperimentReport(evidence).tables.items():
        save_table(table.frame, Path(job.output[0]) / name, shown=table.shown, notes=table.notes)


run_job(main, snakemake)
