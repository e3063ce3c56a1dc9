"""Write an experiment's metrics per fold, and their means with intervals."""

from typing import Any

from affectmix.evaluation.metrics import compute_metrics
from affectmix.files import write_csv
from affectmix.jobs import run_job
from affectmix.schemas import METRICS, PREDICTIONS
from affectmix.tables import read_table, write_table


def main(job: Any) -> None:
    metrics = compute_metrics(read_table(job.input[0], PREDICTIONS))
    write_table(metrics, job.output.parquet, METRICS)
    write_csv(metrics, job.output.csv)


run_job(main, snakemake)
