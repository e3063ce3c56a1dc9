"""Write the openSMILE functionals of one shard's clips; those without are named in the log."""

import logging
from pathlib import Path
from typing import Any

from affectmix.corpora.stamps import unchanged
from affectmix.features.feature_sets import FeatureSet
from affectmix.features.opensmile import extract_shard
from affectmix.features.shards import write_shard
from affectmix.jobs import run_job
from affectmix.stems.check import check_stems
from affectmix.stems.names import MIX


def main(job: Any) -> None:
    clips = [(clip_id, Path(*job.input.audio, file)) for clip_id, _, file, *_ in job.params.clips]
    with unchanged(clip[2:] for clip in job.params.clips):
        features, faults = extract_shard(clips, FeatureSet.parse(job.wildcards.feature_set))
    for fault in faults.itertuples():
        logging.warning("no features: %s: %s", fault.kind, fault.message)
    if job.wildcards.stem != MIX:
        decoded = faults.loc[faults["kind"] == "functionals", "clip_id"]
        check_stems(job.input.made[0], {*features["clip_id"], *decoded})
    write_shard(features, job.output[0])


run_job(main, snakemake)
