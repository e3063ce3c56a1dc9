"""Files of the results in which something was altered after they were written."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile
from affectmix.errors import AffectMixError, AudioError, FileError, TableError
from affectmix.files import read_json, read_sealed, write_json, write_sealed
from affectmix.parquet import read_metadata, read_parquet, write_parquet
from affectmix.schemas import STEM_FILES
from affectmix.stems.check import check_stems
from affectmix.stems.flac import writing_stems
from affectmix.tables import write_table


def write_small(path: Path) -> pa.Table:
    rng = np.random.default_rng(0)
    table = pa.table({"name": list("abcdef"), "loudness": rng.normal(size=6)})
    table = table.replace_schema_metadata({"recipe": "hop 512"})
    write_parquet(table, path, dictionaries=["name"])
    return table


def test_no_altered_bit_of_a_table_goes_unnoticed(tmp_path: Path) -> None:
    path, draw = tmp_path / "t.parquet", random.Random(0)
    expected = write_small(path)
    first = read_parquet(path, what="table")
    whole, refused = path.read_bytes(), 0
    for place in range(len(whole)):
        altered = bytearray(whole)
        altered[place] ^= 1 << draw.randrange(8)
        path.write_bytes(bytes(altered))
        try:
            found = read_parquet(path, what="table")
            told = read_metadata(path, what="table")
        except TableError as error:
            assert str(path) in str(error)
            assert "Delete the file and run snakemake again" in str(error)
            refused += 1
        else:
            assert found.equals(expected), place
            assert found.column_names == expected.column_names, place
            assert found.schema.metadata == first.schema.metadata, place
            assert told[b"recipe"] == b"hop 512", place
    assert refused > len(whole) / 3


@pytest.mark.parametrize("length", [0, 4, 100, -1])
def test_a_cut_table_is_refused(tmp_path: Path, length: int) -> None:
    path = tmp_path / "t.parquet"
    write_small(path)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(TableError, match="not a readable table"):
        read_parquet(path, what="table")


def test_an_altered_search_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "search.json"
    data = {"points": {"valence": {"C": 0.1}}, "report": {3: [1.5, None], 20: "a"}}
    write_sealed(data, path)
    assert read_sealed(path)["report"] == {"3": [1.5, None], "20": "a"}
    path.write_text(path.read_text().replace("0.1", "0.2"))
    with pytest.raises(FileError, match=r"was altered.*Delete the file"):
        read_sealed(path)
    write_json(data, path)
    with pytest.raises(FileError, match="was altered"):
        read_sealed(path)
    path.write_text("{")
    with pytest.raises(FileError, match="not readable as JSON"):
        read_json(path)


def test_damaged_stems_are_told_from_those_that_never_were(tmp_path: Path) -> None:
    table = tmp_path / "stems" / "0.parquet"
    rows = pd.DataFrame({"clip_id": ["a", "b", "c"], "status": ["ok", "ok", "missing"]})
    write_table(rows.reindex(columns=list(STEM_FILES.columns)), table, STEM_FILES)
    check_stems(table, ["a", "b"])
    with pytest.raises(AudioError, match=r"stems/0/b: .*Delete .*stems/0 and run snakemake again"):
        check_stems(table, ["a"])


def test_stems_that_a_full_disk_cut_do_not_get_their_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """libsndfile says nothing when the disk is full as it closes a file."""
    folder, mix = tmp_path / "clip", np.zeros((1, 9000), dtype=np.float32)
    closing = soundfile.SoundFile.close

    def close_and_cut(file: soundfile.SoundFile) -> None:
        cut = not file.closed and file.mode == "w" and "bass" in file.name
        closing(file)
        name = Path(file.name)
        if cut:
            name.write_bytes(name.read_bytes()[:-200])

    monkeypatch.setattr(soundfile.SoundFile, "close", close_and_cut)
    rng = np.random.default_rng(0)
    estimates = rng.uniform(-0.3, 0.3, (3, 1, 9000)).astype(np.float32)
    with (
        pytest.raises(OSError, match="No space left"),
        writing_stems(folder, sample_rate=16_000, channels=1) as writer,
    ):
        writer.write(mix, estimates)
    assert not list(folder.glob("bass.flac"))
    assert not list(folder.glob(".*.tmp"))


def test_every_error_can_be_caught_as_one() -> None:
    assert issubclass(FileError, AffectMixError)


@pytest.mark.parametrize(
    ("error", "short"),
    [
        (MemoryError("malloc of size 64 failed"), True),
        (OSError("Unknown error: Failed to launch worker thread: Resource ..."), True),
        (OSError("Couldn't deserialize thrift"), False),
    ],
)
def test_a_table_that_memory_does_not_suffice_for_is_not_only_called_unreadable(
    error: Exception, short: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(pq, "ParquetFile", fail)
    with pytest.raises(TableError, match=r"t\.parquet: not a readable table.*Delete") as caught:
        read_parquet(tmp_path / "t.parquet", what="table")
    assert ("If memory ran out, run fewer jobs at once (--cores 1)" in str(caught.value)) == short
