"""Snakemake's records beside results on a storage: the later one of two stays."""

from __future__ import annotations

import os
from pathlib import Path

from affectmix.provenance.records import merge_records, pack_records


def record(folder: Path, name: str, text: str, *, at: int) -> None:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    os.utime(file, (at, at))


def said(folder: Path) -> dict[str, str]:
    files = (file for file in folder.rglob("*") if file.is_file())
    return {str(file.relative_to(folder)): file.read_text(encoding="utf-8") for file in files}


def test_the_later_record_of_an_output_stays(tmp_path: Path) -> None:
    there, here, archive = tmp_path / "there", tmp_path / "here", tmp_path / "a" / "r.tar.gz"
    record(there, "made_there_last", "there", at=2000)
    record(there, "made_here_last", "there", at=1000)
    record(there, "@long/name", "there", at=1000)
    record(here, "made_there_last", "here", at=1000)
    record(here, "made_here_last", "here", at=2000)
    record(here, "only_here", "here", at=1)
    pack_records(there, archive)
    merge_records(archive, here)
    assert said(here) == {
        "made_there_last": "there",
        "made_here_last": "here",
        "@long/name": "there",
        "only_here": "here",
    }
    assert (here / "made_there_last").stat().st_mtime == 2000


def test_an_empty_folder_gets_all_and_an_unborn_one_packs_none(tmp_path: Path) -> None:
    record(tmp_path / "there", "one", "there", at=1000)
    pack_records(tmp_path / "there", tmp_path / "r.tar.gz")
    merge_records(tmp_path / "r.tar.gz", tmp_path / "new")
    assert said(tmp_path / "new") == {"one": "there"}
    pack_records(tmp_path / "unborn", tmp_path / "none.tar.gz")
    merge_records(tmp_path / "none.tar.gz", tmp_path / "new")
    assert said(tmp_path / "new") == {"one": "there"}
