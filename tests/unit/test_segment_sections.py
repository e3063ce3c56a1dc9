"""What the report says of segments: tables, a figure with sounds, and how well they are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import soundfile
from affectmix.evaluation.segment_summary import (
    SegmentRun,
    SegmentSummary,
    length_of,
    shown_cells,
)
from affectmix.report.evidence import Evidence
from affectmix.report.experiment import ExperimentReport
from affectmix.report.sections.segment_agreement import segment_agreement_section
from affectmix.report.sections.segment_curves import segment_curves_section
from affectmix.report.sections.segment_tables import segment_tables_section
from affectmix.report.segment_evidence import SegmentEvidence, segment_evidence
from affectmix.report.style import svg_text
from affectmix.schemas import (
    EXCERPTS,
    METRICS,
    SEGMENT_AGREEMENT,
    SEGMENT_COUNTS,
    SEGMENT_CURVES,
)
from affectmix.stems.excerpts import cut_beginnings
from affectmix.tables import write_table
from affectmix.tasks import Task

LEARNERS = {
    "full": {"kind": "segments", "task": "arousal_class", "segment_s": 2, "method": "full"},
    "heir": {"kind": "segments", "task": "arousal_class", "segment_s": 2, "method": "inheritance"},
}
for settings in LEARNERS.values():
    settings |= {"erase": True, "mixup": True, "rdrop": True}
CLIPS = ["a", "b", "c", "d"]  # a and b are aroused, but for the last two seconds
LABELS = pd.DataFrame(
    {"corpus": "demo", "clip_id": CLIPS, "valence": 0.1, "arousal": [0.4, 0.3, -0.3, -0.5]}
).assign(quadrant=None)
SECTIONS = pd.DataFrame(
    {
        "corpus": "demo",
        "clip_id": np.repeat(CLIPS, 2),
        "start_s": [0.0, 6.0] * 4,
        "end_s": [6.0, 8.0] * 4,
        "valence": 0.1,
        "arousal": [0.5, -0.5, 0.5, -0.5, -0.5, -0.5, -0.5, -0.5],
    }
)


def cell_of(learner: str, control: str = "none") -> tuple[str, dict[str, Any]]:
    fields = {
        "learner": learner,
        "features": "mel",
        "mixture": "demo-100",
        "scheme": "cv2",
        "protocol": "nested",
        "arithmetic": "clean",
        "control": control,
    }
    return "__".join(fields.values()), {"fields": fields, "learner": LEARNERS[learner]}


def rows_of(fold: int, *, told: bool) -> pd.DataFrame:
    """Return segments of two training and two tested clips; ``told`` if noisy ones are known."""
    tested = CLIPS[fold::2]
    rows = []
    for clip in CLIPS:
        for start in range(7):
            high = clip in "ab" and start < 5
            noisy = clip in "ab" and start > 4
            clean = (0.1 if noisy else 0.9) if told else 1.0
            test = clip in tested
            rows.append(
                {
                    "corpus": "demo",
                    "clip_id": clip,
                    "start_s": float(start),
                    "role": "test" if test else "train",
                    "clean_probability": None if test else clean,
                    "p_arousal_high": 0.8 - 0.01 * start if high else 0.3,
                }
            )
    return pd.DataFrame(rows).astype({"clean_probability": float})


@pytest.fixture
def summary() -> SegmentSummary:
    made = SegmentSummary(LABELS, SECTIONS)
    for learner, control in (("full", "none"), ("heir", "none"), ("full", "permuted")):
        name, settings = cell_of(learner, control)
        for fold in range(2):
            rows = rows_of(fold, told=learner == "full")
            run = SegmentRun(name, 0, fold, settings, 2.0, rows)
            made.add(run, curves=(learner, control) == ("full", "none"))
    return made


def evidence_of(summary: SegmentSummary, **more: Any) -> Evidence:
    rows = [
        {
            "experiment": "e",
            "cell": learner,
            **cell_of(learner)[1]["fields"],
            "view": "demo",
            "target": "arousal_class",
            "metric": metric,
            "repeat": None,
            "fold": None,
            "value": value,
            "ci95_low": value - 0.1,
            "ci95_high": value + 0.1,
        }
        for learner, value in (("full", 0.8), ("heir", 0.7))
        for metric in ("accuracy", "f1")
    ]
    curves = summary.curves({cell_of("full")[0]: Task.AROUSAL_CLASS})
    settings = {"learners": LEARNERS, "corpora": {}, "excerpts": pd.DataFrame(), **more}
    tables = {"counts": summary.counts(), "agreement": summary.agreement(), "curves": curves}
    return Evidence(
        "e",
        pd.DataFrame(rows)[list(METRICS.columns)],
        segments=SegmentEvidence(**settings, **tables),
    )


def test_counts_are_of_tested_clips_once(summary: SegmentSummary) -> None:
    counts = summary.counts()
    assert counts.set_index("learner")["segments"].to_dict() == {"full": 28, "heir": 28}
    assert counts["songs"].tolist() == [4, 4]
    section = segment_tables_section(evidence_of(summary))
    assert section is not None
    assert set(section.tables) == {"segments_table1", "segments_table2", "segments_table3"}
    shown = section.tables["segments_table3"].shown
    assert shown is not None
    assert shown["method"].tolist() == ["the paper's method", "inheritance"]
    assert shown["arousal accuracy"].tolist() == [".800 ± .100", ".700 ± .100"]


def test_clips_of_two_schemes_are_counted_once(summary: SegmentSummary) -> None:
    name, settings = cell_of("full")
    other = {**settings, "fields": {**settings["fields"], "scheme": "cv2_ungrouped"}}
    for fold in range(2):
        rows = rows_of(fold, told=True)
        summary.add(SegmentRun(f"{name}u", 0, fold, other, 2.0, rows), curves=False)
    counts = summary.counts().set_index("learner")
    assert counts.loc["full", ["songs", "segments"]].tolist() == [4, 28]


def test_the_papers_corpora_have_its_numbers_beside_ours(summary: SegmentSummary) -> None:
    section = segment_tables_section(evidence_of(summary, corpora={"demo": "4q"}))
    assert section is not None
    shown = section.tables["segments_table2"].shown
    assert shown is not None
    assert shown["arousal accuracy"].tolist()[0] == ".800 ± .100 (.8660)"
    assert any("no interval" in str(note) for note in section.tables["segments_table2"].notes)


def test_agreement_is_of_the_method_that_tells_apart(summary: SegmentSummary) -> None:
    section = segment_agreement_section(evidence_of(summary))
    assert section is not None
    rows = section.tables["segment_agreement"].frame
    assert rows["learner"].tolist() == ["full"] * 2 + ["heir"] * 2
    assert rows["auc"].tolist()[:2] == [1, 1]
    assert rows["auc"].isna().tolist()[2:] == [True, True]
    assert rows["disagreeing"].tolist() == pytest.approx([2 / 14] * 4)
    assert rows["own_accuracy"].tolist() == [1] * 4
    text = " ".join(str(block.text) for block in section.blocks if block.kind == "text")
    assert "AUC is at least .800 in 1 of 1 cells" in text


def test_cells_of_corpora_without_sections_are_left_out_of_agreement() -> None:
    real = SegmentSummary(LABELS, SECTIONS.assign(corpus="other"))
    mixed = SegmentSummary(LABELS, SECTIONS)
    for made in (real, mixed):
        name, settings = cell_of("full")
        made.add(SegmentRun(name, 0, 0, settings, 2.0, rows_of(0, told=True)), curves=True)
    assert segment_agreement_section(evidence_of(real)) is None
    strange = rows_of(0, told=True).assign(corpus="real")
    labels = pd.concat([LABELS, LABELS.assign(corpus="real")])
    mixed.labels = labels
    name, settings = cell_of("heir")
    mixed.add(SegmentRun(name, 0, 0, settings, 2.0, strange), curves=False)
    section = segment_agreement_section(evidence_of(mixed))
    assert section is not None
    assert section.tables["segment_agreement"].frame["learner"].tolist() == ["full"]


def test_no_auc_is_said_to_be_none() -> None:
    made = SegmentSummary(LABELS, SECTIONS)
    name, settings = cell_of("full")
    made.add(SegmentRun(name, 0, 0, settings, 2.0, rows_of(0, told=False)), curves=True)
    section = segment_agreement_section(evidence_of(made))
    assert section is not None
    text = " ".join(str(block.text) for block in section.blocks if block.kind == "text")
    assert "No cell tells segments apart." in text


def test_clips_are_drawn_and_heard(summary: SegmentSummary, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.sin(np.arange(16000) / 9), 8000)
    clips = [["demo", "a", str(tmp_path / "a.wav")], ["demo", "b", "none.wav"]]
    excerpts = cut_beginnings(clips, [("demo", "a")], longest_s=1.5)
    assert excerpts["duration_s"].tolist() == pytest.approx([1.5])
    evidence = evidence_of(summary, excerpts=excerpts)
    assert evidence.segments is not None
    curves = evidence.segments.curves
    assert curves.groupby("clip_id")["true_class"].first().to_dict() == {"a": "high", "c": "low"}
    own = curves[curves["clip_id"] == "a"].sort_values("start_s")["own_class"]
    assert own.tolist() == ["high"] * 5 + ["low"] * 2  # at 5 s, half and half: not above 0
    section = segment_curves_section(evidence)
    assert section is not None
    drawing = section.figures["segments_fig2"]
    assert "a, labelled high" in drawing.alt
    assert svg_text(drawing) == svg_text(drawing)
    (players,) = [block for block in section.blocks if block.kind == "players"]
    assert players.rows[0][0] == "a (demo)"
    assert players.rows[0][1][0].source.startswith("data:audio/mpeg;base64,")


def test_experiments_without_segments_have_no_such_sections() -> None:
    evidence = Evidence("e", pd.DataFrame(columns=list(METRICS.columns)))
    for section in (segment_tables_section, segment_agreement_section, segment_curves_section):
        assert section(evidence) is None
    assert segment_evidence({"metrics": "x"}, {}) is None


def test_an_experiment_of_classes_alone_shows_them(summary: SegmentSummary) -> None:
    report = ExperimentReport(evidence_of(summary))
    keys = [section.key for section in report.sections]
    assert {"segment-tables", "segment-agreement", "segment-curves"} <= set(keys)


def test_tables_keep_to_their_schemas(summary: SegmentSummary, tmp_path: Path) -> None:
    evidence = evidence_of(summary, excerpts=pd.DataFrame(columns=list(EXCERPTS.columns)))
    assert evidence.segments is not None
    files = {}
    for kind, schema in (
        ("counts", SEGMENT_COUNTS),
        ("agreement", SEGMENT_AGREEMENT),
        ("curves", SEGMENT_CURVES),
        ("excerpts", EXCERPTS),
    ):
        files[f"segment_{kind}"] = str(tmp_path / f"{kind}.parquet")
        write_table(getattr(evidence.segments, kind), files[f"segment_{kind}"], schema)
    read = segment_evidence(files, {"learners": LEARNERS, "corpora": {}})
    assert read is not None
    assert len(read.curves) == len(evidence.segments.curves)
    nothing = SegmentSummary(LABELS, SECTIONS.head(0))
    for table, schema in ((nothing.counts(), SEGMENT_COUNTS), (nothing.curves({}), SEGMENT_CURVES)):
        write_table(table, tmp_path / "empty.parquet", schema)


def test_which_length_and_which_cell() -> None:
    assert length_of({"segment_s": 3}, {}) == 3
    assert length_of({"segment_s": [2.5]}, {}) == 2.5
    chosen = {"points": {"arousal_high": {"segment_s": 4.0, "epoch": 2}}}
    assert length_of({"segment_s": [1, 4]}, chosen) == 4
    cells = dict(
        cell_of(name, control) for name in ("heir", "full") for control in ("none", "permuted")
    )
    assert shown_cells(cells) == [cell_of("full")[0]]
    regression = {
        "x": {**cell_of("full")[1], "learner": {**LEARNERS["full"], "task": "regression"}}
    }
    assert shown_cells(regression) == []
