"""Write the openSMILE functionals of one shard's clips; those without are named in the log."""

import logging
from typing import Any

from affectmix.corpora import make_corpus
from affectmix.features.feature_sets import FeatureSet
from affectmix.features.opensmile import extract_shard
from affectmix.features.shards import write_shard
from affectmix.jobs import run_job


def main(job: Any) -> None:
    corpus = make_corpus(job.wildcards.corpus, job.params.settings)
    clips = [(clip_id, corpus.audio_path(path)) for clip_id, path, *_ in job.params.clips]
    features, faults = extract_shard(clips, FeatureSet.parse(job.wildcards.feature_set))
    for fault in faults.itertuples():
        logging.warning("no features: %s: %s", fault.kind, fault.message)
    write_shard(features, job.output[0])


run_job(main, snakemake)
