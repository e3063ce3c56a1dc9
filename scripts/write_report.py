"""Write the one page that tells what a run found."""

from pathlib import Path
from typing import Any

from affectmix.files import write_text
from affectmix.jobs import run_job
from affectmix.report.gather.page import report_context
from affectmix.report.gather.times import times_by_rule
from affectmix.report.page import render_report


def main(job: Any) -> None:
    context = report_context(
        {name: list(files) for name, files in _grouped(job.input).items()},
        job.params.config,
        job.params.experiments,
        times=times_by_rule(Path(job.output[0]).parent / "benchmarks"),
    )
    write_text(render_report(context), job.output[0])


def _grouped(files: Any) -> dict[str, list[str]]:
    """Return the inputs by name; Snakemake gives a lone file as text."""
    return {
        name: [value] if isinstance(value, str) else list(value) for name, value in files.items()
    }


run_job(main, snakemake)
