"""The table adapter: dialects of CSV, scales, raters, joined tables, and all its faults."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from affectmix.corpora import make_corpus
from affectmix.corpora.base import Corpus
from affectmix.errors import ConfigError, CorpusError
from affectmix.schemas import LABELS, RATINGS
from affectmix.tables import check_table

PLAIN = "path,valence,arousal\na.wav,1,9\nb.wav,5,5\nc.wav,9,1\n"


def corpus(root: Path, content: str | bytes = PLAIN, **settings: Any) -> Corpus:
    """Make a table corpus of ``content``; audio a, b and c exist, as empty files."""
    data = content.encode() if isinstance(content, str) else content
    (root / "labels.csv").write_bytes(data)
    for name in "abc":
        (root / f"{name}.wav").touch()
    complete: Mapping[str, Any] = {
        "adapter": "table",
        "root": str(root),
        "labels": "labels.csv",
        "scale": [1, 9],
        **settings,
    }
    return make_corpus("mine", complete)


def kinds(found: Corpus) -> list[tuple[str, str]]:
    return [(problem.kind, problem.where) for problem in found.problems()]


def test_scale_is_mapped_to_minus_one_and_one(tmp_path: Path) -> None:
    found = corpus(tmp_path)
    labels = found.labels()
    check_table(labels, LABELS, "labels")
    assert labels["clip_id"].tolist() == ["a", "b", "c"]
    assert labels["valence"].tolist() == [-1, 0, 1]
    assert labels["arousal"].tolist() == [1, 0, -1]
    assert found.clips()["path"].tolist() == ["a.wav", "b.wav", "c.wav"]
    assert found.ratings() is None
    assert found.problems() == []


def test_each_target_may_have_its_own_scale_and_sd_is_scaled_with_it(tmp_path: Path) -> None:
    content = "path,valence,arousal,valence_sd,arousal_sd\na.wav,7,50,2,10\n"
    scale = {"valence": [1, 9], "arousal": [0, 100]}
    labels = corpus(tmp_path, content, scale=scale).labels()
    values = labels[["valence", "arousal", "valence_sd", "arousal_sd"]].iloc[0].tolist()
    assert values == [0.5, 0.0, 0.5, 0.2]


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + "path,valence,arousal,source\na.wav,2,3,Beyoncé\n".encode(),
        "path,valence,arousal,source\na.wav,2,3,Beyoncé\n".encode("cp1252"),
        "path\tvalence\tarousal\tsource\na.wav\t2\t3\tBeyoncé\n".encode("utf-16"),
        "path,valence,arousal,source\na.wav,2,3,Beyoncé\n".encode("utf-32"),
        "path;valence;arousal;source\na.wav;2,0;3,0;Beyoncé\n".encode(),
        "path|valence|arousal|source\r\na.wav|2|3|Beyoncé\r\n".encode(),
        'path, valence, arousal, source\n"a.wav", 2, 3, "Beyoncé"\n\n'.encode(),
    ],
)
def test_common_dialects_are_understood(tmp_path: Path, content: bytes) -> None:
    labels = corpus(tmp_path, content).labels()
    assert labels[["valence", "arousal"]].iloc[0].tolist() == [-0.75, -0.5]
    assert labels["source"].iloc[0] == "Beyoncé"


@pytest.mark.parametrize("suffix", [".parquet", ".xlsx"])
def test_parquet_and_excel(tmp_path: Path, suffix: str) -> None:
    table = pd.DataFrame({"path": ["a.wav"], "V": [2.0], "A": [3], "who": [12.0]})
    file = tmp_path / f"l{suffix}"
    table.to_parquet(file) if suffix == ".parquet" else table.to_excel(file, index=False)
    columns = {"valence": "V", "arousal": "A", "source": "who"}
    labels = corpus(tmp_path, labels=file.name, columns=columns).labels()
    assert labels.iloc[0][["valence", "arousal", "source"]].tolist() == [-0.75, -0.5, "12"]


def test_ratings_become_labels_and_rows_may_come_in_any_order(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = [
        f"{clip}.wav,{rater},{rng.uniform(1, 9)!r},{rng.uniform(1, 9)!r}\n"
        for clip in "abc"
        for rater in range(12)
    ]
    head = "path,rater,valence,arousal\n"
    first = corpus(tmp_path, head + "".join(rows))
    labels, ratings = first.labels(), first.ratings()
    assert ratings is not None
    check_table(ratings, RATINGS, "ratings")
    assert len(ratings) == 36
    of_a = ratings.loc[ratings["clip_id"] == "a", "valence"]
    assert labels["valence"].iloc[0] == pytest.approx(of_a.mean(), abs=1e-15)
    assert labels["valence_sd"].iloc[0] == pytest.approx(of_a.std(ddof=1), abs=1e-15)
    shuffled = [rows[i] for i in rng.permutation(len(rows))]
    again = corpus(tmp_path, head + "".join(shuffled))
    pd.testing.assert_frame_equal(labels, again.labels(), check_exact=True)


def test_a_rater_may_leave_one_answer_out(tmp_path: Path) -> None:
    content = "path,rater,valence,arousal\na.wav,1,1,\na.wav,2,9,5\n"
    found = corpus(tmp_path, content)
    assert found.labels()[["valence", "arousal"]].iloc[0].tolist() == [0, 0]
    assert found.labels()["arousal_sd"].isna().all()


def test_tables_without_header_are_joined_by_path(tmp_path: Path) -> None:
    (tmp_path / "arousal.csv").write_text("b.wav,9\na.wav,1\n")
    labels = [
        {"file": "labels.csv", "columns": ["path", None, "valence"]},
        {"file": "arousal.csv", "columns": ["path", "arousal"]},
    ]
    found = corpus(tmp_path, "a.wav,x,5\nb.wav,x,9\nc.wav,x,1\n", labels=labels)
    assert found.labels()[["clip_id", "valence", "arousal"]].to_numpy().tolist() == [
        ["a", 0, -1],
        ["b", 1, 1],
    ]
    assert kinds(found) == [("unlabelled", "labels.csv:3 (c.wav)")]


def test_a_clip_table_may_join_a_table_of_ratings(tmp_path: Path) -> None:
    (tmp_path / "clips.csv").write_text("path,source\na.wav,X\nb.wav,Y\nb.wav,Z\n")
    content = "path,rater,valence,arousal\na.wav,1,1,1\na.wav,2,9,1\nb.wav,1,5,5\n"
    found = corpus(tmp_path, content, labels=["labels.csv", "clips.csv"])
    assert kinds(found)[0] == ("duplicate_id", "clips.csv:4")
    (tmp_path / "clips.csv").write_text("path,source\na.wav,X\nb.wav,Y\n")
    found = corpus(tmp_path, content, labels=["labels.csv", "clips.csv"])
    assert found.labels()["source"].tolist() == ["X", "Y"]
    ratings = found.ratings()
    assert ratings is not None
    assert len(ratings) == 3


def test_all_faults_in_one_list(tmp_path: Path) -> None:
    (tmp_path / "new.wav").touch()
    content = (
        "path,valence,arousal\na.wav,10,5\nb.wav,x,5\nb2.wav,5,5\n,5,5\n../z.wav,5,5\n"
        "c.wav,5,5\nc.wav,6,6\nC:\\d.wav,5,5\ne.wav,,5\n"
    )
    found = corpus(tmp_path, content)
    assert sorted(kinds(found)) == [
        ("duplicate_id", "labels.csv:8 (c.wav)"),
        ("missing", "labels.csv:4 (b2.wav)"),
        ("missing_id", "labels.csv:5"),
        ("not_a_number", "labels.csv:3 (b.wav)"),
        ("out_of_scale", "labels.csv:2 (a.wav)"),
        ("outside_root", "labels.csv:6 (../z.wav)"),
        ("outside_root", "labels.csv:9 (C:\\d.wav)"),
        ("unlabelled", "labels.csv:10 (e.wav)"),
        ("unlabelled", "new.wav"),
    ]
    by_kind = {problem.kind: problem.message for problem in found.problems()}
    assert "'10'" in by_kind["out_of_scale"]
    assert "1 to 9" in by_kind["out_of_scale"]
    assert "labels.csv:7" in by_kind["duplicate_id"]
    with pytest.raises(CorpusError, match="6 problems"):
        found.labels()
    with pytest.raises(CorpusError):
        found.clips()


def test_missing_audio_is_reported_but_labels_can_be_used(tmp_path: Path) -> None:
    found = corpus(tmp_path, PLAIN + "x/A.WAV,2,2\n")
    assert len(found.labels()) == 4
    (problem,) = found.problems()
    assert problem.kind == "missing"
    assert "'a.wav' is there" in problem.message


def test_paths_are_found_without_extension_with_backslashes_and_in_any_composition(
    tmp_path: Path,
) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "cafe\u0301 -'\".wav").touch()
    content = 'path,valence,arousal\na,5,5\n"sub\\caf\u00e9 -\'"".wav",5,5\n'
    found = corpus(tmp_path, content, columns={"path": "path"})
    paths = found.clips()["path"].tolist()
    assert paths == ["a.wav", "sub/cafe\u0301 -'\".wav"]
    assert found.audio_path(paths[1]).is_file()


def test_file_names_in_another_encoding_can_be_printed(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.wav")).touch()
    (problem,) = corpus(tmp_path).problems()
    assert str(problem).encode("utf-8").startswith("caf\ufffd.wav: unlabelled".encode())


def test_no_audio_at_all_is_one_problem(tmp_path: Path) -> None:
    (tmp_path / "sounds").mkdir()
    rows = "".join(f"{i}.wav,5,5\n" for i in range(9))
    found = corpus(tmp_path, "path,valence,arousal\n" + rows, audio="sounds")
    assert [kind for kind, _ in kinds(found)] == ["missing"]
    assert len(found.clips()) == 9
    assert found.clips()["path"].iloc[0] == "sounds/0.wav"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("path,valence,arousal\n", "empty"),
        ("", "unreadable"),
        ("file,valence,arousal\na.wav,1,1\n", "missing_column"),
        ("path,mood\na.wav,1\n", "missing_column"),
        ("path,valence,arousal\na.wav,1,1,1\nb.wav,1\n", "unreadable"),
    ],
)
def test_unusable_label_files(tmp_path: Path, content: str, kind: str) -> None:
    found = corpus(tmp_path, content)
    assert kind in [k for k, _ in kinds(found)]
    with pytest.raises(CorpusError):
        found.labels()


def test_missing_folder_and_file_are_problems_not_crashes(tmp_path: Path) -> None:
    assert kinds(corpus(tmp_path, labels="none.csv"))[0][0] == "missing"
    settings = {"adapter": "table", "root": str(tmp_path / "nowhere"), "labels": "x.csv"}
    found = make_corpus("mine", settings)
    assert [kind for kind, _ in kinds(found)] == ["missing"]
    with pytest.raises(CorpusError, match="nowhere"):
        found.clips()


def test_missing_column_names_the_nearest(tmp_path: Path) -> None:
    found = corpus(tmp_path, columns={"valence": "valense"})
    assert "did you mean 'valence'" in found.problems()[0].message


@pytest.mark.parametrize(
    "settings",
    [
        {"scale": [9, 1]},
        {"scale": [1]},
        {"scale": {"valence": [1, 9]}},
        {"columns": {"valance": "V"}},
        {"columns": ["path", "path"]},
        {"labels": []},
        {"labels": [{"fil": "x"}]},
        {"labels": [{"file": "x", "heder": False}]},
    ],
)
def test_settings_that_cannot_be_used(tmp_path: Path, settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"corpora\.mine"):
        corpus(tmp_path, **settings)


def test_home_is_where_a_relative_root_starts(tmp_path: Path) -> None:
    corpus(tmp_path)
    settings = {"adapter": "table", "root": tmp_path.name, "labels": "labels.csv", "scale": [1, 9]}
    assert len(make_corpus("mine", settings, home=tmp_path.parent).labels()) == 3


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_a_column_that_stands_twice_is_refused(tmp_path: Path, suffix: str) -> None:
    rows = [["path", "valence", "arousal", "valence"], ["a.wav", 1, 5, 9]]
    file = tmp_path / f"l{suffix}"
    table = pd.DataFrame(rows)
    if suffix == ".csv":
        table.to_csv(file, index=False, header=False)
    else:
        table.to_excel(file, index=False, header=False)
    found = corpus(tmp_path, labels=file.name)
    assert kinds(found) == [("repeated_column", file.name)]
    with pytest.raises(CorpusError, match="'valence' stands 2 times"):
        found.labels()


def test_a_column_in_capitals_is_not_passed_over(tmp_path: Path) -> None:
    content = "path,valence,arousal,Source\na.wav,5,5,X\n"
    with pytest.raises(CorpusError, match=r"'Source' is not 'source'.*under 'columns'"):
        corpus(tmp_path, content).labels()
    named = corpus(tmp_path, content, columns={"source": "Source"})
    assert named.labels()["source"].tolist() == ["X"]


@pytest.mark.parametrize("name", ["l.xlsx", "l.parquet"])
def test_damaged_workbooks_and_parquet_files_are_unreadable(tmp_path: Path, name: str) -> None:
    table = pd.DataFrame({"path": ["a.wav", "b.wav"], "valence": [2.0, 3.0], "arousal": [3, 4]})
    file = tmp_path / name
    table.to_parquet(file) if name == "l.parquet" else table.to_excel(file, index=False)
    whole = file.read_bytes()
    for place in range(0, len(whole), max(1, len(whole) // 40)):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        found = corpus(tmp_path, labels=name)
        assert all(problem.message for problem in found.problems())


def test_zero_bytes_are_refused(tmp_path: Path) -> None:
    for content in (PLAIN.encode("utf-16-le"), PLAIN.replace("5", "\0", 1).encode()):
        found = corpus(tmp_path, content)
        assert [kind for kind, _ in kinds(found)] == ["unreadable"]
        assert "zero bytes" in found.problems()[0].message


def test_a_cell_longer_than_any_path_is_a_missing_file(tmp_path: Path) -> None:
    found = corpus(tmp_path, PLAIN + "x" * 10_000 + ",5,5\n")
    (problem,) = found.problems()
    assert problem.kind == "missing"
    assert len(found.labels()) == 4


@pytest.mark.parametrize(
    "settings",
    [{"scale": [1, float("inf")]}, {"scale": [float("nan"), 9]}, {"root": "~no-such-user/x"}],
)
def test_numbers_without_end_and_unknown_homes_are_refused(settings: dict[str, Any]) -> None:
    complete = {"adapter": "table", "root": ".", "labels": "labels.csv", **settings}
    with pytest.raises(ConfigError, match=r"corpora\.mine"):
        make_corpus("mine", complete)


def test_a_column_that_is_given_as_null_takes_our_own_name(tmp_path: Path) -> None:
    assert len(corpus(tmp_path, columns={"valence": None}).labels()) == 3


def test_missing_values_of_parquet_are_empty_cells(tmp_path: Path) -> None:
    table = pd.DataFrame({"path": ["a.wav", "b.wav"], "valence": [2, None], "arousal": [3, 4]})
    table.astype({"valence": "Int64"}).to_parquet(tmp_path / "l.parquet")
    found = corpus(tmp_path, labels="l.parquet")
    assert ("unlabelled", "l.parquet:3 (b.wav)") in kinds(found)
