"""Fit a cell's final model on all rows of its mixture, and store it in safe formats."""

from pathlib import Path
from typing import Any

import pandas as pd
from affectmix.cells.evaluate import fit_final
from affectmix.cells.evidence import with_evidence
from affectmix.cells.store import save_model
from affectmix.cells.tables import CellTables
from affectmix.jobs import run_job
from affectmix.learners.base import Choice
from affectmix.schemas import AUDIO, CELL_PREDICTIONS
from affectmix.tables import read_table


def main(job: Any) -> None:
    files = dict(job.input.items())
    choice = Choice.read(files.pop("search"))
    predictions = [
        read_table(file, CELL_PREDICTIONS).assign(
            **dict(zip(("repeat", "fold"), map(int, Path(file).stem.split("-")), strict=True))
        )
        for file in files.pop("predictions")
    ]
    audio = {
        name.removeprefix("audio_"): read_table(files.pop(name), AUDIO)
        for name in list(files)
        if name.startswith("audio_")
    }
    fitted = fit_final(CellTables.read(files), job.params.cell, choice)
    model = with_evidence(fitted, pd.concat(predictions), audio, job.params.hearing)
    save_model(model, Path(job.output.model).parent)


run_job(main, snakemake)
