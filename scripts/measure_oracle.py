"""Measure what a regression on the demo's true causes can learn, alone and by mixing."""

from typing import Any

from affectmix.corpora import make_corpus
from affectmix.corpora.demo.oracle import oracle_bracket
from affectmix.jobs import run_job
from affectmix.schemas import ORACLE
from affectmix.tables import write_table


def main(job: Any) -> None:
    corpora = {
        name: make_corpus(name, settings).settings for name, settings in job.params.settings.items()
    }
    write_table(oracle_bracket(corpora), job.output[0], ORACLE)


run_job(main, snakemake)
