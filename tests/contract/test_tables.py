"""Errors say everything at once; tables are checked both ways and never half written."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from affectmix import parquet
from affectmix.errors import (
    AffectMixError,
    AudioError,
    ConfigError,
    CorpusError,
    LeakError,
    Problem,
    TableError,
)
from affectmix.files import write_csv, write_json, write_text
from affectmix.schemas import FEATURES, GROUPS, LABELS, SPLITS, TRAIN_ROWS
from affectmix.tables import Column, Schema, check_table, read_table, write_table

NOTED = Schema(
    "noted",
    {"name": Column(pa.string()), "score": Column(pa.float64(), nullable=True, low=0.0)},
    key=("name",),
    metadata={"unit": "points"},
)


def labels(**changes: object) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "clip_id": ["b", "a"],
            "valence": [0.5, -1.0],
            "arousal": [np.nan, 1.0],
            "valence_sd": [0.1, np.nan],
            "arousal_sd": [0.2, 0.0],
            "quadrant": [None, "Q2"],
            "category": ["Music", None],
            "source": ["someone", None],
        }
    )
    return frame.assign(**changes)


def test_every_error_is_one_the_user_can_mend() -> None:
    for kind in (AudioError, ConfigError, CorpusError, LeakError, TableError):
        assert issubclass(kind, AffectMixError)


def test_a_corpus_error_lists_all_problems_sorted() -> None:
    problems = [
        Problem("b.wav", "silent", "is all zeros; leave it out"),
        Problem("a.wav", "missing", "no such file; add it"),
    ]
    error = CorpusError("mine", problems)
    assert str(error).splitlines() == [
        "corpus 'mine' has 2 problems:",
        "  - a.wav: missing: no such file; add it",
        "  - b.wav: silent: is all zeros; leave it out",
    ]
    assert error.corpus == "mine"
    assert error.problems == tuple(sorted(problems))
    assert "has 1 problem:" in str(CorpusError("mine", problems[:1]))


def test_a_table_comes_back_as_it_was_sorted_by_its_key(tmp_path: Path) -> None:
    path = tmp_path / "new" / "labels.parquet"
    write_table(labels(), path, LABELS)
    read = read_table(path, LABELS)
    assert read["clip_id"].tolist() == ["a", "b"]
    assert read["valence"].tolist() == [-1.0, 0.5]
    assert read["quadrant"].isna().tolist() == [False, True]
    assert list(read.columns) == list(LABELS.columns)
    assert [found.name for found in path.parent.iterdir()] == ["labels.parquet"]


def test_the_order_of_rows_and_columns_leaves_no_trace(tmp_path: Path) -> None:
    frame = labels()
    write_table(frame, tmp_path / "one.parquet", LABELS)
    write_table(frame.iloc[::-1, ::-1], tmp_path / "two.parquet", LABELS)
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


def test_metadata_and_types_are_those_declared(tmp_path: Path) -> None:
    write_table(pd.DataFrame({"name": ["x"], "score": [1]}), tmp_path / "n.parquet", NOTED)
    schema = pq.read_schema(tmp_path / "n.parquet")
    assert schema.metadata[b"affectmix_table"] == b"noted"
    assert schema.metadata[b"unit"] == b"points"
    assert schema.field("score").type == pa.float64()
    assert schema.field("score").nullable
    assert not schema.field("name").nullable


def test_further_columns_where_the_schema_has_a_type_for_them(tmp_path: Path) -> None:
    frame = pd.DataFrame({"clip_id": ["a"], "f": np.array([np.nan], np.float32), "g": [np.inf]})
    write_table(frame, tmp_path / "f.parquet", FEATURES)
    read = read_table(tmp_path / "f.parquet", FEATURES)
    assert read.dtypes[["f", "g"]].tolist() == [np.float32, np.float32]
    assert np.isnan(read["f"][0])
    assert read["g"][0] == np.inf


def test_an_empty_table_is_a_table(tmp_path: Path) -> None:
    write_table(labels()[:0], tmp_path / "none.parquet", LABELS)
    assert read_table(tmp_path / "none.parquet", LABELS).empty


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"valence": [0.5, -1.01]}, "'valence' has -1.01; least allowed is -1"),
        ({"arousal": [0.0, np.inf]}, "'arousal' has inf; most allowed is 1"),
        ({"arousal_sd": [-0.1, 0.0]}, "'arousal_sd' has -0.1; least allowed is 0"),
        ({"valence": ["much", 0.0]}, "'valence' has values that are not numbers"),
        ({"quadrant": ["Q5", None]}, "'quadrant' has 'Q5'; allowed are ('Q1', 'Q2', 'Q3', 'Q4')"),
        ({"clip_id": ["a", None]}, "'clip_id' has 1 nulls"),
        ({"clip_id": ["a", 7]}, "'clip_id' has 7, which is not text"),
        ({"clip_id": ["a", "a"]}, "1 rows repeat the key {'clip_id': 'a'}"),
        ({"mood": ["x", "y"]}, "unknown columns ['mood']"),
    ],
)
def test_what_a_table_may_not_hold(changes: dict[str, object], said: str, tmp_path: Path) -> None:
    with pytest.raises(TableError) as caught:
        write_table(labels(**changes), tmp_path / "bad.parquet", LABELS)
    assert said in str(caught.value)
    assert str(caught.value).startswith(f"{tmp_path / 'bad.parquet'}: not a valid labels table: ")
    assert not list(tmp_path.iterdir())


def test_all_faults_are_named_at_once() -> None:
    frame = labels(valence=[3.0, 0.0], arousal=[0.0, -3.0]).drop(columns="source")
    with pytest.raises(TableError) as caught:
        check_table(frame, LABELS, where="here")
    for said in ("'valence' has 3", "'arousal' has -3", "'source' is missing"):
        assert said in str(caught.value)


def test_a_key_of_several_columns() -> None:
    frame = pd.DataFrame({"corpus": ["x", "y"], "clip_id": ["a", "a"], "group": ["1", "1"]})
    check_table(frame, GROUPS, where="here")
    with pytest.raises(TableError, match="repeat the key"):
        check_table(frame.assign(corpus="x"), GROUPS, where="here")


def test_bounds_are_allowed_values() -> None:
    frame = pd.DataFrame(
        {"clip_id": ["a", "b"], "repeat": 0, "fold": 0, "class": 0, "priority": [0.0, 1.0]}
    )
    check_table(frame, SPLITS, where="here")
    with pytest.raises(TableError, match="least allowed is 1"):
        rows = pd.DataFrame({"corpus": ["x"], "clip_id": ["a"], "copies": [0]})
        check_table(rows, TRAIN_ROWS, where="here")


def test_a_file_that_is_no_table_is_named_with_the_way_out(tmp_path: Path) -> None:
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1")
    for path in (broken, tmp_path / "gone.parquet"):
        with pytest.raises(TableError, match=rf"{path.name}: not a readable.*run snakemake again"):
            read_table(path, LABELS)


def test_a_table_altered_by_hand_is_found_when_read(tmp_path: Path) -> None:
    altered = labels(valence=[5.0, 0.0])
    altered.to_parquet(tmp_path / "labels.parquet")
    with pytest.raises(TableError, match="altered after it was written"):
        read_table(tmp_path / "labels.parquet", LABELS)


def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "labels.parquet"
    write_table(labels(), path, LABELS)
    before = path.read_bytes()

    def half(table: pa.Table, where: Path, **_: object) -> None:
        Path(where).write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(parquet.pq, "write_table", half)
    with pytest.raises(OSError, match="disk full"):
        write_table(labels(valence=[0.0, 0.0]), path, LABELS)
    assert path.read_bytes() == before


def test_text_json_and_csv(tmp_path: Path) -> None:
    write_text("märz\n", tmp_path / "deep" / "a.txt")
    write_json({"b": [1], "a": None}, tmp_path / "a.json")
    write_csv(pd.DataFrame({"x": [1, 2]}), tmp_path / "a.csv")
    assert (tmp_path / "deep" / "a.txt").read_bytes() == "märz\n".encode()
    assert (tmp_path / "a.json").read_text() == '{\n "a": null,\n "b": [\n  1\n ]\n}\n'
    assert (tmp_path / "a.csv").read_text() == "x\n1\n2\n"
    assert sorted(found.name for found in tmp_path.iterdir()) == ["a.csv", "a.json", "deep"]
