"""Write what a corpus's usable audio is, and stop at, or list, what cannot be used."""

from typing import Any

import pandas as pd
from affectmix.audio.scan import SCAN, scan_problems, usable
from affectmix.errors import CorpusError
from affectmix.jobs import run_job
from affectmix.schemas import AUDIO, LEFT_OUT
from affectmix.tables import read_table, write_table


def main(job: Any) -> None:
    scan = pd.concat(
        [read_table(file, SCAN).drop(columns="fingerprint") for file in job.input],
        ignore_index=True,
    )
    shortest = job.params.min_duration_s
    problems = scan_problems(scan, min_duration_s=shortest)
    if problems and job.params.on_bad_audio == "stop":
        hint = "\nMend the files, or set on_bad_audio: skip to go on without them."
        raise CorpusError(job.wildcards.corpus, problems, hint)
    rows = [(problem.where, problem.kind, problem.message) for problem in problems]
    left_out = pd.DataFrame(rows, columns=list(LEFT_OUT.columns), dtype="str")
    audio = usable(scan, min_duration_s=shortest)[list(AUDIO.columns)]
    write_table(audio, job.output.audio, AUDIO)
    write_table(left_out, job.output.left_out, LEFT_OUT)


run_job(main, snakemake)
