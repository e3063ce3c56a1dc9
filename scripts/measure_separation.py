"""Hold a corpus's separated stems against the true ones."""

from typing import Any

from affectmix.jobs import run_job
from affectmix.schemas import SEPARATION
from affectmix.stems.quality import corpus_quality
from affectmix.tables import write_table


def main(job: Any) -> None:
    write_table(corpus_quality(job.params.clips), job.output[0], SEPARATION)


run_job(main, snakemake)
