"""Fit a cell's final model on all rows of its mixture, and store it in safe formats."""

import json
from pathlib import Path
from typing import Any

from affectmix.cells.evaluate import fit_final
from affectmix.cells.store import save_model
from affectmix.cells.tables import CellTables
from affectmix.jobs import run_job
from affectmix.learners.base import Choice


def main(job: Any) -> None:
    files = dict(job.input.items())
    searched = json.loads(Path(files.pop("search")).read_text(encoding="utf-8"))
    choice = Choice.from_json(searched)
    tables = CellTables.read(files)
    fitted = fit_final(tables, job.params.cell, choice)
    save_model(fitted, Path(job.output.model).parent)


run_job(main, snakemake)
