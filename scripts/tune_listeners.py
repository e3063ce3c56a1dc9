"""Tune an experiment's general models to listeners, and measure how well each is known."""

from typing import Any

import pandas as pd
from affectmix.jobs import run_job
from affectmix.schemas import CELL_PREDICTIONS, GROUPS, LABELS, RATINGS, TRAIN_ROWS, USERS
from affectmix.tables import Schema, read_table, write_table
from affectmix.tasks import Task
from affectmix.tuning.experiment import tune_all
from affectmix.tuning.hear_songs import training_labels, with_songs
from affectmix.tuning.library import read_library


def main(job: Any) -> None:
    labels = _of_corpora(job.input, "labels_", LABELS)
    ratings = _of_corpora(job.input, "ratings_", RATINGS)
    groups = read_table(job.input.groups, GROUPS)
    files = zip(job.input.predictions, job.input.train, job.input.songs, strict=True)
    settings, frames = job.params.listeners, []
    for name, cell in job.params.cells.items():
        libraries, training = [], {}
        for evaluation in cell["jobs"]:
            repeat, fold = (int(number) for number in evaluation.split("-"))
            predicted, trained, heard = next(files)
            library = read_library(
                read_table(predicted, CELL_PREDICTIONS),
                labels,
                groups,
                task=Task(cell["task"]),
                repeat=repeat,
                fold=fold,
            )
            libraries.append(with_songs(library, heard))
            training[repeat, fold] = training_labels(read_table(trained, TRAIN_ROWS), labels)
        tuned = tune_all(libraries, ratings, settings, training=training, seed=settings["seed"])
        frames.append(
            tuned.assign(experiment=job.wildcards.experiment, cell=name, **cell["fields"])
        )
    table = pd.concat(frames, ignore_index=True)
    whole = {name: table[name].astype("Int32") for name in ("repeat", "fold")}
    write_table(table.assign(**whole), job.output[0], USERS)


def _of_corpora(files: Any, prefix: str, schema: Schema) -> pd.DataFrame:
    """Return the tables of all corpora below each other, with ``corpus``."""
    found = {name: file for name, file in files.items() if name.startswith(prefix)}
    frames = [
        read_table(file, schema).assign(corpus=name.removeprefix(prefix))
        for name, file in sorted(found.items())
    ]
    return pd.concat(frames, ignore_index=True)


run_job(main, snakemake)
