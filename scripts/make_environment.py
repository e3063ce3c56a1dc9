"""Make the Python environment of an AutoML tool from its pins."""

from typing import Any

from affectmix.automl.environments import build_environment
from affectmix.jobs import run_job


def main(job: Any) -> None:
    build_environment(
        job.output[0],
        job.input[0],
        backend=job.wildcards.backend,
        named=job.params.interpreter,
        log=job.log.pip,
    )


run_job(main, snakemake)
