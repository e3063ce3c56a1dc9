"""Write a corpus's labels and single ratings, on the scale of [-1, 1]."""

from typing import Any

import pandas as pd
from affectmix.corpora import make_corpus
from affectmix.jobs import run_job
from affectmix.schemas import LABELS, RATINGS
from affectmix.tables import write_table


def main(job: Any) -> None:
    corpus = make_corpus(job.wildcards.corpus, job.params.settings)
    ratings = corpus.ratings()
    if ratings is None:
        ratings = pd.DataFrame({name: [] for name in RATINGS.columns})
    write_table(corpus.labels(), job.output.labels, LABELS)
    write_table(ratings, job.output.ratings, RATINGS)


run_job(main, snakemake)
