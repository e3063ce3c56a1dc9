"""Find which clips, over all corpora, share a source or are the same recording."""

from pathlib import Path
from typing import Any

import pandas as pd
from affectmix.audio.fingerprint_file import FingerprintFile
from affectmix.audio.scan import SCAN, usable
from affectmix.corpora.groups import REASONS, group_clips
from affectmix.jobs import run_job
from affectmix.schemas import GROUPS
from affectmix.tables import read_table, write_table


def main(job: Any) -> None:
    files, fingerprints = [], FingerprintFile()
    for file in job.input:
        scan = usable(read_table(file, SCAN), min_duration_s=job.params.min_duration_s)
        if not job.params.by["recordings"]:
            scan = scan.assign(fingerprint=None, sha256=None)
        fingerprints.extend(scan["fingerprint"])
        files.append(scan[["clip_id", "sha256"]].assign(corpus=Path(file).parts[-3]))
    clips = pd.concat(files, ignore_index=True)
    rows = [(corpus, *pair) for corpus, pairs in job.params.sources.items() for pair in pairs]
    declared = pd.DataFrame(rows, columns=["corpus", "clip_id", "source"])
    sources = clips[["corpus", "clip_id"]].merge(declared.astype(object), how="left")
    if not job.params.by["sources"]:
        sources = sources.assign(source=None)
    grouping = group_clips(clips, fingerprints, sources)
    write_table(grouping.groups, job.output.groups, GROUPS)
    write_table(grouping.reasons, job.output.reasons, REASONS)


run_job(main, snakemake)
