"""Write an experiment's metrics per fold and their means, and what intervals hold."""

from typing import Any

from affectmix.evaluation.coverage import measure_coverage
from affectmix.evaluation.metrics import compute_metrics
from affectmix.files import write_csv
from affectmix.jobs import run_job
from affectmix.schemas import COVERAGE, METRICS, PREDICTIONS
from affectmix.tables import read_table, write_table


def main(job: Any) -> None:
    predictions = read_table(job.input[0], PREDICTIONS)
    metrics = compute_metrics(predictions)
    write_table(metrics, job.output.parquet, METRICS)
    write_csv(metrics, job.output.csv)
    coverage = measure_coverage(predictions, job.params.models)
    write_table(coverage, job.output.coverage, COVERAGE)


run_job(main, snakemake)
