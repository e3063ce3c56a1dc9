"""Write the openSMILE functionals of one shard's clips; those without are named in the log."""

import logging
from typing import Any

from affectmix.features.feature_sets import FeatureSet
from affectmix.features.opensmile import extract_shard
from affectmix.features.shards import write_shard
from affectmix.jobs import run_job


def main(job: Any) -> None:
    clips = [(clip_id, file) for clip_id, _, file, *_ in job.params.clips]
    features, faults = extract_shard(clips, FeatureSet.parse(job.wildcards.feature_set))
    for fault in faults.itertuples():
        logging.warning("no features: %s: %s", fault.kind, fault.message)
    write_shard(features, job.output[0])


run_job(main, snakemake)
