"""Probabilities along a few clips, segment by segment, with the clips to be heard."""

from __future__ import annotations

import pandas as pd

from affectmix.evaluation.segment_curves import PAPERS_CLIP, RULE
from affectmix.report.blocks import Block, Figure, Heard, Players, Section, TableFile, Text
from affectmix.report.evidence import Evidence
from affectmix.report.figure_segments import WORDS, draw_segments

_FIGURE = "segments_fig2"
_TEXT = (
    "A clip has one label; its segments need not agree with it. The probabilities that the "
    "segments' network gives, each tested clip by the network that was not trained on it."
)
_KNOWN = (
    "The strip below 0 is the class of what is played in a segment, which is known of the demo: "
    "its formula, for the time that the segment has of each section."
)


def segment_curves_section(evidence: Evidence) -> Section | None:
    """Return Fig. 2 and players; None without clips to show."""
    segments = evidence.segments
    if segments is None or segments.curves.empty:
        return None
    curves = segments.curves
    learner = str(curves["cell"].iloc[0]).split("__")[0]
    figure = Figure(
        _FIGURE, draw_segments(curves, heading=f"Probabilities along a clip ({learner})")
    )
    papers = (curves["clip_id"] == PAPERS_CLIP).any()
    rule = f"{RULE}{f', and {PAPERS_CLIP}, which the paper shows' if papers else ''}."
    known = [Text(_KNOWN, "note")] if curves["own_class"].notna().any() else []
    blocks: list[Block] = [Text(_TEXT), figure, Text(rule, "note"), *known]
    if len(segments.excerpts):
        blocks.append(_players(segments.excerpts, curves))
    files = {_FIGURE: TableFile(curves, notes=[rule])}
    return Section("segment-curves", "What is heard along a clip?", blocks, files)


def _players(excerpts: pd.DataFrame, curves: pd.DataFrame) -> Players:
    truths = curves.groupby(["corpus", "clip_id"])["true_class"].first()
    rows = [
        (
            f"{row['clip_id']} ({row['corpus']})",
            [Heard(row["audio"], f"labelled {_words(truths[row['corpus'], row['clip_id']])}")],
        )
        for _, row in excerpts.sort_values(["corpus", "clip_id"]).iterrows()
    ]
    return Players(("from the start",), rows)


def _words(name: str) -> str:
    return WORDS.get(name, name)
