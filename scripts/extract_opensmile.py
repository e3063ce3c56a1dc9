"""Write the openSMILE functionals of the usable clips of one shard."""

from typing import Any

from affectmix.audio.scan import SCAN, usable
from affectmix.corpora import make_corpus
from affectmix.errors import AudioError
from affectmix.features.feature_sets import FeatureSet
from affectmix.features.opensmile import extract_shard
from affectmix.jobs import run_job
from affectmix.tables import FEATURES, read_table, write_table


def main(job: Any) -> None:
    corpus = make_corpus(job.wildcards.corpus, job.params.settings)
    good = usable(read_table(job.input[0], SCAN), min_duration_s=job.params.min_duration_s)
    clips = [(row.clip_id, corpus.audio_path(row.path)) for row in good.itertuples()]
    features, faults = extract_shard(clips, FeatureSet.parse(job.wildcards.feature_set))
    if len(faults):
        listed = "\n".join(f"  - {row.message}" for row in faults.itertuples())
        raise AudioError(
            f"{len(faults)} clips that could be decoded before have no features:\n{listed}\n"
            "If the files changed meanwhile, run snakemake again."
        )
    write_table(features, job.output[0], FEATURES)


run_job(main, snakemake)
