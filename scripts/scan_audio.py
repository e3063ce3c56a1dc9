"""Decode the clips of one shard once: hash, length, level, fingerprint, or what is wrong."""

from typing import Any

import pandas as pd
from affectmix.audio.scan import SCAN, scan_clips
from affectmix.corpora import make_corpus
from affectmix.jobs import run_job
from affectmix.tables import write_table


def main(job: Any) -> None:
    corpus = make_corpus(job.wildcards.corpus, job.params.settings)
    clips = pd.DataFrame([clip[:2] for clip in job.params.clips], columns=["clip_id", "path"])
    write_table(scan_clips(clips, corpus.audio_path), job.output[0], SCAN)


run_job(main, snakemake)
