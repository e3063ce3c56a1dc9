"""Count the values of a large corpus's features that are not finite, shard by shard."""

from typing import Any

from affectmix.features.opensmile import nonfinite_report
from affectmix.features.stem_shards import shards_of
from affectmix.files import write_csv
from affectmix.jobs import run_job
from affectmix.schemas import AUDIO
from affectmix.tables import read_table


def main(job: Any) -> None:
    usable = set(read_table(job.input.audio, AUDIO)["clip_id"])
    shards, stems = list(job.input.shards), job.params.stems
    each = len(shards) // len(stems)
    by_stem = {stem: shards[each * place : each * (place + 1)] for place, stem in enumerate(stems)}
    tables = (shard.table() for shard in shards_of(by_stem))
    parts = (table[table["clip_id"].isin(usable)] for table in tables)
    write_csv(nonfinite_report(parts), job.output[0])


run_job(main, snakemake)
