"""Gather what both stages of an experiment's general models reached on tested clips."""

from pathlib import Path
from typing import Any

from affectmix.evaluation.general_measures import gather_measures
from affectmix.jobs import run_job
from affectmix.schemas import GENERAL_MEASURES
from affectmix.tables import write_table


def main(job: Any) -> None:
    searches: dict[str, list[str]] = {}
    for file in job.input.searches:
        searches.setdefault(Path(file).parent.name, []).append(file)
    measures = gather_measures(searches, job.params.cells)
    write_table(measures, job.output[0], GENERAL_MEASURES)


run_job(main, snakemake)
