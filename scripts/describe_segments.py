"""Describe an experiment's segments for the report: counts, agreement, and a few clips."""

from pathlib import Path
from typing import Any

import pandas as pd
from affectmix.audio.shard_folders import in_shards
from affectmix.evaluation.segment_summary import (
    SegmentRun,
    SegmentSummary,
    length_of,
    shown_cells,
)
from affectmix.files import read_sealed
from affectmix.jobs import run_job
from affectmix.schemas import (
    EXCERPTS,
    LABELS,
    SECTIONS,
    SEGMENT_AGREEMENT,
    SEGMENT_COUNTS,
    SEGMENT_CURVES,
    SEGMENTS,
)
from affectmix.stems.excerpts import cut_beginnings
from affectmix.tables import Schema, read_table, write_table
from affectmix.tasks import task_of


def main(job: Any) -> None:
    cells = job.params.cells
    summary = SegmentSummary(
        _by_corpus(job.input, "labels", LABELS), _by_corpus(job.input, "sections", SECTIONS)
    )
    shown = shown_cells(cells)
    for file, search in zip(job.input.segments, job.input.searches, strict=True):
        name, (repeat, fold) = Path(file).parts[-2], Path(file).name.split(".")[0].split("-")
        length = length_of(cells[name]["learner"], read_sealed(search))
        rows = read_table(file, SEGMENTS)
        run = SegmentRun(name, int(repeat), int(fold), cells[name], length, rows)
        summary.add(run, curves=name in shown)
    curves = summary.curves({name: task_of(cells[name]["learner"]) for name in shown})
    write_table(summary.counts(), job.output.counts, SEGMENT_COUNTS)
    write_table(summary.agreement(), job.output.agreement, SEGMENT_AGREEMENT)
    write_table(curves, job.output.curves, SEGMENT_CURVES)
    chosen = list(
        curves[["corpus", "clip_id"]].drop_duplicates().itertuples(index=False, name=None)
    )
    files = dict(job.input.items())
    clips = [
        [corpus, clip_id, folder / file]
        for corpus, shards in job.params.clips.items()
        for clip_id, file, folder in in_shards(shards, files.get(f"mixes_{corpus}", []))
    ]
    write_table(cut_beginnings(clips, chosen), job.output.excerpts, EXCERPTS)


def _by_corpus(files: Any, kind: str, schema: Schema) -> pd.DataFrame:
    """Return the tables ``<kind>_<corpus>`` as one, with their corpus; empty without any."""
    tables = [
        read_table(file, schema).assign(corpus=name.removeprefix(f"{kind}_"))
        for name, file in files.items()
        if name.startswith(f"{kind}_")
    ]
    return pd.concat(tables) if tables else pd.DataFrame(columns=["corpus", *schema.columns])


run_job(main, snakemake)
