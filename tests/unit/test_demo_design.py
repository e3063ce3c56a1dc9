"""The demo's tables: causes, labels, ratings and sections follow the written formula."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
from affectmix.corpora.demo.causes import draw_causes
from affectmix.corpora.demo.design import clip_ids, design, quadrants, ratings, sections
from affectmix.corpora.demo.formula import CAUSES, FORMULA, PARTS, TARGETS, clean_values, terms
from affectmix.errors import ConfigError

each_part = pytest.mark.parametrize("part", PARTS)


def by_hand(row: pd.Series, part: str, target: str) -> float:
    """Evaluate the formula for one row of causes without the package's own evaluation."""
    total = 0.0
    for term, coefficient in FORMULA[part][target].items():
        total += coefficient * np.prod([row[factor] for factor in term.split("*")])
    return float(total)


@each_part
@pytest.mark.parametrize("target", TARGETS)
def test_clean_values_are_the_written_formula(part: str, target: str) -> None:
    rows = sections(part=part, clips=20)
    table = design(part=part, clips=20).set_index("clip_id")
    expected = rows.apply(by_hand, axis=1, part=part, target=target)
    of_clip = expected.groupby(rows["clip_id"]).mean()
    np.testing.assert_allclose(table[f"{target}_clean"], of_clip, atol=1e-12)
    shift = (table[f"{target}_true"] - table[f"{target}_clean"]).loc[rows["clip_id"]].to_numpy()
    np.testing.assert_allclose(rows[target], expected + shift, atol=1e-12)


def test_formula_at_a_known_point() -> None:
    causes = np.zeros(len(CAUSES["music"]))
    causes[CAUSES["music"].index("loudness")] = 1.0
    causes[CAUSES["music"].index("tempo")] = -1.0
    valence, arousal = clean_values(causes, "music")
    assert valence == pytest.approx(-0.08 - 0.22)
    assert arousal == pytest.approx(0.42 - 0.34 - 0.06)


def test_terms_of_a_cause_the_part_lacks_are_zero() -> None:
    causes = np.ones((3, len(CAUSES["sounds"])))
    values = terms(causes, "sounds", ("mode", "mode*tempo", "tempo"))
    np.testing.assert_array_equal(values, [[0.0, 0.0, 1.0]] * 3)


@each_part
def test_formula_names_only_causes_of_its_part(part: str) -> None:
    named = {f for t in TARGETS for term in FORMULA[part][t] for f in term.split("*")}
    assert named == set(CAUSES[part])


@each_part
def test_labels_are_the_mean_and_spread_of_the_ratings(part: str) -> None:
    table = design(part=part, clips=30).set_index("clip_id")
    rows = ratings(part=part, clips=30)
    grouped = rows.groupby("clip_id")
    for target in TARGETS:
        np.testing.assert_allclose(table[target], grouped[target].mean(), atol=1e-12)
        np.testing.assert_allclose(table[f"{target}_sd"], grouped[target].std(), atol=1e-12)
    assert (grouped["rater"].nunique() == 10).all()
    assert set(rows["valence"] * 4) <= set(range(-4, 5))


@each_part
def test_labels_are_noisy_and_far_from_noise(part: str) -> None:
    table = design(part=part)
    for target in TARGETS:
        explained = np.corrcoef(table[f"{target}_clean"], table[target])[0, 1] ** 2
        assert 0.65 < explained < 0.92
        assert table[target].std() > 0.2
        assert abs(table[target].mean()) < 0.15


@each_part
def test_first_clips_do_not_depend_on_how_many_there_are(part: str) -> None:
    few, many = design(part=part, clips=12), design(part=part, clips=130)
    pd.testing.assert_frame_equal(few, many.head(12))
    pd.testing.assert_frame_equal(
        sections(part=part, clips=12),
        sections(part=part, clips=130).query("clip_id in @few.clip_id"),
    )


@each_part
def test_seed_decides_all_and_label_seed_only_the_labels(part: str) -> None:
    table = design(part=part, clips=40, seed=3)
    pd.testing.assert_frame_equal(table, design(part=part, clips=40, seed=3))
    relabelled = design(part=part, clips=40, seed=3, label_seed=4)
    causes = ["clip_id", "source", "category", *CAUSES[part]]
    pd.testing.assert_frame_equal(table[causes], relabelled[causes])
    assert (table["valence"] != relabelled["valence"]).mean() > 0.5
    reseeded = design(part=part, clips=40, seed=4)
    assert not np.allclose(table["loudness"], reseeded["loudness"])


@each_part
def test_sources_have_some_clips_each_and_an_effect_on_causes(part: str) -> None:
    table = design(part=part)
    sizes = table["source"].value_counts()
    assert len(sizes) == 40
    assert sizes.between(4, 12).all()
    assert sizes.median() == 6
    assert table.head(12)["source"].nunique() == 10  # enough groups for five folds of twelve
    between = table.groupby("source")["loudness"].transform("mean").var()
    shuffled = table["loudness"].sample(frac=1, random_state=0).to_numpy()
    chance = table.assign(x=shuffled).groupby("source")["x"].transform("mean").var()
    assert between > 1.5 * chance


def test_a_minority_of_music_sections_disagrees_with_the_label() -> None:
    labels = design(part="music").set_index("clip_id")["quadrant"]
    rows = sections(part="music")
    disagree = rows["quadrant"].to_numpy() != labels.loc[rows["clip_id"]].to_numpy()
    assert 0.2 < disagree.mean() < 0.35
    mode = rows.groupby("clip_id")["mode"].nunique()
    assert 0.1 < (mode == 2).mean() < 0.5


def test_varied_clips_have_one_section_that_turns_all_causes_round() -> None:
    plain, varied = (sections(part="music", clips=60, varied=share) for share in (0.0, 1.0))
    assert (varied["tempo"].abs() > plain["tempo"].abs()).all()  # stronger causes
    turned = (plain["tempo"] * varied["tempo"] < 0).to_numpy().reshape(60, 4)
    # A contrast may have turned the tempo of that section already, or that of another one.
    assert set(turned.sum(axis=1)) <= {0, 1, 2}
    assert turned.any(axis=1).mean() > 0.85
    pd.testing.assert_frame_equal(plain, sections(part="music", clips=60))
    some = sections(part="music", clips=60, varied=0.5)
    changed = (some["tempo"] != plain["tempo"]).to_numpy().reshape(60, 4).any(axis=1)
    assert 0.3 < changed.mean() < 0.7
    labels = design(part="music", clips=60, varied=1.0)
    clean = varied.groupby("clip_id")["arousal_clean"].mean().to_numpy()
    np.testing.assert_allclose(labels["arousal_clean"], clean)


@pytest.mark.parametrize(("part", "count"), [("music", 4), ("sounds", 1)])
def test_sections_fill_the_clip(part: str, count: int) -> None:
    rows = sections(part=part, clips=5, duration=30.0)
    assert list(rows["section"]) == list(range(count)) * 5
    first = rows.head(count)
    np.testing.assert_allclose(first["start_s"], np.arange(count) * 30.0 / count)
    np.testing.assert_allclose(first["end_s"], np.arange(1, count + 1) * 30.0 / count)


@each_part
def test_causes_use_their_whole_range(part: str) -> None:
    drawn = draw_causes(part=part, clips=240, seed=1).causes
    assert np.abs(drawn).max() <= 1.0
    assert (drawn.min(axis=(0, 1)) < -0.9).all()
    assert (drawn.max(axis=(0, 1)) > 0.9).all()


def test_quadrants_number_the_plane_and_put_zero_low() -> None:
    points = np.array([[0.1, 0.1], [-0.1, 0.1], [-0.1, -0.1], [0.1, -0.1], [0.0, 0.0]])
    assert quadrants(points) == ["Q1", "Q2", "Q3", "Q4", "Q3"]


def test_ids_are_sorted_also_beyond_a_thousand() -> None:
    ids = clip_ids("music", 12_000)
    assert ids == sorted(ids)
    assert ids[0] == "music_00000"


@pytest.mark.parametrize(("part", "clips"), [("noise", 10), ("music", 0)])
def test_impossible_designs_are_errors(part: str, clips: int) -> None:
    with pytest.raises(ConfigError, match="choose"):
        design(part=part, clips=clips)


def test_design_is_fast_enough_to_be_called_at_every_start() -> None:
    start = time.process_time()
    design(part="music", seed=987_654)
    assert time.process_time() - start < 0.2
