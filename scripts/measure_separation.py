"""Hold a corpus's separated stems against the true ones."""

from typing import Any

from affectmix.audio.shard_folders import in_shards
from affectmix.jobs import run_job
from affectmix.schemas import SEPARATION
from affectmix.stems.quality import corpus_quality
from affectmix.tables import write_table


def main(job: Any) -> None:
    clips = [
        [
            clip_id,
            mixes / mix,
            stems / clip_id,
            {stem: mixes / file for stem, (file, *_) in true.items()},
        ]
        for clip_id, mix, true, stems, mixes in in_shards(
            job.params.clips, job.input.stems, job.input.mixes
        )
    ]
    write_table(corpus_quality(clips), job.output[0], SEPARATION)


run_job(main, snakemake)
