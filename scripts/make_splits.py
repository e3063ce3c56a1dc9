"""Cut a corpus into folds: stratified by class, groups whole, pinned ones kept."""

from typing import Any

from affectmix.files import write_json
from affectmix.jobs import run_job
from affectmix.schemas import CLASSES, GROUPS, SPLITS
from affectmix.splits.folds import make_splits
from affectmix.splits.pins import read_pins
from affectmix.splits.schemes import Scheme
from affectmix.tables import read_table, write_table


def main(job: Any) -> None:
    pinned = job.input.get("pinned")
    scheme = Scheme.parse(job.wildcards.scheme, repeats=job.params.repeats)
    splits = make_splits(
        read_table(job.input.classes, CLASSES),
        read_table(job.input.groups, GROUPS),
        corpus=job.wildcards.corpus,
        scheme=scheme,
        seed=job.params.seed,
        pinned=read_pins(pinned, scheme=scheme) if pinned else None,
    )
    write_table(splits.frame, job.output.splits, SPLITS)
    write_json(list(splits.warnings), job.output.warnings)


run_job(main, snakemake)
