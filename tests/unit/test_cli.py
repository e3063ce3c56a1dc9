"""The affectmix command: what it prints, and exit codes that scripts can use."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
import yaml
from affectmix.cli import main
from affectmix.schemas import SPLITS
from affectmix.tables import write_table


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of six good clips, as `own.yaml`, in the working directory."""
    root = tmp_path / "songs"
    root.mkdir()
    rng = np.random.default_rng(1)
    names = [f"song {index}.wav" for index in range(6)]
    for name in names:
        soundfile.write(root / name, rng.normal(size=16_000) / 9, 16_000)
    rows = pd.DataFrame({"path": names, "valence": np.linspace(-1, 1, 6), "arousal": 0.5})
    rows.to_csv(root / "ratings.csv", index=False)
    block = {"learners": ["mean"], "features": ["small"], "mixtures": [{"mine": 1}]}
    config = {
        "corpora": {"mine": {"adapter": "table", "root": "songs", "labels": "ratings.csv"}},
        "features": {"small": {"set": "eGeMAPSv02"}},
        "learners": {"mean": {"kind": "mean"}},
        "experiments": {"mine": {"cells": [block]}},
    }
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> int:
    return main([*arguments, "--configfile", "own.yaml"])


def test_check_of_a_good_corpus(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", "mine", "--jobs", "1") == 0
    assert "mine: 6 clips, 0 faults, 0 notes" in capsys.readouterr().out


def test_check_lists_every_fault_and_says_so_in_its_exit_code(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    soundfile.write(folder / "songs" / "song 1.wav", np.zeros(16_000), 16_000)
    (folder / "songs" / "song 2.wav").write_bytes(b"RIFF")
    (folder / "songs" / "song 3.wav").write_bytes((folder / "songs" / "song 4.wav").read_bytes())
    (folder / "songs" / "extra.wav").write_bytes((folder / "songs" / "song 5.wav").read_bytes())
    assert run("check", "mine", "--jobs", "1") == 1
    printed = capsys.readouterr().out
    for words in ("song 1.wav: silent", "song 2.wav: unreadable", "duplicated", "unlabelled"):
        assert words in printed
    assert "note" in printed
    assert "2 faults" in printed


def test_check_tells_what_a_run_would_go_on_without(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = (folder / "own.yaml").read_text(encoding="utf-8")
    (folder / "own.yaml").write_text(f"{settings}on_bad_audio: skip\n", encoding="utf-8")
    (folder / "songs" / "song 1.wav").unlink()
    (folder / "songs" / "song 2.wav").write_bytes(b"RIFF")
    assert run("check", "mine", "--jobs", "1") == 0
    printed = capsys.readouterr().out
    assert printed.count("skip   ") == 2
    assert "6 clips, 0 faults, 0 notes; 2 left out, as on_bad_audio is skip" in printed


def test_labels_can_be_checked_without_opening_audio(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "songs" / "song 2.wav").write_bytes(b"RIFF")
    assert run("check", "mine", "--labels-only") == 0
    assert "0 faults" in capsys.readouterr().out


WRONG = {
    "corpus": (["check", "yours"], "'yours' is not in own.yaml"),
    "nothing to audit": (["audit"], "run snakemake first"),
    "experiment": (["audit", "other"], "'other' is not in own.yaml"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_cannot_be_done_is_said_with_exit_code_2(
    folder: Path, capsys: pytest.CaptureFixture[str], wrong: str
) -> None:
    arguments, words = WRONG[wrong]
    assert run(*arguments) == 2
    assert words in capsys.readouterr().err


def test_missing_configuration_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "mine", "--configfile", "nowhere.yaml"]) == 2
    assert "nowhere.yaml: no such configuration" in capsys.readouterr().err


def test_folds_are_written_and_pinned(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    splits = pd.DataFrame({"clip_id": ["a", "b"], "repeat": 0, "fold": [0, 1], "class": 0})
    splits["priority"] = [0.25, 0.5]
    typed = splits.astype({"repeat": "int32", "fold": "int32", "class": "int32"})
    write_table(typed, "results/splits/mine/cv2.parquet", SPLITS)
    assert main(["splits", "mine", "cv2"]) == 0
    assert capsys.readouterr().out.splitlines()[1] == "a,0,0,0,0.25"
    assert main(["splits", "mine", "cv2", "--pin"]) == 0
    pinned = pd.read_csv(folder / "resources/splits/mine/cv2.csv")
    assert pinned["fold"].tolist() == [0, 1]
    assert main(["splits", "mine", "cv9"]) == 2
