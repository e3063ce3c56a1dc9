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
    clips = [(clip_id, Path(*job.input.audio, file)) for clip_id, _, file, *_ in job.params.clips]
    given = job.params.given
    stamped = [file for stems in given.values() for file in stems.values()]
    true = {
        clip_id: {stem: Path(*job.input.audio, file) for stem, (file, *_) in stems.items()}
        for clip_id, stems in given.items()
    }
    with unchanged([clip[2:] for clip in job.params.clips] + stamped):
        if settings["kind"] == SeparatorKind.TRUE_STEMS:
            found = given_shard(clips, true, folder, bits=settings["bits"])
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
