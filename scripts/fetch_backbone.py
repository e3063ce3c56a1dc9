"""Download the ImageNet weights of a backbone, check them, and say where they are from."""

from typing import Any

from affectmix.files import write_json
from affectmix.jobs import run_job
from affectmix.learners.user_tuned.weights import fetch


def main(job: Any) -> None:
    write_json(fetch(job.wildcards.backbone, job.output.weights), job.output.said)


run_job(main, snakemake)
