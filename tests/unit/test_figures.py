"""Figures: what they draw, that they repeat byte for byte, and tables as files."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from affectmix.evaluation.comparisons import compare_mixtures
from affectmix.evaluation.metrics import compute_metrics
from affectmix.evaluation.published import load_published
from affectmix.report.figure_1 import MOST_DRAWN, draw_fig1
from affectmix.report.figure_3 import draw_fig3
from affectmix.report.figure_gain import draw_gain
from affectmix.report.labels import caveats, with_series
from affectmix.report.style import (
    Drawing,
    add_legend,
    inline_svg,
    look,
    save_figure,
    style_context,
    svg_text,
)
from affectmix.report.tables import (
    number,
    plus_minus,
    save_table,
    table1,
    table1_wide,
    table2,
    to_markdown,
)
from matplotlib.figure import Figure

SVG = "{http://www.w3.org/2000/svg}"
MIXTURES = ("music-100_sounds-000", "music-000_sounds-100", "music-100_sounds-100")
LEARNERS = ("elasticnet", "mean", "svr")


def make_metrics() -> pd.DataFrame:
    """Two learners and the mean predictor on two views; elasticnet diverges across corpora."""
    parts = []
    for (number_, learner), mixture, (column, view), target in itertools.product(
        enumerate(LEARNERS), MIXTURES, enumerate(("music", "sounds")), ("arousal", "valence")
    ):
        rng = np.random.default_rng([column, target == "arousal"])
        truth = rng.uniform(-1, 1, 60)
        alien = f"{view}-000" in mixture
        noise = np.random.default_rng([number_, len(mixture), column]).normal(size=60)
        predicted = 0.0 * truth if learner == "mean" else 0.8 * truth + 0.2 * noise
        if learner == "elasticnet" and alien:
            predicted = 50 * predicted
        fields = {
            "experiment": "joint",
            "cell": f"{learner}__{mixture}",
            "learner": learner,
            "features": "is13",
            "mixture": mixture,
            "scheme": "cv5",
            "protocol": "nested",
            "arithmetic": "clean",
            "control": "none",
            "repeat": 0,
            "corpus": view,
            "view": view,
            "target": target,
            "in_train": 0,
        }
        rows = {
            "fold": np.arange(60) % 5,
            "clip_id": [f"c{i:02}" for i in range(60)],
            "y_true": truth,
            "y_pred": predicted,
        }
        parts.append(pd.DataFrame(rows).assign(**fields))
    return compute_metrics(pd.concat(parts, ignore_index=True))


METRICS = make_metrics()
COMPARED = compare_mixtures(METRICS)
ROLES = {"sounds": "iads_e", "music": "pmemo"}
LABELS = {
    "music": pd.DataFrame(
        {
            "clip_id": ["b<", "a", "c", "d"],
            "valence": [0.5, 0.5, 0.2, None],
            "arousal": [0.5, 0.5, 0.0, 0.1],
        }
    ),
    "sounds": pd.DataFrame({"clip_id": ["e", "f"], "valence": [-0.5, 0.3], "arousal": [0.5, -0.4]}),
}
ORACLE = pd.DataFrame({"view": ["music"], "target": ["arousal"], "low": [0.01], "high": [0.09]})


def draw(name: str) -> Drawing:
    if name == "fig1":
        return draw_fig1(LABELS)
    return draw_fig3(METRICS) if name == "fig3" else draw_gain(COMPARED, oracle=ORACLE)


@pytest.mark.parametrize("name", ["fig1", "fig3", "gain"])
def test_figures_repeat_byte_for_byte_and_hold_no_date(name: str, tmp_path: Path) -> None:
    drawing = draw(name)
    vector, raster = save_figure(drawing, tmp_path / "figures" / name)
    first = vector.read_bytes()
    assert b"<dc:date>" not in first
    assert raster.read_bytes().startswith(b"\x89PNG")
    assert svg_text(drawing).encode() == first
    again = save_figure(draw(name), tmp_path / "again")
    assert again[0].read_bytes() == first
    assert again[1].read_bytes() == raster.read_bytes()
    ElementTree.fromstring(first)
    assert drawing.alt


def test_fig1_counts_quadrants_and_leaves_out_the_unrated() -> None:
    drawing = draw("fig1")
    assert "music: Q1 67%, Q2 0%, Q3 0%, Q4 33%" in drawing.alt  # arousal 0 is on the low side
    legend = [text.get_text() for text in drawing.figure.legends[0].get_texts()]
    assert legend == ["music (3)", "sounds (2)"]


@pytest.mark.parametrize("clips", [2, 60])
def test_each_mark_of_fig1_tells_its_clips(clips: int) -> None:
    """Few marks are drawn as paths, many as uses of one: a mark's text is its own in both."""
    spread = np.linspace(-0.9, 0.9, clips)
    many = pd.DataFrame(
        {"clip_id": [f"m{i:02}" for i in range(clips)], "valence": spread, "arousal": -spread}
    )
    drawing = draw_fig1(LABELS | {"many": many})
    root = ElementTree.fromstring(svg_text(drawing))
    marks = {
        group.get("id"): [e for e in group.iter() if e.find(f"{SVG}title") is not None]
        for group in root.iter(f"{SVG}g")
        if str(group.get("id")).startswith("plane-")
    }
    told = [mark.find(f"{SVG}title").text for mark in marks["plane-0"]]  # type: ignore[union-attr]
    assert told == [
        "music: c\nvalence +0.20, arousal +0.00",
        "music: a, b<\nvalence +0.50, arousal +0.50",
    ]
    assert len(marks["plane-2"]) == clips
    if clips == 60:
        across = [float(str(mark.get("x"))) for mark in marks["plane-2"]]
        assert across == sorted(across)  # as the valences of m00, m01, …
        assert "many: m00\n" in str(marks["plane-2"][0].find(f"{SVG}title").text)  # type: ignore[union-attr]


def test_fig3_cuts_off_below_minus_one_and_says_so() -> None:
    drawing = draw("fig3")
    axes = drawing.figure.axes
    assert len(axes) == 4
    assert all(a.get_ylim()[0] == pytest.approx(-1.08) for a in axes)
    triangles = [
        line
        for a in axes
        for line in a.get_lines()
        if line.get_marker() == "v" and len(line.get_xdata()) == 1
    ]
    diverged = METRICS[
        METRICS["fold"].isna() & (METRICS["metric"] == "r2") & (METRICS["value"] < -1)
    ]
    assert len(triangles) == len(diverged) == 4
    assert all(line.get_ydata()[0] == -1 for line in triangles)
    written = {text.get_text() for a in axes for text in a.texts}
    assert written == {f"{value:.3g}" for value in diverged["value"]}


def test_fig1_of_a_large_view_draws_some_of_its_clips_and_says_so() -> None:
    rng = np.random.default_rng(5)
    many = pd.DataFrame(rng.uniform(-1, 1, (5000, 2)), columns=["valence", "arousal"])
    many.insert(0, "clip_id", [f"m{i:04}" for i in range(5000)])
    drawing = draw_fig1(LABELS | {"many": many})
    assert 1990 < len(drawing.marks["plane-2"]) <= MOST_DRAWN  # a few may lie on one another
    assert len(drawing.marks["plane-0"]) == 2
    assert "at most 2,000 clips, drawn by chance" in drawing.figure.axes[0].get_title()
    legend = [text.get_text() for text in drawing.figure.legends[0].get_texts()]
    assert "many (5000)" in legend
    assert "drawn by chance" not in draw("fig1").figure.axes[0].get_title()
    shuffled = draw_fig1(LABELS | {"many": many.sample(frac=1, random_state=1)})
    assert shuffled.marks == drawing.marks


def test_fig3_leaves_out_the_mean_predictor_and_hints_at_every_mark() -> None:
    drawing = draw("fig3")
    legend = [text.get_text() for text in drawing.figure.legends[0].get_texts()]
    assert legend == ["elasticnet", "svr"]
    assert len(drawing.hints) == 2 * 3 * 2 * 2
    text = svg_text(drawing)
    assert text.count("<title>") == len(drawing.hints)


def test_fig3_stacks_its_panels_where_a_row_would_be_too_wide() -> None:
    def renamed(metrics: pd.DataFrame, long: str) -> pd.DataFrame:
        mixtures = metrics["mixture"].str.replace("music", long)
        return metrics.assign(mixture=mixtures, view=metrics["view"].str.replace("music", long))

    assert draw("fig3").figure.get_axes()[1].get_title() == "tested on sounds"
    wide = draw_fig3(renamed(METRICS, "a_view_with_a_name_that_takes_much_more_than_its_place"))
    assert wide.figure.get_figwidth() < 20
    titles = [axes.get_title() for axes in wide.figure.axes]
    assert titles[0] == titles[1]


def test_gain_shows_every_comparison_and_the_oracle() -> None:
    drawing = draw("gain")
    axes = drawing.figure.axes[0]
    assert len(drawing.hints) == len(COMPARED) == 8
    assert [text.get_text() for text in axes.get_yticklabels()] == [
        "music, arousal, adding sounds",
        "music, valence, adding sounds",
        "sounds, arousal, adding music",
        "sounds, valence, adding music",
    ]
    without = draw_gain(COMPARED).figure.axes[0]
    # One view and target has a bracket, and the legend its sample.
    assert len(axes.collections) - len(without.collections) == 2


def test_gain_beyond_the_scale_is_cut_off_and_written() -> None:
    wild = COMPARED.assign(gain=[2e9, *COMPARED["gain"][1:]])
    axes = draw_gain(wild).figure.axes[0]
    assert "+2e+09" in {text.get_text() for text in axes.texts}
    assert axes.get_xlim()[1] < 1.2


def test_figures_without_data_are_still_figures() -> None:
    none = METRICS.iloc[:0]
    for drawing in (draw_fig3(none), draw_gain(compare_mixtures(none)), draw_fig1({})):
        ElementTree.fromstring(svg_text(drawing))


def test_series_have_colour_and_marker_of_their_own() -> None:
    assert len({look(number)[0] for number in range(8)}) == 8
    assert len({look(number)[1] for number in range(8)}) == 8


@pytest.mark.parametrize(("label", "columns"), [("svr", 4), ("svr, cv5_ungrouped, paper", 2)])
def test_a_legend_is_no_wider_than_its_figure(label: str, columns: int) -> None:
    with style_context():
        figure = Figure(figsize=(5, 3), layout="constrained")
        axes = figure.subplots()
        for number in range(5):
            axes.plot([0, 1], label=f"{label} {number}")
        add_legend(figure, axes, columns=4)
        figure.draw_without_rendering()
        (legend,) = figure.legends
        box = legend.get_window_extent()
    assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1
    lefts = {round(text.get_window_extent().x0) for text in legend.get_texts()}
    assert len(lefts) == columns


def test_inline_svg_has_its_own_ids_and_no_size() -> None:
    inline = inline_svg(svg_text(draw("gain")), prefix="e0", alt='a "quote" & <sign>')
    assert inline.startswith("<svg")
    assert 'aria-label="a &quot;quote&quot; &amp; &lt;sign&gt;"' in inline
    opening = inline[: inline.index(">")]
    assert not re.search(r"\s(width|height)=", opening)
    ids = set(re.findall(r'\bid="([^"]+)"', inline))
    assert all(name.startswith("e0-") for name in ids)
    used = set(re.findall(r'href="#([^"]+)"', inline)) | set(re.findall(r"url\(#([^)]+)\)", inline))
    assert used
    assert used <= ids


def test_series_name_what_varies_and_nothing_else() -> None:
    assert set(with_series(METRICS)["series"]) == set(LEARNERS)
    other = METRICS.assign(features="egemaps")
    both = with_series(pd.concat([METRICS, other], ignore_index=True))
    assert "svr, egemaps" in set(both["series"])


def test_caveats_stand_where_numbers_are_not_clean() -> None:
    assert caveats(METRICS) == []
    (paper,) = caveats(METRICS.assign(protocol="paper"))
    assert "optimistic" in paper
    assert "no results" in caveats(METRICS.assign(arithmetic="reference_2023"))[0]
    assert "source" in caveats(METRICS.assign(scheme="cv5_ungrouped"))[0]


def test_table1_puts_the_published_value_beside_ours() -> None:
    long = table1(METRICS, load_published(), ROLES)
    assert len(long) == 2 * 3 * 2 * 3
    row = long.query(
        "view == 'music' and series == 'svr' and target == 'valence' "
        "and mixture == 'music-100_sounds-100'"
    ).iloc[0]
    assert (row["published"], row["published_ci"]) == (0.168, 0.021)
    assert "leaked" in row["published_flags"]
    mean = METRICS.query(
        "fold.isna() and metric == 'rmse' and view == 'music' and learner == 'svr' "
        "and target == 'valence' and mixture == 'music-100_sounds-100'"
    ).iloc[0]
    assert row["ours"] == mean["value"]
    assert row["ours_ci"] == pytest.approx((mean["ci95_high"] - mean["ci95_low"]) / 2)
    assert long[long["series"] == "mean"]["published"].isna().all()


def test_table1_knows_learners_by_their_kind() -> None:
    renamed = METRICS.assign(learner=METRICS["learner"].replace("svr", "small_svr"))
    kinds = {"small_svr": "svr"}
    long = table1(renamed, load_published(), ROLES, learner_kinds=kinds)
    assert long.query("series == 'small_svr'")["published"].notna().all()


def test_wide_table1_has_published_columns_only_where_there_are_numbers() -> None:
    wide = table1_wide(table1(METRICS, load_published(), ROLES))
    assert len(wide) == 2 * 3 * 2
    assert "trained on music + sounds, published" in wide
    assert ".168 ± .021 †" in set(wide["trained on music + sounds, published"])
    alone = table1_wide(table1(METRICS, load_published(), {}))
    assert not any("published" in name for name in alone.columns)


def test_table2_lists_published_systems_of_our_roles_above_ours() -> None:
    both = table2(METRICS, load_published(), {"music": "pmemo"})
    assert set(both["test_role"]) == {"pmemo"}
    assert both["system"].iloc[0] == "de Berardinis et al., 2020"
    ours = both["system"].str.startswith("AffectMix")
    assert ours.sum() == 2 * 3
    leaked = both[both["flags"].str.contains("leaked")]
    assert len(leaked) == 2
    assert table2(METRICS, load_published(), {}).empty


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.2144, ".214"),
        (-0.5, "-.500"),
        (1.69, "1.690"),
        (28000.0, "2.80e+04"),
        (-123.4, "-123.4"),
        (-0.0001, ".000"),
        (0.9999, "1.000"),
    ],
)
def test_numbers_as_the_paper_prints_them(value: float, text: str) -> None:
    assert number(value) == text


def test_plus_minus() -> None:
    assert plus_minus(0.214, 0.0206) == ".214 ± .021"
    assert plus_minus(0.214, np.nan, dagger=True) == ".214 †"
    assert plus_minus(np.nan, np.nan) == ""


def test_markdown_is_safe_and_files_hold_the_notes(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a|b": ["x|y\nz"], "n": [0.5]})
    assert to_markdown(frame) == "| a\\|b | n |\n| --- | --- |\n| x\\|y z | .500 |\n"
    csv, markdown = save_table(frame, tmp_path / "t" / "table_1", notes=["Beware."])
    assert pd.read_csv(csv)["n"].tolist() == [0.5]
    assert markdown.read_text(encoding="utf-8").endswith("\n\nBeware.\n")
