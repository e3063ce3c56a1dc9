"""Take the clips of one shard apart; those that cannot be are named in its table and log."""

from pathlib import Path
from typing import Any

from affectmix.corpora.stamps import unchanged
from affectmix.jobs import run_job
from affectmix.schemas import STEM_FILES
from affectmix.stems.given import given_shard
from affectmix.stems.names import SeparatorKind
from affectmix.stems.separate import separate_shard
from affectmix.stems.separator import make_separator
from affectmix.tables import write_table


def main(job: Any) -> None:
    settings = job.params.separator
    folder = Path(job.output.stems)
    folder.mkdir(parents=True, exist_ok=True)
    clips = [(clip_id, file) for clip_id, _, file, *_ in job.params.clips]
    true = [file for stems in job.params.given.values() for file in stems.values()]
    with unchanged([clip[2:] for clip in job.params.clips] + true):
        if settings["kind"] == SeparatorKind.TRUE_STEMS:
            found = given_shard(clips, job.params.given, folder, bits=settings["bits"])
        else:
            found = separate_shard(
                clips,
                make_separator(settings, threads=job.threads),
                folder,
                seed=job.params.seed,
                bits=settings["bits"],
            )
    write_table(found, job.output.table, STEM_FILES)


run_job(main, snakemake)
