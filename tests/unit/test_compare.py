"""Two results folders: the same, or how far apart."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from affectmix.cli import main
from affectmix.errors import AffectMixError
from affectmix.provenance.compare import compare_results
from safetensors.numpy import save_file


@pytest.fixture
def results(tmp_path: Path) -> tuple[Path, Path]:
    """Two folders of the same content, one file of each kind."""
    folder = tmp_path / "one"
    for part in ("cells", "models", "stems", "logs", "benchmarks"):
        (folder / part).mkdir(parents=True)
    table = pd.DataFrame({"clip_id": ["a", "b"], "y_pred": [0.25, np.nan], "fold": [0, 1]})
    table.to_parquet(folder / "cells" / "0-0.parquet")
    save_file({"weights": np.arange(3.0)}, folder / "models" / "model.safetensors")
    soundfile.write(folder / "stems" / "bass.flac", np.linspace(-0.5, 0.5, 800), 8000)
    write_search(folder, seconds=1.0, chosen=3)
    (folder / "report.html").write_text("took 3 s", encoding="utf-8")
    (folder / "logs" / "x.log").write_text("3 s", encoding="utf-8")
    (folder / "metrics.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    return folder, Path(shutil.copytree(folder, tmp_path / "two"))


def write_search(folder: Path, *, seconds: float, chosen: int) -> None:
    report = {"report": {"epochs": [{"seconds": seconds, "loss": 0.5}]}, "chosen": chosen}
    (folder / "cells" / "0-0.search.json").write_text(json.dumps(report), encoding="utf-8")


def test_copies_are_equal_whatever_their_logs_times_and_reports(
    results: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    _, two = results
    write_search(two, seconds=2.0, chosen=3)
    (two / "report.html").write_text("took 4 s", encoding="utf-8")
    (two / "logs" / "x.log").write_text("4 s", encoding="utf-8")
    (two / "cells" / ".0-1.parquet.77.tmp").write_bytes(b"half")
    assert main(["compare", *map(str, results)]) == 0
    assert "5 files compared, 5 equal, 0 not" in capsys.readouterr().out


def test_a_changed_number_is_named_with_its_size(results: tuple[Path, Path]) -> None:
    one, two = results
    table = pd.read_parquet(two / "cells" / "0-0.parquet")
    table.loc[0, "y_pred"] += 0.125
    table.to_parquet(two / "cells" / "0-0.parquet")
    (found,) = compare_results(one, two).differences
    assert found.file == "cells/0-0.parquet"
    assert found.largest == 0.125
    assert "'y_pred' differs in 1 of 2 values, by 0.125 at most" in found.words


def spoil_array(folder: Path) -> str:
    save_file({"weights": np.array([0.0, 1.0, 2.5])}, folder / "models" / "model.safetensors")
    return "array 'weights' differs in 1 of 3 values, by 0.5 at most"


def spoil_sound(folder: Path) -> str:
    soundfile.write(folder / "stems" / "bass.flac", np.zeros(800), 8000)
    return "its sound differs in"


def spoil_rate(folder: Path) -> str:
    soundfile.write(folder / "stems" / "bass.flac", np.linspace(-0.5, 0.5, 800), 16000)
    return "8000 Hz and 16000 Hz"


def spoil_choice(folder: Path) -> str:
    write_search(folder, seconds=1.0, chosen=4)
    return "its data differ, chosen: 3 and 4"


def spoil_text(folder: Path) -> str:
    (folder / "metrics.csv").write_text("a,b\n1,3\n", encoding="utf-8")
    return "its bytes differ"


def spoil_rows(folder: Path) -> str:
    table = pd.read_parquet(folder / "cells" / "0-0.parquet")
    table.iloc[:1].to_parquet(folder / "cells" / "0-0.parquet")
    return "2 rows and 1 rows"


def spoil_ids(folder: Path) -> str:
    table = pd.read_parquet(folder / "cells" / "0-0.parquet")
    table.assign(clip_id=["a", "c"]).to_parquet(folder / "cells" / "0-0.parquet")
    return "column 'clip_id' differs in 1 of 2 rows"


def spoil_columns(folder: Path) -> str:
    table = pd.read_parquet(folder / "cells" / "0-0.parquet")
    table.astype({"fold": "int32"}).to_parquet(folder / "cells" / "0-0.parquet")
    return "columns, their types or the metadata differ"


def lose_table(folder: Path) -> str:
    (folder / "cells" / "0-0.parquet").unlink()
    return f"not in {folder}"


def cut_table(folder: Path) -> str:
    file = folder / "cells" / "0-0.parquet"
    file.write_bytes(file.read_bytes()[:-20])
    return "cannot be read"


SPOILERS = (
    *(spoil_array, spoil_sound, spoil_rate, spoil_choice, spoil_text, spoil_rows, spoil_ids),
    *(spoil_columns, lose_table, cut_table),
)


@pytest.mark.parametrize("spoil", SPOILERS)
def test_each_kind_of_file_is_compared_by_content(
    results: tuple[Path, Path], spoil, capsys: pytest.CaptureFixture[str]
) -> None:
    words = spoil(results[1])
    assert main(["compare", *map(str, results)]) == 1
    printed = capsys.readouterr().out
    assert words in printed
    assert "4 equal, 1 not" in printed


def test_what_is_no_results_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(AffectMixError, match="holds nothing to compare"):
        compare_results(tmp_path / "empty", tmp_path / "empty")
    assert main(["compare", str(tmp_path / "nowhere"), str(tmp_path)]) == 2
