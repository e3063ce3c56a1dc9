"""Join the shards of a corpus's features, stem by stem, and count the values not finite."""

from typing import Any

from affectmix.features.concatenated import side_by_side
from affectmix.features.opensmile import nonfinite_report
from affectmix.features.shards import merge_shards, of_clips
from affectmix.files import write_csv
from affectmix.jobs import run_job
from affectmix.schemas import AUDIO, FEATURES
from affectmix.tables import read_table, write_table


def main(job: Any) -> None:
    audio = read_table(job.input.audio, AUDIO)
    shards, stems = list(job.input.shards), job.params.stems
    each = len(shards) // len(stems)
    tables = {
        stem: of_clips(merge_shards(shards[each * place : each * (place + 1)]), audio["clip_id"])
        for place, stem in enumerate(stems)
    }
    features = side_by_side(tables)
    write_table(features, job.output.features, FEATURES)
    write_csv(nonfinite_report([features]), job.output.nonfinite)


run_job(main, snakemake)
