"""Say where a fold's songs lie among sounds, for tuning its model to listeners."""

from typing import Any

from affectmix.cells.tables import CellTables
from affectmix.jobs import run_job
from affectmix.learners.base import Choice
from affectmix.tuning.hear_songs import hear_songs, save_songs


def main(job: Any) -> None:
    files = dict(job.input.items())
    choice = Choice.read(files.pop("search"))
    arrays = hear_songs(
        CellTables.read(files),
        job.params.cell,
        repeat=int(job.wildcards.repeat),
        fold=int(job.wildcards.fold),
        choice=choice,
        threads=job.threads,
    )
    save_songs(arrays, job.output[0])


run_job(main, snakemake)
