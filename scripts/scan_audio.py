"""Decode the clips of one shard once: hash, length, level, fingerprint, or what is wrong."""

from pathlib import Path
from typing import Any

import pandas as pd
from affectmix.audio.scan import SCAN, scan_clips
from affectmix.corpora.stamps import unchanged
from affectmix.jobs import run_job
from affectmix.tables import write_table


def main(job: Any) -> None:
    files = {path: Path(*job.input.audio, file) for _, path, file, *_ in job.params.clips}
    clips = pd.DataFrame([clip[:2] for clip in job.params.clips], columns=["clip_id", "path"])
    with unchanged(clip[2:] for clip in job.params.clips):
        scan = scan_clips(clips, files.__getitem__)
    write_table(scan, job.output[0], SCAN)


run_job(main, snakemake)
