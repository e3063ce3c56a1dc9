"""Write how much each stem moves the prediction of each tested clip."""

from typing import Any

from affectmix.evaluation.contributions import find_families, stem_contributions
from affectmix.jobs import run_job
from affectmix.schemas import PREDICTIONS, STEM_CONTRIBUTIONS
from affectmix.tables import read_table, write_table


def main(job: Any) -> None:
    families = find_families(job.params.cells, job.params.features, means=job.params.means)
    contributions = stem_contributions(read_table(job.input[0], PREDICTIONS), families)
    write_table(contributions, job.output[0], STEM_CONTRIBUTIONS)


run_job(main, snakemake)
