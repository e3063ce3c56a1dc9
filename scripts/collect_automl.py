"""Turn what an AutoML program gave back into the files that every cell leaves."""

from typing import Any

from affectmix.automl.collect import collect_fold
from affectmix.cells.tables import TARGETS, CellTables
from affectmix.files import read_json, write_sealed
from affectmix.jobs import run_job
from affectmix.schemas import AUTOML_PREDICTIONS, CELL_PREDICTIONS, TRAIN_ROWS
from affectmix.tables import read_table, write_table


def main(job: Any) -> None:
    files = dict(job.input.items())
    result = collect_fold(
        CellTables.read(files),
        job.params.cell,
        repeat=int(job.wildcards.repeat),
        fold=int(job.wildcards.fold),
        predictions={
            target: read_table(files[f"predicted_{target}"], AUTOML_PREDICTIONS)
            for target in TARGETS
        },
        descriptions={target: read_json(files[f"described_{target}"]) for target in TARGETS},
    )
    write_table(result.predictions, job.output.predictions, CELL_PREDICTIONS)
    write_table(result.train, job.output.train, TRAIN_ROWS)
    write_sealed(result.choice.to_json(), job.output.search)


run_job(main, snakemake)
