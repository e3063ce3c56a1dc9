"""Evaluate one fold of a cell once more, and say how far apart the two evaluations are."""

from typing import Any

from affectmix.cells.again import compare_evaluations
from affectmix.cells.evaluate import evaluate_fold
from affectmix.cells.tables import CellTables
from affectmix.jobs import run_job
from affectmix.learners.base import Choice
from affectmix.schemas import AGAIN, CELL_PREDICTIONS
from affectmix.tables import read_table, write_table


def main(job: Any) -> None:
    files = dict(job.input.items())
    first = read_table(files.pop("first"), CELL_PREDICTIONS)
    searched = files.pop("search", None)
    result = evaluate_fold(
        CellTables.read(files),
        job.params.cell,
        repeat=job.params.repeat,
        fold=job.params.fold,
        choice=Choice.read(searched) if searched else None,
        threads=job.threads,
    )
    found = compare_evaluations(first, result.predictions).assign(
        **job.params.cell["fields"],
        cell=job.wildcards.cell,
        repeat=job.params.repeat,
        fold=job.params.fold,
        device=result.choice.report.get("device", "cpu"),
    )
    write_table(found, job.output[0], AGAIN)


run_job(main, snakemake)
