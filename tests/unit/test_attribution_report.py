"""The ladder as a reader meets it: brackets, published numbers, sentences, figure, section."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from affectmix.evaluation.attribution import attribute_gains
from affectmix.evaluation.metrics import CELL_FIELDS, summarise_folds
from affectmix.evaluation.published import load_published
from affectmix.report.attribution_table import (
    place,
    shown_ladders,
    with_brackets,
    with_published,
)
from affectmix.report.attribution_words import attribution_sentences, missing_sentence
from affectmix.report.evidence import Evidence
from affectmix.report.figure_attribution import draw_attribution
from affectmix.report.sections.attribution import attribution_section
from affectmix.report.style import save_figure, svg_text

ALONE, BOTH = "music-100_sounds-000", "music-100_sounds-100"
FOLDS = np.array([-0.02, 0.01, 0.0, 0.03, -0.02])
# (scheme, protocol, arithmetic) → R² alone and mixed; no number: not run
CELLS = {
    ("cv5", "nested", "clean"): (0.40, 0.42),
    ("cv5_ungrouped", "nested", "clean"): (0.43, 0.46),
    ("cv5_ungrouped", "paper", "clean"): (0.45, 0.49),
    ("cv5_ungrouped", "paper", "reference_2023"): (None, 0.76),
    ("cv5_ungrouped", "paper", "reference_2024"): (None, 0.56),
}
ORACLE = pd.DataFrame(
    [
        ("music", "arousal", "r2", "music-100", 0.0, 0.50, 0.60),
        ("music", "arousal", "r2", "music-100_sounds-100", 1.0, 0.52, 0.62),
        ("music", "arousal", "gain", "music-100_sounds-100", 1.0, -0.01, 0.025),
    ],
    columns=["corpus", "target", "quantity", "train", "other_share", "low", "high"],
).assign(own_share=1.0, mean=0.0)
ROLES = {"music": "pmemo", "sounds": "iads_e"}


def metrics(cells: dict = CELLS, *, learner: str = "svr") -> pd.DataFrame:
    """Metrics of one ladder on arousal of music, with known means and the same wobble."""
    parts = []
    for (scheme, protocol, arithmetic), means in cells.items():
        for mixture, mean in zip((ALONE, BOTH), means, strict=True):
            if mean is None:
                continue
            wobble = FOLDS * (1.5 if mixture == BOTH else 1.0)
            rows = {"repeat": 0, "fold": range(5), "value": mean + wobble, "ci95_low": math.nan}
            parts.append(
                pd.DataFrame(rows).assign(
                    ci95_high=math.nan,
                    experiment="joint",
                    cell=f"{learner}__{mixture}__{scheme}__{protocol}__{arithmetic}",
                    learner=learner,
                    features="is13",
                    mixture=mixture,
                    scheme=scheme,
                    protocol=protocol,
                    arithmetic=arithmetic,
                    control="none",
                    view="music",
                    target="arousal",
                    metric="r2",
                )
            )
    folds = pd.concat(parts, ignore_index=True)
    assert set(CELL_FIELDS) <= set(folds.columns)
    return pd.concat([folds, summarise_folds(folds)], ignore_index=True)


def ladders(cells: dict = CELLS, oracle: pd.DataFrame | None = ORACLE) -> pd.DataFrame:
    found = with_brackets(attribute_gains(metrics(cells)), oracle)
    return with_published(found, load_published(), roles=ROLES, kinds={})


@pytest.mark.parametrize(
    ("value", "interval", "expected"),
    [
        (0.5, (0.0, 1.0), "inside"),
        (0.6, (0.59, 0.61), "inside"),
        (0.3, (0.2, 0.39), "below"),
        (0.3, (0.2, 0.41), "below, within error"),
        (0.7, (0.61, 0.8), "above"),
        (0.7, (0.59, 0.8), "above, within error"),
        (math.nan, (0.0, 1.0), ""),
    ],
)
def test_place_of_a_value_and_its_interval(
    value: float, interval: tuple[float, float], expected: str
) -> None:
    assert place(value, (0.4, 0.6), interval) == expected
    assert place(value, (math.nan, math.nan), interval) == ""


def test_each_rung_is_held_against_the_bracket_of_its_own_training_set() -> None:
    found = ladders().set_index("rung")
    assert found["oracle_low"].to_dict() == {
        "alone": 0.50,
        **dict.fromkeys(found.index[1:], 0.52),
    }
    assert found.loc["alone", "oracle_place"] == "below"
    assert found.loc["reference_2024", "oracle_place"] == "inside"
    assert found.loc["reference_2023", "oracle_place"] == "above"
    assert found["oracle_gain_place"].to_dict() == {
        "alone": "",
        "mixed": "inside",
        "ungrouped": "above, within error",
        "selected_ungrouped": "above, within error",
        "reference_2023": "above",
        "reference_2024": "above",
    }


def test_published_numbers_stand_beside_the_rungs_they_belong_to() -> None:
    found = ladders().set_index("rung")
    assert found.loc["alone", "published"] == pytest.approx(1 - 0.210**2 / 0.1364)
    assert "leaked" not in found.loc["alone", "published_flags"]
    joint = found.drop("alone")
    assert joint["published"].tolist() == pytest.approx([1 - 0.193**2 / 0.1364] * 5)
    assert joint["published_flags"].str.contains("leaked").all()
    nothing = with_published(ladders(), load_published(), roles={}, kinds={})
    assert nothing["published"].isna().all()


def test_intervals_are_those_of_the_metrics_with_repeats_too() -> None:
    folds = metrics()
    folds = folds[folds["fold"].notna()]
    again = folds.assign(repeat=1, value=folds["value"] + 0.01 * (folds["fold"] % 2))
    both = pd.concat([folds, again], ignore_index=True)
    means = summarise_folds(both).set_index(["scheme", "protocol", "arithmetic", "mixture"])
    for _, row in attribute_gains(both).iterrows():
        mixture = ALONE if row["rung"] == "alone" else BOTH
        mean = means.loc[(row["scheme"], row["protocol"], row["arithmetic"], mixture)]
        found = row[["r2", "r2_low", "r2_high"]].tolist()
        assert found == pytest.approx(mean[["value", "ci95_low", "ci95_high"]].tolist())
        assert row["folds"] == (0 if row["rung"] == "alone" else 10)


def test_the_sentence_takes_the_reported_gain_apart() -> None:
    ((subject, sentence),) = attribution_sentences(ladders(), analogous=False)
    assert subject == "music, arousal (svr, adding sounds)"
    sentence = sentence.replace("\N{NO-BREAK SPACE}", " ")
    assert (
        "Of the gain of +.310 that the arithmetic of 2023 reports (R² .450 → .760), +.020 is the "
        "domain, +.010 is groups torn apart, +.010 is the choice on the reported folds and +.270 "
        "is the leak."
    ) in sentence
    assert "2024 reports (R² .450 → .560), +.070 is the leak and the rest is as before." in sentence
    assert "allow a gain of −.010 to +.025: nested inside;" in sentence
    assert "R² of 2023 lies above all that they allow." in sentence
    assert "Published, R² .677 → .727, a gain of +.050 (flagged leaked, " in sentence
    ((_, other),) = attribution_sentences(ladders(oracle=None), analogous=True)
    assert "known causes" not in other
    assert "of other corpora that play the same part" in other


def test_what_was_not_run_is_said() -> None:
    assert missing_sentence(ladders()) == ""
    partly = {key: means for key, means in CELLS.items() if key[2] != "reference_2024"}
    del partly["cv5_ungrouped", "nested", "clean"]
    found = ladders(partly)
    assert "ungrouped folds (nested, clean); arithmetic reference_2024" in missing_sentence(found)
    ((_, sentence),) = attribution_sentences(found, analogous=False)
    assert "groups torn apart and the choice on the reported folds, not told apart" in sentence


def test_without_a_number_alone_the_rise_is_told() -> None:
    bare = {key: (None, both) for key, (_, both) in CELLS.items()}
    ((_, sentence),) = attribution_sentences(ladders(bare), analogous=False)
    assert sentence.startswith("Of the rise of +.340 that the arithmetic of 2023 reports")
    assert "the domain" not in sentence
    apart = {
        ("cv5_ungrouped", "nested", "clean"): (None, 0.46),
        ("cv5", "paper", "clean"): (None, 0.5),
    }
    ((_, sentence),) = attribution_sentences(ladders(apart), analogous=False)
    assert "nothing to compare" in sentence


def test_the_table_has_a_line_per_rung_and_brackets_only_where_known() -> None:
    shown = shown_ladders(ladders())
    assert len(shown) == 6
    line = shown.iloc[4]
    assert (line["number"], line["cause"]) == ("the same, arithmetic of 2023", "leak")
    assert line["R² known causes allow"] == ".520 to .620: above"
    assert "gain they allow" not in shown_ladders(ladders(oracle=None))


def test_figure_repeats_and_says_what_it_shows(tmp_path: Path) -> None:
    first, again = draw_attribution(ladders()), draw_attribution(ladders())
    vector, raster = save_figure(first, tmp_path / "attribution")
    assert svg_text(again) == vector.read_text(encoding="utf-8")
    assert raster.stat().st_size > 1000
    (axes,) = [a for a in first.figure.axes if a.get_visible()]
    assert [label.get_text() for label in axes.get_yticklabels()][-1] == "published"
    assert len(first.hints) == 6
    assert any("step +0.270" in hint and "leak" in hint for hint in first.hints.values())
    legend = [text.get_text() for text in first.figure.legends[0].get_texts()]
    assert "R² that known causes allow (oracle)" in legend
    plain = draw_attribution(
        with_published(ladders(oracle=None), load_published(), roles={}, kinds={})
    )
    words = [text.get_text() for text in plain.figure.legends[0].get_texts()]
    assert words == ["svr", "alone, under the same settings"]


def test_diverged_and_partial_ladders_are_drawn_or_left_out() -> None:
    wild = {**CELLS, ("cv5_ungrouped", "paper", "reference_2023"): (None, -40.0)}
    drawing = draw_attribution(ladders(wild, oracle=None), analogous=True)
    texts = [text.get_text().strip() for axes in drawing.figure.axes for text in axes.texts]
    assert any(text.startswith("−40") for text in texts)
    learners = pd.concat([metrics(), metrics(learner="elasticnet")], ignore_index=True)
    both = with_brackets(attribute_gains(learners), None)
    both = with_published(both, load_published(), roles={}, kinds={})
    assert draw_attribution(both).alt.count("elasticnet") == 6


def test_section_is_whole_and_absent_where_nothing_is_reported() -> None:
    section = attribution_section(Evidence("joint", metrics(), roles=ROLES, oracle=ORACLE))
    assert section is not None
    assert list(section.figures) == ["attribution"]
    assert section.tables["attribution"].frame["oracle_gain_place"].tolist()[-2:] == ["above"] * 2
    notes = " ".join(section.tables["attribution"].notes)
    assert "reference_2023" in notes  # the caveat of replayed rows
    honest = dict(itertools.islice(CELLS.items(), 1))
    assert attribution_section(Evidence("joint", metrics(honest), roles=ROLES)) is None
