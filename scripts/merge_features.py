"""Join the shards of a corpus's features, and count the values that are not finite."""

from typing import Any

from affectmix.features.opensmile import nonfinite_report
from affectmix.features.shards import merge_shards, of_clips
from affectmix.files import write_csv
from affectmix.jobs import run_job
from affectmix.schemas import AUDIO, FEATURES
from affectmix.tables import read_table, write_table


def main(job: Any) -> None:
    audio = read_table(job.input.audio, AUDIO)
    features = of_clips(merge_shards(job.input.shards), audio["clip_id"])
    write_table(features, job.output.features, FEATURES)
    write_csv(nonfinite_report(features), job.output.nonfinite)


run_job(main, snakemake)
