"""Write the Ward class of every labelled clip whose audio can be used."""

from typing import Any

from affectmix.jobs import run_job
from affectmix.schemas import AUDIO, CLASSES, LABELS
from affectmix.splits.classes import assign_classes
from affectmix.tables import read_table, write_table


def main(job: Any) -> None:
    labels = read_table(job.input.labels, LABELS)
    audio = read_table(job.input.audio, AUDIO)
    usable = labels[labels["clip_id"].isin(audio["clip_id"])]
    write_table(assign_classes(usable, min_size=job.params.min_size), job.output[0], CLASSES)


run_job(main, snakemake)
