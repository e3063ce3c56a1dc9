"""Make the Python environment of an AutoML tool from its pins."""

from pathlib import Path
from typing import Any

from affectmix.automl.environments import Environments, build_environment
from affectmix.config.validate import validate_config
from affectmix.jobs import run_job


def main(job: Any) -> None:
    backend = job.wildcards.backend
    pins = Path(job.scriptdir).parent / "envs"
    settings = validate_config(job.config)["environments"]
    build_environment(
        job.output[0],
        pins / f"{backend}.yaml",
        backend=backend,
        named=Environments(settings, pins=pins, by_conda=False).named_interpreter(backend),
        log=job.log.pip,
    )


run_job(main, snakemake)
