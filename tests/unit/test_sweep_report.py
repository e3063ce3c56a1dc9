"""Figures 4 and 5, learning curves and their sections, with two views and with three."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import product
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
from affectmix.evaluation.sweeps import find_sweeps
from affectmix.report.blocks import Section
from affectmix.report.evidence import Evidence
from affectmix.report.experiment import ExperimentReport
from affectmix.report.paths import axis_paths
from affectmix.report.sections.sweeps import sweeps_section
from affectmix.report.style import save_figure, svg_text
from affectmix.splits.mixtures import mixture_name
from sweep_metrics import sweep_metrics

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
FIG4 = [{"music": s, "sounds": 1.0} for s in SHARES] + [
    {"music": 1.0, "sounds": s} for s in reversed(SHARES[:-1])
]
INSTEAD = [{"music": 1 - s, "sounds": s} for s in SHARES[1:-1]]
THREE = [
    *({"music": 1.0, "sounds": s, "speech": 1.0} for s in SHARES),
    *({"music": s, "sounds": 1.0, "speech": 1.0} for s in SHARES[:-1]),
    *({"music": 1.0, "sounds": 1.0, "speech": s} for s in SHARES[:-1]),
]


def error(view: str, mixture: Mapping[str, float], control: str) -> float:
    others = sum(s for v, s in mixture.items() if v != view and control != f"uniform-{v}")
    return 0.5 - 0.1 * others - 0.2 * mixture[view]


def oracle() -> pd.DataFrame:
    """The bracket of every mixture of FIG4: R² and, for whole own views, the gain."""
    rows = []
    for (own, other), share in product((("music", "sounds"), ("sounds", "music")), SHARES):
        for shares in ({own: 1.0, other: share}, {own: share, other: 1.0}):
            present = mixture_name({v: s for v, s in shares.items() if s > 0})
            kinds = ["r2", *(["gain"] if shares[own] == 1 and shares[other] > 0 else [])]
            rows += [
                {
                    "corpus": own,
                    "target": "arousal",
                    "quantity": kind,
                    "train": present,
                    "own_share": shares[own],
                    "other_share": shares[other],
                    "mean": 0.5,
                    "low": 0.4 if own == "music" else 0.3,
                    "high": 0.6,
                }
                for kind in kinds
            ]
    return pd.DataFrame(rows).drop_duplicates(["corpus", "quantity", "train"])


@cache
def report(name: str) -> ExperimentReport:
    if name == "three":
        return ExperimentReport(Evidence("three", sweep_metrics(THREE, error)))
    metrics = [
        sweep_metrics([*FIG4, *INSTEAD], error, learners=("svr", "mean")),
        sweep_metrics(FIG4[1:-1], error, controls=("uniform-sounds",)),
    ]
    return ExperimentReport(
        Evidence("fig4", pd.concat(metrics, ignore_index=True), oracle=oracle())
    )


def section(name: str, key: str) -> Section:
    return next(s for s in report(name).sections if s.key == key)


def test_fig4_has_the_papers_axis() -> None:
    (path,) = axis_paths(find_sweeps(mixture_name(m) for m in FIG4))
    assert list(path.places) == [mixture_name(m) for m in FIG4]
    assert list(path.ticks) == [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2]
    assert path.ticks[0.25] == ".25\n1"
    assert path.ticks[2] == "1\n0"
    assert path.label == "share of music (upper line) and sounds (lower line)"


def test_with_three_views_each_share_has_its_own_axis() -> None:
    paths = axis_paths(find_sweeps(mixture_name(m) for m in THREE))
    assert [path.title for path in paths] == [
        "music added to sounds + speech",
        "sounds added to music + speech",
        "speech added to music + sounds",
    ]
    assert all(list(path.ticks.values()) == ["0", ".25", ".5", ".75", "1"] for path in paths)
    two = axis_paths(find_sweeps(mixture_name(m) for m in THREE[:9]))
    assert [path.title for path in two] == ["music and sounds, with speech"]


def test_fig4_draws_every_training_set_once_and_the_oracles_band() -> None:
    drawing = report("fig4").figures["fig4"]
    assert len(drawing.hints) == 2 * len(FIG4)
    (axes,) = drawing.figure.axes
    assert len(axes.collections) == 2 + 1  # a band for each view, and the legend's sample
    legend = [text.get_text() for text in drawing.figure.legends[0].get_texts()]
    assert legend == ["tested on music", "tested on sounds", "what the known causes allow (oracle)"]
    styles = {(line.get_color(), line.get_linestyle()) for line in axes.get_lines()[2:]}
    assert len({style for _, style in styles}) > 1


def test_curves_show_gains_of_other_views_from_zero() -> None:
    drawing = report("fig4").figures["curves"]
    titles = [axes.get_title() for axes in drawing.figure.axes]
    assert titles == ["tested on music", "tested on sounds"]
    labels = [axes.get_xlabel() for axes in drawing.figure.axes]
    assert labels == ["share of sounds, added to music", "share of music, added to sounds"]
    assert len(drawing.hints) == 2 * len(SHARES)


def test_brackets_of_the_gain_are_drawn_over_the_view_alone_only() -> None:
    curves = report("fig4").tables["curves"].frame
    added = ~curves["own"] & (curves["share"] > 0)
    assert curves.loc[added, "known_low"].notna().all()
    assert curves.loc[~added, "known_low"].isna().all()
    known = oracle().assign(train=lambda t: t["train"].str.replace("sounds", "speech"))
    three = Evidence("three", sweep_metrics(THREE[:5], error), oracle=known)
    told = ExperimentReport(three)
    assert told.tables["curves"].frame["known_low"].isna().all()
    assert not told.figures["curves"].figure.axes[0].collections


def test_fig5_puts_random_labels_beside_real_ones() -> None:
    drawing = report("fig4").figures["fig5"]
    legend = [text.get_text() for text in drawing.figure.legends[0].get_texts()]
    assert legend == [
        "real labels, tested on music",
        "random labels of sounds, tested on music",
    ]
    assert len(drawing.hints) == len(FIG4) + len(FIG4[1:-1])


@pytest.mark.parametrize("name", ["fig4", "three"])
def test_figures_of_sweeps_are_whole(name: str) -> None:
    drawings = report(name).figures
    assert {"fig4", "curves"} <= set(drawings)
    for drawing in drawings.values():
        ElementTree.fromstring(svg_text(drawing))
        assert drawing.alt
        assert drawing.figure.get_figwidth() < 12


def test_a_sweep_is_drawn_the_same_byte_for_byte(tmp_path: Path) -> None:
    evidence = report("three").evidence
    made = [sweeps_section(evidence) for _ in range(2)]
    drawings = [section.figures["fig4"] for section in made if section]
    first, again = (save_figure(d, tmp_path / str(n)) for n, d in enumerate(drawings))
    for one, other in zip(first, again, strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_tables_of_sweeps_hold_what_is_drawn() -> None:
    tables = report("fig4").tables
    assert {"fig4", "fig5", "curves", "trends", "complementary"} <= set(tables)
    fig4 = tables["fig4"]
    assert len(fig4.shown) == len(FIG4)
    assert {"trained on", "R² on music, arousal", "R² on sounds, arousal"} < set(fig4.shown)
    assert "25 % music + sounds" in set(fig4.shown["trained on"])
    assert fig4.frame["known_low"].notna().all()
    curves = tables["curves"]
    assert len(curves.shown) == 2 * 2 * (len(SHARES) - 1)
    assert curves.frame["gain"].isna().sum() == 4
    assert set(tables["trends"].shown["verdict"]) == {"helped"}
    assert len(tables["fig5"].frame) == 2 * len(FIG4[1:-1])
    assert len(tables["complementary"].shown) == 5


def test_answers_of_sweeps_are_told_in_words() -> None:
    answers = section("fig4", "sweeps").blocks[0].answers
    assert [a.subject for a in answers] == ["music, arousal (svr)", "sounds, arousal (svr)"]
    assert answers[0].verdict == "helped"
    assert answers[0].sentence.startswith("More sounds added to music helped. R²")
    assert "effect" in answers[0].sentence
    (told,) = section("fig4", "random-labels").blocks[0].answers
    assert told.sentence.startswith(
        "Trained on music + sounds, the real labels of sounds helped. R² with random"
    )


def test_three_views_are_named_in_tables_figures_and_sentences() -> None:
    sweeps = section("three", "sweeps")
    answers = sweeps.blocks[0].answers
    assert len(answers) == 3 * 2  # each view against either of the others
    assert answers[0].sentence.startswith("More sounds added to music + speech helped.")
    shown = report("three").tables["fig4"].shown
    assert "music + 25 % sounds + speech" in set(shown["trained on"])
    titles = {axes.get_title() for axes in report("three").figures["fig4"].figure.axes}
    assert "svr: speech added to music + sounds" in titles


def test_experiments_without_sweeps_have_no_such_sections() -> None:
    pair = sweep_metrics([FIG4[0], FIG4[4]], error)
    keys = {s.key for s in ExperimentReport(Evidence("pair", pair)).sections}
    assert not keys & {"sweeps", "random-labels", "complementary"}
