"""Search a cell's hyper-parameters over all its folds."""

from typing import Any

from affectmix.cells.evaluate import search_over_all_folds
from affectmix.cells.tables import CellTables
from affectmix.files import write_sealed
from affectmix.jobs import run_job


def main(job: Any) -> None:
    tables = CellTables.read(dict(job.input.items()))
    repeat = int(job.wildcards.repeat)
    choice = search_over_all_folds(tables, job.params.cell, repeat=repeat, threads=job.threads)
    write_sealed(choice.to_json(), job.output[0])


run_job(main, snakemake)
