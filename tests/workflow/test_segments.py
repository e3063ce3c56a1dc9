"""Segments from the demo's sound to the page: what is said of them, drawn and played."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import yaml
from affectmix.schemas import SECTIONS, SEGMENT_AGREEMENT, SEGMENT_CURVES
from affectmix.tables import read_table
from conftest import REPOSITORY, make_project


def test_segments_reach_the_page(tmp_path: Path) -> None:
    project = make_project(tmp_path / "project")
    example = REPOSITORY / "config" / "examples" / "demo_segments.yaml"
    config = yaml.safe_load(example.read_text(encoding="utf-8"))
    config["shards"] = 1
    config["schemes"] = {"cv3": {"repeats": 1}}
    config["corpora"]["demo_music"] |= {"clips": 24, "duration": 4}
    config["learners"]["full"] |= {"clip_s": 4, "warmup": 1, "epochs": 2}
    cells = {"features": ["mel"], "mixtures": [{"demo_music": 1}], "schemes": ["cv3"]}
    config["experiments"]["segments"]["cells"] = [{"learners": ["mean", "full"], **cells}]
    project.write_config(config)
    project.snakemake()
    results = project.folder / "results"
    sections = read_table(results / "demo/demo_music/sections.parquet", SECTIONS)
    assert len(sections) == 4 * 24
    counts = pd.read_parquet(results / "segments/counts/segments.parquet")
    assert counts[["songs", "segments"]].to_numpy().tolist() == [[24, 3 * 24]]
    agreement = read_table(results / "segments/agreement/segments.parquet", SEGMENT_AGREEMENT)
    assert agreement["segments"].tolist() == [3 * 16] * 3
    assert agreement["disagreeing"].between(0.05, 0.6).all()
    curves = read_table(results / "segments/curves/segments.parquet", SEGMENT_CURVES)
    assert curves.groupby("clip_id")["true_class"].first().tolist() in (
        ["high", "low"],
        ["low", "high"],
    )
    assert curves["own_class"].notna().all()
    assert (results / "figures/segments/segments_fig2.svg").stat().st_size
    assert (results / "tables/segments/segments_table1.md").is_file()
    page = (results / "report.html").read_text(encoding="utf-8")
    assert page.count("data:audio/mpeg;base64,") == 2
    assert "What is heard along a clip?" in page
