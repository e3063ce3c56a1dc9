"""Write the log-mels of one shard's clips; those without are named in the log."""

from typing import Any

from affectmix.features.logmel import logmel_shard
from affectmix.features.logmel_recipes import LogmelRecipe
from affectmix.features.logmel_table import write_logmels
from affectmix.jobs import run_job


def main(job: Any) -> None:
    recipe = LogmelRecipe.from_settings(job.params.recipe)
    clips = [(clip_id, file) for clip_id, _, file, *_ in job.params.clips]
    mixes = {clip_id: file for clip_id, _, file, *_ in job.params.mixes}
    found = logmel_shard(clips, recipe, mixes=mixes)
    write_logmels(found, job.output[0], recipe, stem=job.wildcards.stem)


run_job(main, snakemake)
