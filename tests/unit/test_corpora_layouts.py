"""Adapters of published corpora, on small copies of their layouts; and pairwise preferences."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from affectmix.corpora import make_corpus
from affectmix.corpora.pairs import score_pairs
from affectmix.errors import ConfigError, CorpusError
from affectmix.schemas import LABELS
from affectmix.tables import check_table


def write(root: Path, files: dict[str, str]) -> None:
    """Write files under ``root``, with the folders they need."""
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content, encoding="utf-8")


def test_pmemo(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "chorus/1.mp3": "",
            "chorus/4.mp3": "",
            "chorus/5.mp3": "",
            "annotations/static_annotations.csv": (
                "musicId,Arousal(mean),Valence(mean)\n4,0.75,0.25\n1,0.4,0.575\n"
            ),
            "annotations/static_annotations_std.csv": (
                "musicId,Arousal(std),Valence(std)\n1,0.1,0.2\n4,0.3,0.4\n"
            ),
            "metadata.csv": 'musicId,title,artist\n1,X,2 Chainz\n4,"Y, Z",Adele\n5,W,Adele\n',
        },
    )
    corpus = make_corpus("pmemo", {"adapter": "pmemo", "root": str(tmp_path)})
    labels = corpus.labels()
    check_table(labels, LABELS, "labels")
    assert labels["clip_id"].tolist() == ["1", "4"]
    np.testing.assert_allclose(labels["arousal"], [-0.2, 0.5], atol=1e-15)
    np.testing.assert_allclose(labels["valence"], [0.15, -0.5], atol=1e-15)
    np.testing.assert_allclose(labels["arousal_sd"], [0.2, 0.6])
    assert labels["source"].tolist() == ["2 Chainz", "Adele"]
    assert corpus.clips()["path"].tolist() == ["chorus/1.mp3", "chorus/4.mp3"]
    assert [(p.kind, p.where) for p in corpus.problems()] == [("unlabelled", "5.mp3")]
    assert all(file.is_file() for file in corpus.label_files())


def iads_workbook(root: Path) -> None:
    """Write ``Sound Ratings.xlsx`` with three sounds; only the first sheet's means differ."""
    table = pd.DataFrame(
        {
            "Source": ["Expanded", "Expanded", "IADS"],
            "Category": ["Music", "Nature", "Animals"],
            "Sound ID": ["0004", "0004_2", "102"],
            "AroMN": [5.0, 7.0, 9.0],
            "AroSD": [2.0, 1.0, 1.0],
            "ValMN": [1.0, 5.0, 3.0],
            "ValSD": [1.0, 1.0, 1.0],
        }
    )
    with pd.ExcelWriter(root / "Sound Ratings.xlsx") as book:
        table.to_excel(book, sheet_name="SoundsAll", index=False)
        table.assign(ValMN=9.0).to_excel(book, sheet_name="SoundsMen", index=False)


def test_iads_e(tmp_path: Path) -> None:
    root, old = tmp_path / "e", tmp_path / "two"
    write(tmp_path, {"e/wav/0004.WAV": "", "e/mp3/0004_2.mp3": "", "two/102.wav": ""})
    iads_workbook(root)
    settings = {"adapter": "iads_e", "root": str(root)}
    plain = make_corpus("iads_e", settings)
    assert [(p.kind, p.where) for p in plain.problems()] == [
        ("missing", "Sound Ratings.xlsx:4 (102.wav)")
    ]
    corpus = make_corpus("iads_e", {**settings, "iads_2": str(old)})
    assert corpus.problems() == []
    clips = corpus.clips()
    assert clips["clip_id"].tolist() == ["0004", "0004_2", "102"]
    assert all(corpus.audio_path(path).is_file() for path in clips["path"])
    labels = corpus.labels()
    assert labels["arousal"].tolist() == [0, 0.5, 1]
    assert labels["valence"].tolist() == [-1, 0, -0.5]
    assert labels["arousal_sd"].tolist() == [0.5, 0.25, 0.25]
    assert labels["category"].tolist() == ["Music", "Nature", "Animals"]
    assert labels["source"].tolist() == ["IADS-E 0004", "IADS-E 0004", "IADS-E 102"]
    men = make_corpus("iads_e", {**settings, "raters": "men"})
    assert men.labels()["valence"].tolist() == [1, 1, 1]


def four_q_files() -> dict[str, str]:
    return {
        "Q1/MT1.mp3": "",
        "Q2/MT2.mp3": "",
        "Q3/MT3.mp3": "",
        "Q4/MT4.mp3": "",
        "panda_dataset_taffc_annotations.csv": "Song,Quadrant\nMT4,Q4\nMT1,Q1\nMT2,Q2\nMT3,Q3\n",
        "panda_dataset_taffc_metadata.csv": (
            '"Song","Artist","GenresStr"\n"MT1","A","Jazz; Blues"\n"MT2","B","Pop"\n'
            '"MT3","A",""\n"MT4","","Rap"\n'
        ),
    }


def test_four_q(tmp_path: Path) -> None:
    write(tmp_path, four_q_files())
    corpus = make_corpus("four_q", {"adapter": "four_q", "root": str(tmp_path)})
    labels = corpus.labels()
    check_table(labels, LABELS, "labels")
    assert labels["quadrant"].tolist() == ["Q1", "Q2", "Q3", "Q4"]
    assert labels["valence"].tolist() == [0.5, -0.5, -0.5, 0.5]
    assert labels["arousal"].tolist() == [0.5, 0.5, -0.5, -0.5]
    assert labels["category"].tolist() == ["Jazz", "Pop", None, "Rap"]
    assert labels["source"].tolist() == ["A", "B", "A", None]
    assert corpus.problems() == []
    wide = make_corpus("four_q", {"adapter": "four_q", "root": str(tmp_path), "corner": 1})
    assert wide.labels()["valence"].tolist() == [1, -1, -1, 1]
    with pytest.raises(ConfigError, match="corner is 2"):
        make_corpus("four_q", {"adapter": "four_q", "root": str(tmp_path), "corner": 2})


def test_four_q_in_the_wrong_folder_or_quadrant(tmp_path: Path) -> None:
    files = four_q_files()
    write(tmp_path, {**files, "Q1/MT5.mp3": ""})
    annotations = tmp_path / "panda_dataset_taffc_annotations.csv"
    annotations.write_text("Song,Quadrant\nMT1,Q2\nMT2,Q2\nMT5,Q7\n")
    corpus = make_corpus("four_q", {"adapter": "four_q", "root": str(tmp_path)})
    found = {problem.kind for problem in corpus.problems()}
    assert {"conflict", "out_of_scale"} <= found
    with pytest.raises(CorpusError, match="MT5"):
        corpus.labels()


def pairs_frame(rows: list[tuple[str, str]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["preferred", "other"]).astype(object)
    return table.assign(row=[f"x.csv:{i + 1}" for i in range(len(table))])


def test_two_clips_have_the_known_bradley_terry_score() -> None:
    scores, problems = score_pairs(pairs_frame([("a", "b")] * 3 + [("b", "a")]), alpha=1e-9)
    assert problems == []
    assert scores["a"] - scores["b"] == pytest.approx(np.log(3), abs=1e-4)
    assert scores.mean() == pytest.approx(0, abs=1e-12)


def test_scores_recover_the_order_and_do_not_depend_on_row_order() -> None:
    rng = np.random.default_rng(1)
    truth = np.linspace(-2, 2, 8)
    rows = []
    for _ in range(3000):
        i, j = rng.choice(8, 2, replace=False)
        first = rng.random() < 1 / (1 + np.exp(truth[j] - truth[i]))
        rows.append((f"c{i}", f"c{j}") if first else (f"c{j}", f"c{i}"))
    scores, _ = score_pairs(pairs_frame(rows), alpha=0.01)
    np.testing.assert_allclose(scores.to_numpy(), truth, atol=0.35)
    again, _ = score_pairs(pairs_frame([rows[i] for i in rng.permutation(3000)]), alpha=0.01)
    pd.testing.assert_series_equal(scores, again, check_exact=True)


def test_comparisons_that_cannot_be_used_are_reported() -> None:
    rows = [("a", "b"), ("b", "c"), ("a", "a"), ("x", "y"), ("a", None)]
    scores, problems = score_pairs(pairs_frame(rows), alpha=0.1)
    assert scores.index.tolist() == ["a", "b", "c"]
    assert [p.where.split()[0] for p in problems] == ["x.csv:5", "x.csv:3", "x.csv:4"]
    assert {p.kind for p in problems} == {"unusable_comparison"}


def test_pairs(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "Sounds/a.wav": "",
            "Sounds/b.wav": "",
            "Sounds/c.wav": "",
            "Sounds/d.wav": "",
            "p/V.csv": "a,b\nb,c\nc,a\na,c\n",
            "p/A.csv": "b,a\nb,c\nc,a\nb,e\n",
        },
    )
    settings = {
        "adapter": "pairs",
        "root": str(tmp_path),
        "audio": "Sounds",
        "preferences": {"valence": "p/V.csv", "arousal": "p/A.csv"},
    }
    corpus = make_corpus("pairs", settings)
    labels = corpus.labels().set_index("clip_id")
    assert labels.index.tolist() == ["a", "b", "c"]
    assert labels["arousal"].idxmax() == "b"
    assert labels["arousal"].idxmin() == "a"
    assert labels["valence"].idxmax() == "a"
    assert labels[["valence", "arousal"]].abs().to_numpy().max() < 1
    assert sorted((p.kind, p.where) for p in corpus.problems()) == [
        ("unlabelled", "(e)"),
        ("unlabelled", "d.wav"),
    ]
    only = make_corpus("pairs", {**settings, "preferences": {"arousal": "p/A.csv"}})
    assert only.labels()["valence"].isna().all()
    with pytest.raises(ConfigError, match="tension"):
        make_corpus("pairs", {**settings, "preferences": {"tension": "p/A.csv"}})


def test_of_two_rows_of_metadata_the_first_counts_and_the_second_is_told(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "chorus/1.mp3": "",
            "annotations/static_annotations.csv": (
                "musicId,Arousal(mean),Valence(mean)\n1,0.4,0.5\n"
            ),
            "annotations/static_annotations_std.csv": (
                "musicId,Arousal(std),Valence(std)\n1,0.1,0.2\n1,0.1,0.2\n"
            ),
            "metadata.csv": "musicId,title,artist\n1,X,Adele\n1,X,Sia\n",
        },
    )
    corpus = make_corpus("pmemo", {"adapter": "pmemo", "root": str(tmp_path)})
    assert corpus.labels()["source"].tolist() == ["Adele"]
    (problem,) = corpus.problems()
    assert (problem.kind, problem.where) == ("duplicated", "metadata.csv:3 (1)")


def test_four_q_without_a_quadrant_leaves_the_clip_out(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "Q1/A.mp3": "",
            "Q2/B.mp3": "",
            "panda_dataset_taffc_annotations.csv": "Song,Quadrant\nA,Q1\nB,\nC,\n",
            "panda_dataset_taffc_metadata.csv": "Song,Artist,GenresStr\nA,X,Pop\n",
        },
    )
    corpus = make_corpus("four_q", {"adapter": "four_q", "root": str(tmp_path)})
    assert corpus.labels()["clip_id"].tolist() == ["A"]
    assert {problem.kind for problem in corpus.problems()} == {"unlabelled"}
