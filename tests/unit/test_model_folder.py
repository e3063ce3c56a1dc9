"""Model folders: whole and unaltered, or refused by a sentence that helps."""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from affectmix.cells.evidence import calibration_of, clip_lengths, corpus_index, metric_records
from affectmix.cells.folder import FILES, check_folder, write_sums
from affectmix.cells.store import load_model
from affectmix.errors import AffectMixError
from stored_models import write_model

PROOF = "was-here"


class Evil:
    """Leaves a trace where it is unpickled."""

    def __reduce__(self) -> tuple[Callable[..., int], tuple[str]]:
        return os.system, (f"touch {PROOF}",)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("models") / "tones")


@pytest.fixture
def model(original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy that a test may alter, in the working directory."""
    folder = tmp_path / "models" / "tones"
    folder.mkdir(parents=True)
    for file in original.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    monkeypatch.chdir(tmp_path)
    return folder


def test_a_whole_model_is_loaded_and_sha256sum_agrees(model: Path) -> None:
    assert set(check_folder(model)) == set(FILES)
    loaded = load_model(model)
    assert list(loaded.models) == ["valence", "arousal"]
    assert loaded.calibration is not None
    assert loaded.calibration.half_width("valence", 0.9) == pytest.approx(0.28)
    assert loaded.domain is not None
    done = subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=model, timeout=60)
    assert done.returncode == 0
    assert all(file.stat().st_mode & 0o044 for file in model.iterdir())  # others may read it


def refused(path: Path) -> str:
    with pytest.raises(AffectMixError) as caught:
        load_model(path)
    assert not Path(PROOF).exists()
    return str(caught.value)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_and_an_altered_file_are_named(model: Path, name: str) -> None:
    content = bytearray((model / name).read_bytes())
    content[len(content) // 2] ^= 1
    (model / name).write_bytes(content)
    said = refused(model)
    assert f"/{name}: is not the file that was written with this model" in said
    assert "copy the whole folder again" in said
    (model / name).unlink()
    assert f"the file {name!r} is missing" in refused(model)


def test_pickles_and_archives_are_never_opened(model: Path) -> None:
    evil = pickle.dumps(Evil())
    Path("model.pkl").write_bytes(evil)
    assert "looks like a pickle, which can run any code" in refused(Path("model.pkl"))
    Path("model").write_bytes(evil)
    assert "looks like a pickle" in refused(Path("model"))
    with zipfile.ZipFile("model.zip", "w") as archive:
        archive.writestr("../../model.json", "{}")
    assert "is an archive, which is never unpacked" in refused(Path("model.zip"))
    with tarfile.open("model.tar", "w") as tar:
        tar.addfile(tarfile.TarInfo("/model.json"), io.BytesIO())
    assert "is an archive" in refused(Path("model.tar"))
    Path("text.txt").write_text("hello")
    assert "Name the folder" in refused(Path("text.txt"))


def test_a_pickle_in_place_of_the_arrays_is_not_opened_even_with_its_checksum(model: Path) -> None:
    (model / "model.safetensors").write_bytes(pickle.dumps(Evil()))
    write_sums(model)
    assert "not readable as safetensors" in refused(model)
    (model / "model.safetensors").write_bytes((10**12).to_bytes(8, "little") + b"{}")
    write_sums(model)
    assert "not readable as safetensors" in refused(model)


DESCRIPTIONS = {
    "not JSON": ("{", "not readable as JSON"),
    "too deep": ("[" * 100_000, "not readable as JSON"),
    "a list": ("[]", "format None; this version reads"),
    "another format": ('{"format": 99}', "format 99; this version reads"),
    "nothing else": ('{"format": 2}', "does not fit together (KeyError: 'settings')"),
}


@pytest.mark.parametrize("wrong", DESCRIPTIONS)
def test_a_description_that_makes_no_sense(model: Path, wrong: str) -> None:
    text, words = DESCRIPTIONS[wrong]
    (model / "model.json").write_text(text)
    write_sums(model)
    assert words in refused(model)


def test_sums_may_name_no_file_elsewhere(model: Path) -> None:
    digest = hashlib.sha256(b"").hexdigest()
    for name in ("../secret", "/etc/passwd", ".."):
        (model / "SHA256SUMS").write_text(f"{digest}  {name}\n")
        assert "is not a checksum of a file beside it" in refused(model)
    (model / "SHA256SUMS").write_text("")
    assert "lists no 'README.md'" in refused(model)


def test_folders_that_are_no_model_are_told_apart(model: Path) -> None:
    said = refused(model.parent)
    assert "holds 1 models; name the folder of one of them" in said
    assert str(model) in said
    (model / "SHA256SUMS").unlink()
    assert "has no SHA256SUMS" in refused(model)
    empty = Path("empty")
    empty.mkdir()
    assert "is not a model folder" in refused(empty)
    (empty / "weights.pkl").write_bytes(pickle.dumps(Evil()))
    assert "'weights.pkl', which is never opened" in refused(empty)
    assert "there is no such model folder" in refused(Path("gone"))


def evaluated(views: dict[str, str]) -> pd.DataFrame:
    """Return predictions of four clips in each view, off by .1, .2, .3, .4."""
    rows = [
        {
            "corpus": corpus,
            "view": view,
            "clip_id": f"{corpus}{clip}",
            "target": target,
            "y_true": 0.1 * clip,
            "y_pred": 0.2 * clip + 0.1,
            "in_train": 0,
            "repeat": 0,
            "fold": clip % 2,
        }
        for view, corpus in views.items()
        for clip in range(4)
        for target in ("valence", "arousal")
    ]
    return pd.DataFrame(rows)


def test_errors_are_those_of_the_views_trained_on_and_each_clip_counts_once() -> None:
    predictions = evaluated({"a": "a", "a_loud": "a", "b": "b"})
    shares = {"a": 1.0, "a_loud": 0.5, "b": 0.0}
    found = calibration_of(predictions, {"learner": {"kind": "svr"}, "shares": shares})
    assert found is not None
    assert found.clips == 4
    np.testing.assert_allclose(np.sort(found.residuals["valence"]), [0.1, 0.2, 0.3, 0.4], rtol=1e-6)
    classes = {"learner": {"kind": "svr", "task": "quadrant"}, "shares": shares}
    assert calibration_of(predictions, classes) is None


def test_metrics_are_told_with_intervals_and_by_view() -> None:
    fields = {"learner": "svr", "features": "f", "mixture": "a-100_b-000", "scheme": "cv2"}
    fields |= {"protocol": "nested", "arithmetic": "clean", "control": "none"}
    settings = {"fields": fields, "shares": {"a": 1.0, "b": 0.0}}
    records = metric_records(evaluated({"a": "a", "b": "b"}), settings)
    rmse = {r["view"]: r for r in records if (r["target"], r["metric"]) == ("valence", "rmse")}
    folds = [np.sqrt((0.01 + 0.09) / 2), np.sqrt((0.04 + 0.16) / 2)]
    assert rmse["a"]["value"] == pytest.approx(np.mean(folds))
    assert rmse["a"]["ci95_low"] < rmse["a"]["value"] < rmse["a"]["ci95_high"]
    assert (rmse["a"]["trained_on"], rmse["b"]["trained_on"]) == (True, False)


def test_a_corpus_is_named_by_which_files_it_is() -> None:
    audio = pd.DataFrame({"clip_id": ["b", "a"], "sha256": ["2", "1"], "duration_s": [3.0, 1.0]})
    found = corpus_index(audio)
    assert found == {"clips": 2, "sha256": hashlib.sha256(b"a 1\nb 2\n").hexdigest()}
    assert corpus_index(audio.iloc[::-1]) == found
    assert corpus_index(audio.assign(sha256=["2", "3"])) != found
    assert clip_lengths([audio]) == {"shortest": 1.0, "median": 2.0, "longest": 3.0}


def test_the_card_says_where_kernels_were_approximated(tmp_path: Path) -> None:
    exact = write_model(tmp_path / "exact") / "README.md"
    assert "landmarks" not in exact.read_text(encoding="utf-8")
    card = write_model(tmp_path / "large", rows={"tones": 6000, "noises": 20}) / "README.md"
    words = "6020 clips were too many for exact kernels (`exact_rows` is 5000)"
    assert words in card.read_text(encoding="utf-8")
    assert "1000 landmarks" in card.read_text(encoding="utf-8")
