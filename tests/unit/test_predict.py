"""The predict and inspect commands: what they say, of what, and with which exit code."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from affectmix.cells.final import FinalModel
from affectmix.cells.folder import write_sums
from affectmix.cells.store import load_model, save_model
from affectmix.cli import main
from affectmix.learners.mean import MeanModel
from affectmix.predict.cache import FeatureCache
from affectmix.predict.cutting import Cutting
from affectmix.predict.files import FileFault
from affectmix.predict.hearing import Hearing
from affectmix.predict.listening import Heard, hear, hear_all
from affectmix.predict.predictor import Predictor
from stored_models import RATE, TARGETS, tone, write_model, write_tone

Printed = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("models") / "tones")


@pytest.fixture
def audio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two tones; the cache is elsewhere."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cached"))
    folder = tmp_path / "audio"
    folder.mkdir()
    write_tone(folder / "low.wav", 2)
    write_tone(folder / "high.flac", 12)
    return folder


def predict(model: Path, *arguments: object) -> int:
    return main(["predict", "--model", str(model), "--jobs", "1", *map(str, arguments)])


def rows_of(printed: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(printed)))


def test_files_of_a_folder_are_predicted_as_the_model_predicts_them(
    model: Path, audio: Path, capsys: Printed
) -> None:
    assert predict(model, audio, "--format", "csv") == 0
    rows = rows_of(capsys.readouterr().out)
    assert [Path(row["file"]).name for row in rows] == ["high.flac", "low.wav"]
    for row, index in zip(rows, (12, 2), strict=True):
        assert float(row["valence"]) == pytest.approx(1.8 * (index * 7 % 30) / 30 - 0.9, abs=0.2)
        assert row["domain"] == "like the training clips"
        # 30 errors from .01 to .3: at 90 % the 28th smallest.
        half = (float(row["valence_high"]) - float(row["valence_low"])) / 2
        assert half == pytest.approx(0.28, abs=1e-6)


def test_coverage_sets_the_width_and_intervals_stay_on_the_scale(
    model: Path, audio: Path, capsys: Printed
) -> None:
    widths = []
    for coverage in ("0.5", "0.99"):
        predict(model, audio / "low.wav", "--format", "json", "--coverage", coverage)
        (row,) = json.loads(capsys.readouterr().out)["predictions"]
        widths.append(row["valence_high"] - row["valence_low"])
        assert -1 <= row["valence_low"] <= row["valence"] <= row["valence_high"] <= 1
    assert widths[0] < 0.4
    assert widths[1] == 2  # 30 clips cannot promise 99 %


def test_a_prediction_beyond_the_scale_is_held_and_said_to_be(model: Path, audio: Path) -> None:
    predictor = Predictor.open(model)
    heard = hear(audio / "low.wav", predictor.hearing, predictor.cutting())
    assert isinstance(heard, Heard)
    louder = Heard(heard.path, 1.0, heard.starts, heard.ends, heard.values * 40)
    (row,) = predictor.rows(louder)
    raw = predictor.model.predict(louder.values)[0]
    beyond = [t for t, value in zip(TARGETS, raw, strict=True) if abs(value) > 1]
    assert beyond
    assert row["clipped"].split() == beyond
    assert all(abs(row[target]) == 1 for target in beyond)
    assert row["domain"] == "far from anything it was trained on"


def test_noise_is_far_from_tones(model: Path, tmp_path: Path, capsys: Printed) -> None:
    noise = np.random.default_rng(0).normal(size=RATE) / 9
    soundfile.write(tmp_path / "noise.wav", noise, RATE)
    assert predict(model, tmp_path / "noise.wav", "--no-cache") == 0
    printed = capsys.readouterr()
    assert "far from anything it was trained on" in printed.out
    assert "1 of 1 predictions are of sounds far from anything" in printed.err
    assert "do not rely on them, whatever their intervals" in printed.err
    save_model(replace(load_model(model), calibration=None), tmp_path / "bare")
    assert predict(tmp_path / "bare", tmp_path / "noise.wav", "--no-cache") == 0
    said = capsys.readouterr().err
    assert "do not rely on them" in said
    assert "intervals" not in said  # of which the model has none


def test_each_faulty_file_has_one_line_and_the_others_are_predicted(
    model: Path, audio: Path, capsys: Printed
) -> None:
    (audio / "film.mp4").write_bytes(b"\0\0\0\x18ftypmp42")
    (audio / "list.m3u").write_text("low.wav\n")
    (audio / "empty.wav").touch()
    (audio / "text.mp3").write_text("no sound")
    (audio / "cut.flac").write_bytes((audio / "high.flac").read_bytes()[:9000])
    soundfile.write(audio / "silent.wav", np.zeros(RATE), RATE)
    soundfile.write(audio / "short.wav", tone(3)[:40], RATE)
    soundfile.write(audio / "none.wav", np.zeros(0), RATE)
    (audio / "folder").mkdir()
    latin = audio / os.fsdecode(b"caf\xe9.wav")
    (audio / "low.wav").rename(latin)
    wrong = ("film.mp4", "list.m3u", "empty.wav", "text.mp3", "cut.flac", "silent.wav")
    named = [audio / name for name in (*wrong, "short.wav", "none.wav", "folder", "gone.wav")]
    code = predict(model, *named, audio / "x*.wav", latin, audio / "high.flac", "--format", "csv")
    assert code == 1
    printed = capsys.readouterr()
    assert [Path(row["file"]).name for row in rows_of(printed.out)] == [r"caf\xe9.wav", "high.flac"]
    lines = printed.err.splitlines()
    words = {
        "film.mp4": "ffmpeg -i",
        "list.m3u": "is a list of files",
        "empty.wav": "the file is empty",
        "text.mp3": "not readable",
        "cut.flac": "fetch the file again",
        "silent.wav": "is silent throughout",
        "short.wav": "shorter than the windows",
        "none.wav": "holds no samples",
        "folder": "holds no audio file",
        "gone.wav": "no such file",
        "x*.wav": "matches no file",
    }
    for name, said in words.items():
        (line,) = [line for line in lines if f"/{name}: " in line]
        assert said in line


def test_exit_codes_tell_nothing_usable_and_wrong_use(
    model: Path, audio: Path, tmp_path: Path, capsys: Printed
) -> None:
    assert predict(model, tmp_path / "gone.wav") == 3
    assert predict(tmp_path / "gone", audio) == 2
    assert "there is no such model folder" in capsys.readouterr().err
    assert predict(model, audio, "--out", tmp_path) == 2
    with pytest.raises(SystemExit) as caught:
        predict(model, audio, "--coverage", "90")
    assert caught.value.code == 2
    assert "allowed is above 0 and below 1" in capsys.readouterr().err


def test_a_file_that_may_not_be_read(
    model: Path, audio: Path, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    access = os.access
    refused = audio / "low.wav"  # root may read everything, so that no mode would do
    monkeypatch.setattr(os, "access", lambda p, mode: p != refused and access(p, mode))
    assert predict(model, audio) == 1
    assert "may not be read" in capsys.readouterr().err


def test_a_curve_has_a_row_per_window(model: Path, tmp_path: Path, capsys: Printed) -> None:
    long = np.concatenate([tone(0, 3.0), tone(29, 3.0)])
    soundfile.write(tmp_path / "long.wav", long, RATE)
    options = ("--interval", "0.5", "--window", "1", "--format", "json", "--no-cache")
    assert predict(model, tmp_path / "long.wav", *options) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["window_s"] == 1
    starts = [row["start_s"] for row in said["predictions"]]
    assert starts == [0.5 * step for step in range(11)]
    assert all(row["end_s"] - row["start_s"] == 1 for row in said["predictions"])


def test_a_file_much_longer_than_the_training_clips_is_heard_in_windows(
    model: Path, tmp_path: Path, capsys: Printed
) -> None:
    write_tone(tmp_path / "long.wav", 0, seconds=2.6)
    assert predict(model, tmp_path / "long.wav", "--no-cache", "--format", "csv") == 0
    printed = capsys.readouterr()
    (row,) = rows_of(printed.out)
    assert (row["start_s"], row["end_s"]) == ("0", "2.6")
    assert "predicted in windows of 1 s" in printed.err


def test_features_come_from_the_cache_by_content_and_not_by_name(
    model: Path, audio: Path, tmp_path: Path
) -> None:
    predictor, cache = Predictor.open(model), FeatureCache(tmp_path / "kept")
    first = hear(audio / "low.wav", predictor.hearing, predictor.cutting(), cache=cache)
    (audio / "low.wav").rename(audio / "other.wav")
    again = hear(audio / "other.wav", predictor.hearing, predictor.cutting(), cache=cache)
    assert isinstance(first, Heard)
    assert isinstance(again, Heard)
    assert (first.cached, again.cached) == (False, True)
    np.testing.assert_array_equal(first.values, again.values)
    (kept,) = (tmp_path / "kept").rglob("*.safetensors")
    curve = hear(audio / "other.wav", predictor.hearing, Cutting(0.5, 0.5), cache=cache)
    assert isinstance(curve, Heard)
    assert not curve.cached
    kept.write_bytes(b"half")
    mended = hear(audio / "other.wav", predictor.hearing, predictor.cutting(), cache=cache)
    assert isinstance(mended, Heard)
    assert not mended.cached


def test_a_full_disk_costs_the_cache_and_no_prediction(
    model: Path, audio: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("safetensors.numpy.save_file", full)
    assert predict(model, audio, "--cache", tmp_path / "kept") == 0
    assert not list((tmp_path / "kept").rglob("*.safetensors"))


def test_a_cache_that_cannot_be_made_is_named(model: Path, audio: Path, capsys: Printed) -> None:
    assert predict(model, audio, "--cache", audio / "low.wav") == 2
    assert "name another folder with --cache" in capsys.readouterr().err


def test_the_cache_forgets_what_was_used_least_recently(tmp_path: Path) -> None:
    cache = FeatureCache(tmp_path, limit_bytes=5000)
    keys = [cache.key(str(number)) for number in range(3)]
    for age, key in enumerate(keys):
        cache.put(key, {"values": np.zeros(500, np.float32)})
        os.utime(next(tmp_path.rglob(f"{key}.safetensors")), (age + 1, age + 1))
    assert cache.get(keys[0]) is not None  # used just now
    cache.trim()
    assert [cache.get(key) is not None for key in keys] == [True, False, True]


def test_classes_have_probabilities(audio: Path, tmp_path: Path, capsys: Printed) -> None:
    scores = {"q1": -0.4, "q2": 0.2, "q3": -1.5, "q4": -0.8}
    settings = {
        "fields": {"learner": "mean", "mixture": "tones-100", "scheme": "cv3"},
        "learner": {"kind": "mean", "task": "quadrant"},
        "features": {"set": "eGeMAPSv02", "stem": "mix"},
    }
    description = {"settings": settings, "chosen": {}, "rows": {"tones": 9}}
    description["hearing"] = {"separator": None, "recipe": None}
    models = {target: MeanModel(score) for target, score in scores.items()}
    save_model(FinalModel(models, [], description), tmp_path / "model")
    assert predict(tmp_path / "model", audio / "low.wav", "--format", "csv", "--no-cache") == 0
    (row,) = rows_of(capsys.readouterr().out)
    assert row["quadrant"] == "Q2"
    told = [float(row[f"p_Q{number}"]) for number in (1, 2, 3, 4)]
    np.testing.assert_allclose(told, [0.3, 0.6, 0.0, 0.1], atol=1e-6)
    assert row["domain"] == "not known"
    assert predict(tmp_path / "model", audio / "low.wav", "--no-cache") == 0
    assert "p Q2" in capsys.readouterr().out


class Deadly(Hearing):
    """Dies of one tone, as a decoder may."""

    def values(self, samples: np.ndarray, sample_rate: int) -> np.ndarray:
        if samples.shape[1] == 2 * RATE:
            os._exit(9)
        return np.zeros(1, np.float32)


def test_a_file_that_kills_its_process_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    files = [write_tone(tmp_path / f"{n}.wav", n, 2.0 if n == 1 else 1.0) for n in range(4)]
    hearing = Deadly(None, None, (), None, None)
    found = list(hear_all(files, hearing, Cutting(1.0), jobs=2))
    kinds = [one.kind if isinstance(one, FileFault) else "heard" for one in found]
    assert kinds == ["heard", "crashed", "heard", "heard"]


def test_several_processes_say_what_one_says(model: Path, audio: Path, capsys: Printed) -> None:
    predict(model, audio, "--no-cache")
    one = capsys.readouterr().out
    predict(model, audio, "--no-cache", "--jobs", "2")
    assert capsys.readouterr().out == one


def test_prediction_loads_no_more_than_it_needs(model: Path, audio: Path) -> None:
    command = ["predict", "--model", str(model), str(audio / "low.wav"), "--no-cache"]
    heavy = ("torch", "sklearn", "scipy", "numba", "matplotlib", "librosa", "snakemake", "tqdm")
    code = (
        f"import sys; from affectmix.cli import main; main({command!r}); "
        f"print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stderr.splitlines()[-1].replace("'", '"')))
    assert loaded <= {"tqdm"}  # which openSMILE's package loads


def test_inspect_shows_the_card_and_the_checks(model: Path, capsys: Printed) -> None:
    assert main(["inspect", str(model)]) == 0
    printed = capsys.readouterr().out
    for words in ("# Model of felt emotion: svr on tones-100", "SHA-256", "90% 0.280", "yes"):
        assert words in printed


MISFITS = {
    "openSMILE": ("versions", {"opensmile": "1.0.1"}, "was trained with opensmile 1.0.1"),
    "columns": ("feature_names", ["a", "b"], "takes 2 features, but eGeMAPSv02 of mix has 88"),
}


@pytest.mark.parametrize("misfit", MISFITS)
def test_a_model_that_does_not_fit_what_is_installed_is_refused(
    model: Path, audio: Path, tmp_path: Path, capsys: Printed, misfit: str
) -> None:
    key, value, words = MISFITS[misfit]
    folder = tmp_path / "misfit"
    folder.mkdir()
    for file in model.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    description = json.loads((folder / "model.json").read_text())
    description[key] = description[key] | value if isinstance(value, dict) else value
    (folder / "model.json").write_text(json.dumps(description))
    write_sums(folder)
    assert load_model(folder).description[key] == description[key]
    assert predict(folder, audio, "--no-cache") == 2
    assert words in capsys.readouterr().err
    assert main(["inspect", str(folder)]) == 1
