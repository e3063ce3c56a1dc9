"""Take the mean of other cells' predictions of the same fold."""

from pathlib import Path
from typing import Any

from affectmix.cells.blend import blend_predictions, blend_train_rows
from affectmix.jobs import run_job
from affectmix.schemas import CELL_PREDICTIONS, TRAIN_ROWS
from affectmix.tables import read_table, write_table
from affectmix.tasks import Task


def main(job: Any) -> None:
    members = {Path(file).parent.name: file for file in job.input.predictions}
    trained = {Path(file).parent.name: file for file in job.input.train}
    predictions = blend_predictions(
        {name: read_table(file, CELL_PREDICTIONS) for name, file in members.items()},
        Task(job.params.task),
    )
    train = blend_train_rows({name: read_table(file, TRAIN_ROWS) for name, file in trained.items()})
    write_table(predictions, job.output.predictions, CELL_PREDICTIONS)
    write_table(train, job.output.train, TRAIN_ROWS)


run_job(main, snakemake)
