"""The tune command: what it makes of ratings, of which it complains, and what it leaves alone."""

from __future__ import annotations

import csv
import hashlib
import io
from pathlib import Path

import numpy as np
import pytest
from affectmix.cells.final import FinalModel
from affectmix.cells.store import load_model
from affectmix.cli import main
from affectmix.errors import CorpusError
from affectmix.features.feature_sets import FeatureSet
from affectmix.features.functionals import Functionals
from affectmix.tuning.ratings_file import read_ratings
from stored_models import CLIPS, RATE, tone, write_model, write_tone

Printed = pytest.CaptureFixture[str]
SHIFT = np.array([-0.45, 0.25])
RATED = (0, 3, 7, 11, 14, 18, 21, 25)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model of tones, and tones."""
    folder = tmp_path_factory.mktemp("tune")
    write_model(folder / "model")
    (folder / "songs" / "deep").mkdir(parents=True)
    for index in range(CLIPS):
        below = "deep/" if index % 2 else ""
        write_tone(folder / "songs" / f"{below}tone_{index:02d}.wav", index)
    return folder


@pytest.fixture(autouse=True)
def cache(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(place / "cache"))


def general(index: int) -> np.ndarray:
    return 1.8 * np.array([(index * 7) % CLIPS, (index * 11) % CLIPS]) / CLIPS - 0.9


def felt(index: int) -> np.ndarray:
    return np.clip(general(index) + SHIFT, -1, 1)


def rated(place: Path, *rows: str, header: str = "path,valence,arousal") -> Path:
    file = place / "mine.csv"
    file.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return file


def ratings(indices: tuple[int, ...] = RATED) -> list[str]:
    return [f"tone_{i:02d}.wav,{felt(i)[0]:.3f},{felt(i)[1]:.3f}" for i in indices]


def tune(place: Path, *arguments: object) -> int:
    own = ["--model", place / "model", "--audio", place / "songs", "--jobs", "1", *arguments]
    return main(["tune", *map(str, own)])


def predicted(place: Path, model: Path, capsys: Printed, index: int) -> dict[str, str]:
    below = "deep/" if index % 2 else ""
    song = place / "songs" / f"{below}tone_{index:02d}.wav"
    capsys.readouterr()
    assert main(["predict", "--model", str(model), "--format", "csv", str(song)]) == 0
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    return row


def digests(folder: Path) -> dict[str, str]:
    return {str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.rglob("*")}


def test_a_tuned_folder_predicts_for_the_listener_and_the_general_one_is_untouched(
    place: Path, capsys: Printed, tmp_path: Path
) -> None:
    before = digests(place / "model")
    out = tmp_path / "mine"
    assert tune(place, "--ratings", rated(place, *ratings()), "--out", out) == 0
    assert "tuned with 8 songs by ridge_correction" in capsys.readouterr().out
    errors = {"general": [], "tuned": []}
    for index in (4, 9, 16, 28):
        for name, model in (("general", place / "model"), ("tuned", out)):
            row = predicted(place, model, capsys, index)
            value = np.array([float(row["valence"]), float(row["arousal"])])
            errors[name].append(np.abs(value - felt(index)).mean())
    assert np.mean(errors["tuned"]) < 0.5 * np.mean(errors["general"])
    card = (out / "README.md").read_text(encoding="utf-8")
    assert "for one listener" in card and "tuned with 8 rated songs" in card
    told = load_model(out).description["tuned"]
    assert told["left_out"]["RMSE"] < told["before"]["RMSE"]
    assert digests(place / "model") == before
    assert tune(place, "--ratings", rated(place, *ratings()), "--out", out) == 0  # again


@pytest.mark.parametrize("method", ["gp_correction", "residual_neighbours"])
def test_other_methods_can_be_asked_for(place: Path, tmp_path: Path, method: str) -> None:
    out = tmp_path / "mine"
    assert tune(place, "--ratings", rated(place, *ratings()), "--out", out, "--method", method) == 0
    assert load_model(out).description["tuned"]["method"] == method


def components(model: FinalModel, rows: np.ndarray) -> np.ndarray:
    assert model.tuning is not None
    return model.tuning.songs([row[np.newaxis] for row in rows]).components


def test_components_are_those_of_the_training_clips(place: Path, tmp_path: Path) -> None:
    """Those of n rated songs would put all n equally far from one another."""
    out, method = tmp_path / "mine", ("--method", "residual_neighbours")
    assert tune(place, "--ratings", rated(place, *ratings()), "--out", out, *method) == 0
    model = load_model(out)
    heard = Functionals(FeatureSet.EGEMAPS_V02)
    rows = np.stack([heard(tone(index).astype(np.float32), RATE) for index in RATED])
    found = components(model, rows)
    assert model.domain is not None
    np.testing.assert_allclose(found, model.domain.space.apply(rows)[0], atol=1e-4)
    apart = np.linalg.norm(found[:, None] - found, axis=2)[np.triu_indices(len(found), 1)]
    assert apart.max() > 1.5 * apart.min()
    wild = rows[:1].copy()
    wild[0, 0] += 1e9  # is held, as the domain holds it
    np.testing.assert_allclose(
        components(model, wild), model.domain.space.apply(wild)[0], atol=1e-4
    )


def test_another_listeners_model_is_not_overwritten(
    place: Path, capsys: Printed, tmp_path: Path
) -> None:
    file, out = rated(place, *ratings()), tmp_path / "mine"
    assert tune(place, "--ratings", file, "--out", out, "--listener", "Ada") == 0
    before = digests(out)
    assert tune(place, "--ratings", file, "--out", out, "--listener", "Eve") == 2
    said = capsys.readouterr().err
    assert "of the listener 'Ada', not of 'Eve'" in said
    assert "--out" in said and "--listener" in said
    assert digests(out) == before
    assert tune(place, "--ratings", file, "--out", out, "--listener", "Ada") == 0  # more songs


def test_quadrants_make_a_model_of_quadrants(place: Path, capsys: Printed, tmp_path: Path) -> None:
    names = {(True, True): "Q1", (False, True): "Q2", (False, False): "Q3", (True, False): "Q4"}
    rows = [f"tone_{i:02d},{names[felt(i)[0] > 0, felt(i)[1] > 0]}" for i in RATED]
    file = rated(place, *rows, header="clip,quadrant")
    assert tune(place, "--ratings", file, "--out", tmp_path / "mine", "--listener", "Ada") == 0
    row = predicted(place, tmp_path / "mine", capsys, 4)
    shares = [float(row[f"p_Q{number}"]) for number in range(1, 5)]
    assert sum(shares) == pytest.approx(1, abs=1e-3)
    assert row["quadrant"] == f"Q{1 + int(np.argmax(shares))}"
    assert "for Ada" in (tmp_path / "mine" / "README.md").read_text(encoding="utf-8")


def test_a_scale_of_ones_own_is_mapped(place: Path) -> None:
    songs = sorted((place / "songs").rglob("*.wav"))
    file = rated(place, "tone_00,1,9", "tone_01,5,5")
    read = read_ratings(file, songs, place / "songs", scale=(1, 9))
    assert dict(zip([f.stem for f in read.files], read.values.tolist(), strict=True)) == {
        "tone_00": [-1.0, 1.0],
        "tone_01": [0.0, 0.0],
    }


def test_suggestions_are_songs_that_are_not_yet_rated(place: Path, capsys: Printed) -> None:
    assert tune(place, "--suggest", "5", "--ratings", rated(place, *ratings())) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert list(rows[0]) == ["path", "valence", "arousal"]
    names = [Path(row["path"]).stem for row in rows]
    assert len(set(names)) == 5
    assert not set(names) & {f"tone_{i:02d}" for i in RATED}
    assert all((place / "songs" / row["path"]).is_file() for row in rows)


@pytest.mark.parametrize(
    ("rows", "header", "says"),
    [
        (["tone_00,0.1,0.2", "tone_99,0,0"], "path,valence,arousal", "unknown_song"),
        (["tone_00,0.1,0.2"], "path,valence,arousal", "one_song"),
        (["tone_00,Q1", "tone_02,Q1", "tone_04,Q1"], "path,quadrant", "one_class"),
        (["tone_00,.5,.5", "tone_02,.5,.5"], "path,valence,arousal", "one_class"),
        (["tone_00,0,.1", "tone_00.wav,.5,.1", "tone_02,0,0"], "clip,valence,arousal", "line 2"),
        (["tone_00,-.5,.5,Q1", "tone_02,0,0,Q3"], "path,valence,arousal,quadrant", "contradiction"),
        (["tone_00,5,0", "tone_02,0,0"], "path,valence,arousal", "--scale LOW HIGH"),
        (["tone_00,,0", "tone_02,0,0"], "path,valence,arousal", "give one, or delete the row"),
        (["tone_00;0,5;0"], "path;valence;arousal", "not parted by commas"),
        (["tone_00,Q5", "tone_02,Q1"], "path,quadrant", "Q1, Q2, Q3, Q4"),
        (["tone_00,1"], "song,mood", "missing_column"),
        ([], "path,quadrant", "has no row"),
    ],
)
def test_unusable_ratings_are_refused_in_plain_words(
    place: Path, capsys: Printed, rows: list[str], header: str, says: str
) -> None:
    before = digests(place / "model")
    songs = sorted((place / "songs").rglob("*.wav"))
    file = rated(place, *rows, header=header)
    with pytest.raises(CorpusError) as raised:
        read_ratings(file, songs, place / "songs", scale=(-1, 1))
    assert says in str(raised.value)
    assert tune(place, "--ratings", file, "--out", place / "never") == 2
    assert says in capsys.readouterr().err
    assert not (place / "never").exists()
    assert digests(place / "model") == before


def test_an_altered_model_and_a_taken_folder_are_refused(
    place: Path, capsys: Printed, tmp_path: Path
) -> None:
    file = rated(place, *ratings())
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").write_text("mine")
    assert tune(place, "--ratings", file, "--out", tmp_path / "other") == 2
    assert "holds something that is no tuned model" in capsys.readouterr().err
    assert tune(place, "--ratings", file, "--out", place / "model") == 2
    capsys.readouterr()
    assert tune(place, "--ratings", file, "--out", file) == 2
    assert "is a file; name a folder" in capsys.readouterr().err
    assert tune(place, "--ratings", file, "--out", file / "mine") == 2
    assert "cannot be made" in capsys.readouterr().err
    assert tune(place, "--ratings", file, "--out", tmp_path / "mine") == 0
    arrays = tmp_path / "mine" / "tuning.safetensors"
    arrays.write_bytes(arrays.read_bytes()[:-1] + b"\x01")
    capsys.readouterr()
    assert main(["predict", "--model", str(tmp_path / "mine"), str(place / "songs")]) == 2
    assert "is not the file that was written with this model" in capsys.readouterr().err


def test_a_tuned_model_lies_beside_the_general_one_wherever_that_is_named_from(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = rated(place, *ratings())
    monkeypatch.chdir(place / "model")
    own = ["--model", ".", "--audio", "../songs", "--jobs", "1", "--listener", "Eve"]
    assert main(["tune", *own, "--ratings", str(file)]) == 0
    assert load_model(place / "model-eve").description["tuned"]["listener"] == "Eve"


def test_what_cannot_be_tuned_is_refused(place: Path, capsys: Printed, tmp_path: Path) -> None:
    file = rated(place, *ratings())
    assert tune(place) == 2
    assert "--suggest N" in capsys.readouterr().err
    assert tune(place, "--ratings", file, "--method", "paper") == 2
    assert "user_tuned" in capsys.readouterr().err
    assert tune(place, "--ratings", file, "--method", "bayesian_head") == 2
    said = capsys.readouterr().err
    assert "quadrants" in said
    assert "'paper'" not in said  # which this model cannot be tuned by either
    for scale in (("1", "1"), ("0", "inf"), ("nan", "1")):
        assert tune(place, "--ratings", file, "--scale", *scale) == 2
        assert "the first below the second" in capsys.readouterr().err
    assert tune(place, "--suggest", 2, "--seed", -1) == 2
    assert "a whole number from 0" in capsys.readouterr().err
    assert tune(place, "--ratings", file, "--out", tmp_path / "mine") == 0
    again = ["--model", tmp_path / "mine", "--audio", place / "songs", "--ratings", file]
    capsys.readouterr()
    assert main(["tune", *map(str, again)]) == 2
    assert "tuned to a listener already" in capsys.readouterr().err
