"""Write the audio of some clips of a demo corpus."""

from pathlib import Path
from typing import Any

from affectmix.corpora.demo.adapter import DemoCorpus
from affectmix.jobs import run_job


def main(job: Any) -> None:
    settings = {key: value for key, value in job.params.settings.items() if key != "adapter"}
    corpus = DemoCorpus(job.wildcards.corpus, settings)
    corpus.write_clips([clip_id for clip_id, _ in job.params.clips])
    Path(job.output[0]).touch()


run_job(main, snakemake)
