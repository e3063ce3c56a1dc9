"""Write an experiment's tables by the paper's numbers, published values beside ours."""

from pathlib import Path
from typing import Any

from affectmix.jobs import run_job
from affectmix.report.gather import report_of
from affectmix.report.tables import save_table, table1_wide


def main(job: Any) -> None:
    report = report_of(job.wildcards.experiment, job.input.metrics, job.params.experiment)
    folder = Path(job.output[0])
    notes = report.notes_of("table1")
    for name, table in (("table1_rmse", report.table_1), ("table1_r2", report.table_1_r2)):
        save_table(table, folder / name, shown=table1_wide(table), notes=notes)
    save_table(report.table_2, folder / "table2", notes=report.notes_of("table2"))
    save_table(report.comparisons, folder / "gains", notes=report.notes_of("gains"))
    save_table(report.skill, folder / "skill", notes=report.notes_of("skill"))
    save_table(report.permutation, folder / "permuted", notes=report.notes_of("permuted"))


run_job(main, snakemake)
