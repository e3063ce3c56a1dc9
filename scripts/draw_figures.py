"""Draw an experiment's figures, as SVG and PNG."""

from pathlib import Path
from typing import Any

from affectmix.jobs import run_job
from affectmix.report.experiment import ExperimentReport
from affectmix.report.figure_1 import draw_fig1
from affectmix.report.gather.experiment import evidence_of
from affectmix.report.style import save_figure


def main(job: Any) -> None:
    evidence = evidence_of(job.wildcards.experiment, dict(job.input.items()), job.params.experiment)
    drawings = {"fig1": draw_fig1(evidence.labels), **ExperimentReport(evidence).figures}
    for name, drawing in drawings.items():
        save_figure(drawing, Path(job.output[0]) / name)


run_job(main, snakemake)
