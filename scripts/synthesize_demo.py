"""Write the audio of some clips of a demo corpus."""

from pathlib import Path
from typing import Any

from affectmix.corpora.demo.render import write_clips
from affectmix.jobs import run_job


def main(job: Any) -> None:
    audio = job.params.audio
    ids = [clip[0] for clip in job.params.clips]
    # A clip hangs on its own number alone, so that a larger corpus leaves it as it is.
    clips = 1 + max(int(clip_id.rpartition("_")[2]) for clip_id in ids)
    write_clips(audio["part"], {**audio, "clips": clips}, ids, job.output.audio)
    Path(job.output.made).touch()


run_job(main, snakemake)
