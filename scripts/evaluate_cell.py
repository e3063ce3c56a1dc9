"""Train a cell outside one test fold and predict the fold, for every view of the cell."""

from typing import Any

from affectmix.cells.evaluate import evaluate_fold
from affectmix.cells.tables import CellTables
from affectmix.files import write_sealed
from affectmix.jobs import run_job
from affectmix.learners.base import Choice
from affectmix.schemas import CELL_PREDICTIONS, SEGMENTS, TRAIN_ROWS
from affectmix.tables import write_table


def main(job: Any) -> None:
    files = dict(job.input.items())
    searched = files.pop("search", None)
    result = evaluate_fold(
        CellTables.read(files),
        job.params.cell,
        repeat=int(job.wildcards.repeat),
        fold=int(job.wildcards.fold),
        choice=Choice.read(searched) if searched else None,
        threads=job.threads,
    )
    write_table(result.predictions, job.output.predictions, CELL_PREDICTIONS)
    write_table(result.train, job.output.train, TRAIN_ROWS)
    write_sealed(result.choice.to_json(), job.output.search)
    if result.segments is not None:
        write_table(result.segments, job.output.segments, SEGMENTS)


run_job(main, snakemake)
