"""Join the predictions of an experiment's cells, with the cells' fields as columns."""

from typing import Any

import pandas as pd
from affectmix.jobs import run_job
from affectmix.schemas import CELL_PREDICTIONS, PREDICTIONS
from affectmix.tables import read_table, write_table


def main(job: Any) -> None:
    files = iter(job.input)
    frames = []
    for cell in job.params.cells:
        for evaluation in job.params.jobs[cell]:
            repeat, fold = (int(number) for number in evaluation.split("-"))
            frame = read_table(next(files), CELL_PREDICTIONS)
            fields = {"experiment": job.wildcards.experiment, "cell": cell}
            fields |= job.params.fields[cell]
            frames.append(frame.assign(**fields, repeat=repeat, fold=fold))
    write_table(pd.concat(frames, ignore_index=True), job.output[0], PREDICTIONS)


run_job(main, snakemake)
