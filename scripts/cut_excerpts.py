"""Cut short excerpts of the stems of a few telling clips, for the report."""

from typing import Any

from affectmix.jobs import run_job
from affectmix.schemas import EXCERPTS, STEM_CONTRIBUTIONS
from affectmix.stems.excerpts import cut_excerpts, telling_clips
from affectmix.tables import read_table, write_table


def main(job: Any) -> None:
    chosen = telling_clips(read_table(job.input.contributions, STEM_CONTRIBUTIONS))
    write_table(cut_excerpts(job.params.clips, chosen), job.output[0], EXCERPTS)


run_job(main, snakemake)
