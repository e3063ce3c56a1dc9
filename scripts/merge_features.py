"""Join the shards of a corpus's features, and count the values that are not finite."""

from typing import Any

from affectmix.features.opensmile import nonfinite_report
from affectmix.features.shards import merge_shards
from affectmix.jobs import run_job
from affectmix.tables import FEATURES, write_csv, write_table


def main(job: Any) -> None:
    features = merge_shards(job.input)
    write_table(features, job.output.features, FEATURES)
    write_csv(nonfinite_report(features), job.output.nonfinite)


run_job(main, snakemake)
