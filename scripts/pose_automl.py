"""Write a cell's search as tables and JSON, which an AutoML program reads."""

from typing import Any

from affectmix.automl.task import pose_task
from affectmix.cells.tables import CellTables
from affectmix.files import write_json
from affectmix.jobs import run_job
from affectmix.schemas import AUTOML_FOLDS, AUTOML_ROWS
from affectmix.tables import write_table


def main(job: Any) -> None:
    settings = job.params.cell
    repeat, _, fold = job.wildcards.part.partition("-")
    task = pose_task(
        CellTables.read(dict(job.input.items())),
        settings,
        repeat=int(repeat),
        fold=int(fold) if fold else None,
    )
    write_table(task.rows, job.output.rows, AUTOML_ROWS)
    write_table(task.folds, job.output.folds, AUTOML_FOLDS)
    write_json({**settings["learner"], "seed": settings["seed"]}, job.output.settings)


run_job(main, snakemake)
