"""Cut short excerpts of the stems of a few telling clips, for the report."""

from typing import Any

from affectmix.audio.shard_folders import in_shards
from affectmix.jobs import run_job
from affectmix.schemas import EXCERPTS, STEM_CONTRIBUTIONS
from affectmix.stems.excerpts import cut_excerpts, telling_clips
from affectmix.tables import read_table, write_table


def main(job: Any) -> None:
    chosen = telling_clips(read_table(job.input.contributions, STEM_CONTRIBUTIONS))
    files = dict(job.input.items())
    clips = [
        [corpus, clip_id, mixes / mix, stems / clip_id]
        for corpus, shards in job.params.clips.items()
        for clip_id, mix, stems, mixes in in_shards(
            shards, files[f"stems_{corpus}"], files.get(f"mixes_{corpus}", [])
        )
    ]
    write_table(cut_excerpts(clips, chosen), job.output[0], EXCERPTS)


run_job(main, snakemake)
