"""Emotify: from listeners' votes for emotions to quadrants, and the listeners themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from affectmix.corpora import make_corpus
from affectmix.corpora.base import Corpus
from affectmix.corpora.emotify import EMOTIONS
from affectmix.errors import ConfigError, CorpusError
from affectmix.schemas import LABELS, RATINGS
from affectmix.tables import check_table

HEADER = "track id, genre, " + ", ".join(EMOTIONS) + ", mood, liked, disliked, age, gender,"
HEADER += " mother tongue"


def row(track: int | str, genre: str, *emotions: str, votes: str = "1") -> str:
    """Return one listener's line of ``data.csv``."""
    cells = [votes if name in emotions else "0" for name in EMOTIONS]
    return f"{track},{genre},{','.join(cells)},3,1,0,21,1,Dutch"


def corpus_of(root: Path, rows: list[str], **settings: Any) -> Corpus:
    (root / "data.csv").write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return make_corpus("emotify", {"adapter": "emotify", "root": str(root), **settings})


ROWS = [
    row(1, "classical", "calmness"),
    row(1, "classical", "calmness", "sadness"),
    row(1, "classical", "sadness", "calmness"),
    row(102, "rock", "power", "tension"),
    row(102, "rock", "tension"),
    row(102, "rock"),
    row(400, "pop", "sadness"),
]


def test_the_most_voted_emotion_gives_quadrant_and_corner(tmp_path: Path) -> None:
    labels = corpus_of(tmp_path, ROWS).labels()
    check_table(labels, LABELS, "labels")
    assert labels["clip_id"].tolist() == ["1", "102", "400"]
    assert labels["quadrant"].tolist() == ["Q4", "Q2", "Q3"]
    assert labels["valence"].tolist() == [0.5, -0.5, -0.5]
    assert labels["arousal"].tolist() == [-0.5, 0.5, -0.5]
    assert labels["category"].tolist() == ["classical", "rock", "pop"]


def test_files_are_numbered_anew_in_each_genre(tmp_path: Path) -> None:
    clips = corpus_of(tmp_path, ROWS).clips()
    assert clips["path"].tolist() == ["classical/1.mp3", "rock/2.mp3", "pop/100.mp3"]


def test_of_equal_emotions_that_of_the_fuller_quadrant_counts_then_the_first(
    tmp_path: Path,
) -> None:
    rows = [
        row(1, "pop", "power"),
        row(1, "pop", "power", "tension"),
        row(1, "pop", "tension"),
        row(2, "pop", "sadness", "tenderness"),
        row(2, "pop", "sadness", "tenderness", "nostalgia"),
        row(3, "pop", "tension", "sadness"),
    ]
    labels = corpus_of(tmp_path, [*rows, row(1, "pop", "joyful_activation")]).labels()
    # 1: power and tension have two votes each, and joy makes Q1 fuller; 2: nostalgia Q4;
    # 3: nothing tells tension from sadness, and tension stands first.
    assert labels["quadrant"].tolist() == ["Q1", "Q4", "Q2"]


def test_the_map_can_be_changed(tmp_path: Path) -> None:
    own = corpus_of(tmp_path, ROWS, quadrants={"calmness": "Q1"}, corner=1)
    assert own.labels()["quadrant"].tolist()[0] == "Q1"
    assert own.labels()["arousal"].tolist()[0] == 1
    with pytest.raises(ConfigError, match=r"quadrants has 'calm': 'Q1'; allowed are"):
        corpus_of(tmp_path, ROWS, quadrants={"calm": "Q1"})
    with pytest.raises(ConfigError, match="corner is 0"):
        corpus_of(tmp_path, ROWS, corner=0)


def test_every_row_with_a_vote_is_a_listener(tmp_path: Path) -> None:
    ratings = corpus_of(tmp_path, ROWS).ratings()
    assert ratings is not None
    check_table(ratings, RATINGS, "ratings")
    assert len(ratings) == 6
    assert ratings["rater"].is_unique
    assert ratings["rater"].tolist()[0] == "00002-21-1-Dutch"
    np.testing.assert_allclose(ratings["valence"], [0.5, 0, 0, 0, -0.5, -0.5])
    np.testing.assert_allclose(ratings["arousal"], [-0.5, -0.5, -0.5, 0.5, 0.5, -0.5])
    assert ratings[list(EMOTIONS)].sum().sum() == 9


def test_profiles_that_never_rate_a_clip_twice_are_raters(tmp_path: Path) -> None:
    def of(person: str, track: int, *emotions: str) -> str:
        return row(track, "pop", *emotions).replace("21,1,Dutch", person)

    rows = [of("30,0,Malay", 301, "power"), of("30,0,Malay", 302, "sadness", "tension")]
    rows += [of("40,1,Dutch", 301, "power"), of("40,1,Dutch", 301), of("40,1,Dutch", 302, "power")]
    ratings = corpus_of(tmp_path, rows, raters="profiles").ratings()
    assert ratings is not None
    check_table(ratings, RATINGS, "ratings")
    assert ratings["rater"].tolist() == ["30-0-Malay"] * 2
    assert ratings["clip_id"].tolist() == ["301", "302"]


def test_rows_in_another_order_give_the_same_labels(tmp_path: Path) -> None:
    once = corpus_of(tmp_path, ROWS).labels()
    again = corpus_of(tmp_path, ROWS[::-1]).labels()
    assert once.equals(again)


def test_bad_votes_tracks_and_genres_are_faults(tmp_path: Path) -> None:
    rows = [
        *ROWS,
        row(5, "pop", "power", votes="2"),
        row(6, "pop", "power", votes="x"),
        row("pop", "pop", "power"),
        row(400, "rock", "power"),
    ]
    corpus = corpus_of(tmp_path, rows)
    found = {(problem.where.split()[0], problem.kind) for problem in corpus.problems()}
    lines = {("data.csv:9", "out_of_scale"), ("data.csv:10", "out_of_scale")}
    assert lines | {("data.csv:11", "out_of_scale"), ("data.csv", "conflict")} <= found
    with pytest.raises(CorpusError, match="power is '2'; allowed is 0 or 1"):
        corpus.labels()


def test_a_clip_without_any_vote_is_left_out(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, [*ROWS, row(7, "classical")])
    assert "7" not in corpus.labels()["clip_id"].tolist()
    assert ("unlabelled", "7.mp3") in {
        (problem.kind, problem.where.split("/")[-1].rstrip(")")) for problem in corpus.problems()
    }
