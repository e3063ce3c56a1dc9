"""Write the log-mels of one shard's clips; those without are named in the log."""

from pathlib import Path
from typing import Any

from affectmix.corpora.stamps import unchanged
from affectmix.features.logmel import logmel_shard
from affectmix.features.logmel_recipes import LogmelRecipe
from affectmix.features.logmel_table import write_logmels
from affectmix.jobs import run_job
from affectmix.stems.check import check_stems
from affectmix.stems.names import MIX


def main(job: Any) -> None:
    recipe = LogmelRecipe.from_settings(job.params.recipe)
    clips = [(clip_id, Path(*job.input.audio, file)) for clip_id, _, file, *_ in job.params.clips]
    mixes = {clip_id: Path(*job.input.mixes, file) for clip_id, _, file, *_ in job.params.mixes}
    with unchanged(clip[2:] for clip in [*job.params.clips, *job.params.mixes]):
        found = logmel_shard(clips, recipe, mixes=mixes)
    if job.wildcards.stem != MIX:
        check_stems(job.input.made[0], found)
    write_logmels(found, job.output[0], recipe, stem=job.wildcards.stem)


run_job(main, snakemake)
