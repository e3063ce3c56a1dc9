"""Draw an experiment's figures, as SVG and PNG."""

from pathlib import Path
from typing import Any

from affectmix.jobs import run_job
from affectmix.report.figure_1 import draw_fig1
from affectmix.report.gather import labels_by_view, oracle_gain, report_of
from affectmix.report.style import save_figure


def main(job: Any) -> None:
    settings = job.params.experiment
    oracle = oracle_gain(job.input.get("oracle"))
    report = report_of(job.wildcards.experiment, job.input.metrics, settings, oracle)
    drawings = {"fig1": draw_fig1(labels_by_view(dict(job.input.items()), settings["views"]))}
    for name, drawing in {**drawings, **report.figures}.items():
        save_figure(drawing, Path(job.output[0]) / name)


run_job(main, snakemake)
