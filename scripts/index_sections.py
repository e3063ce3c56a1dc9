"""Write what each section of a demo corpus's clips sounds like."""

from typing import Any

from affectmix.corpora import make_corpus
from affectmix.corpora.demo.adapter import DemoCorpus
from affectmix.jobs import run_job
from affectmix.schemas import SECTIONS
from affectmix.tables import write_table


def main(job: Any) -> None:
    corpus = make_corpus(job.wildcards.corpus, job.params.settings)
    assert isinstance(corpus, DemoCorpus)
    write_table(corpus.sections(), job.output[0], SECTIONS)


run_job(main, snakemake)
