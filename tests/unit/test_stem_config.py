"""Which stems a configuration asks for, and what cannot be asked for."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from affectmix.config import feature_choices
from affectmix.config.files import RunFiles
from affectmix.config.project import Project
from affectmix.config.stems import StemPlan
from affectmix.errors import ConfigError
from tiny_demucs import write_tiny_demucs

MINI = Path(__file__).parents[2] / "config" / "examples" / "mini.yaml"
CELL = "svr__{}__mini_music-100__cv3__nested__clean__none"


def configured(edit: Callable[[dict], object] = lambda config: None) -> dict:
    """A configuration with stems, changed by ``edit``."""
    config = copy.deepcopy(yaml.safe_load(MINI.read_text(encoding="utf-8")))
    config["shards"] = 2
    config["separators"] = {
        "plain": {"kind": "classical"},
        "own": {"kind": "demucs", "model": "tiny", "repo": "weights"},
    }
    config["features"] = {
        "mix": {"set": "eGeMAPSv02"},
        "voice": {"set": "eGeMAPSv02", "stem": "vocals", "separator": "plain"},
        "both": {"set": "eGeMAPSv02", "stem": ["mix", "drums"], "separator": "own"},
    }
    block = config["experiments"]["joint"]["cells"][0]
    block |= {"features": ["mix", "voice", "both"], "mixtures": [{"mini_music": 1}]}
    del config["experiments"]["joint"]["again"]
    config["experiments"]["joint"] |= {"roles": {}, "models": []}
    edit(config)
    return config


def plan(config: dict, home: Path = Path()) -> StemPlan:
    return StemPlan(Project(config, home=home))


def test_features_of_stems_have_files_of_their_own() -> None:
    files = RunFiles(Project(configured()))
    folder = "results/features/eGeMAPSv02"
    for name, stem in {"mix": "mix", "voice": "plain-vocals", "both": "own-mix_drums"}.items():
        inputs = files.cell_inputs(CELL.format(name))
        assert inputs["features_mini_music"] == f"{folder}/{stem}/mini_music.parquet"
    assert files.report_inputs()["nonfinite"] == [
        f"{folder}/{stem}/mini_music.nonfinite.csv"
        for stem in ("mix", "own-mix_drums", "plain-vocals")
    ]


def test_only_the_stems_that_are_needed_are_made() -> None:
    stems = plan(configured())
    assert stems.used == [("own", "mini_music"), ("plain", "mini_music")]
    less = configured(lambda c: c["experiments"]["joint"]["cells"][0].update(features=["voice"]))
    assert plan(less).used == [("plain", "mini_music")]
    none = configured(lambda c: c["experiments"]["joint"]["cells"][0].update(learners=["mean"]))
    assert plan(none).used == []
    assert plan(none).quality_files() == []


def test_what_features_of_stems_are_made_from() -> None:
    stems = plan(configured())
    assert stems.audio_inputs("mini_music", "1", "mix") == {
        "audio": ["results/demo/mini_music/1"],
        "made": ["results/demo/mini_music/1.done"],
    }
    folder = "results/stems/plain/mini_music/1"
    vocals = stems.clips("mini_music", "1", "plain-vocals")
    assert stems.audio_inputs("mini_music", "1", "plain-vocals") == {
        "audio": [folder],
        "made": [f"{folder}.parquet"],
    }
    assert {clip[2] for clip in vocals} == {f"{c[0]}/vocals.flac" for c in vocals}
    assert stems.feature_shards("eGeMAPSv02", "own-mix_drums", "mini_music") == [
        f"results/features/eGeMAPSv02/{stem}/mini_music/{shard}.parquet"
        for stem in ("mix", "own-drums")
        for shard in "01"
    ]
    assert stems.column_stems("own-mix_drums") == ["mix", "drums"]
    assert stems.weights("plain") == []
    assert stems.weights("own") == ["results/stems/own/weights.json"]
    assert stems.gpus("plain") == 0


def test_weights_are_looked_for_before_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"separators\.own\.repo: there is no folder 'weights'"):
        plan(configured(), tmp_path).check()
    write_tiny_demucs(tmp_path / "weights")
    stems = plan(configured(), tmp_path)
    stems.check()
    before = stems.separator_settings("own")
    (file,) = (tmp_path / "weights").iterdir()
    assert before["weights"] == [[file.name, file.stat().st_size, file.stat().st_mtime_ns]]
    assert before["bits"] == 16
    unused = configured(lambda c: c["experiments"]["joint"]["cells"][0].update(features=["mix"]))
    plan(unused, tmp_path / "elsewhere").check()


def test_quality_is_measured_where_true_stems_are_known(tmp_path: Path) -> None:
    assert plan(configured()).quality_files() == [
        "results/separation/own/mini_music.parquet",
        "results/separation/plain/mini_music.parquet",
    ]
    sounds = configured(
        lambda c: c["experiments"]["joint"]["cells"][0].update(mixtures=[{"mini_sounds": 1}])
    )
    assert plan(sounds).quality_files() == []
    folders = plan(configured()).quality_inputs("own", "mini_music")
    assert folders["mixes"] == [f"results/demo/mini_music/{shard}" for shard in "01"]
    assert folders["stems"] == [f"results/stems/own/mini_music/{shard}" for shard in "01"]
    shards = plan(configured()).quality_clips("mini_music")
    assert len(shards) == 2
    clip_id, mix, true = shards[0][0]
    assert mix == f"{clip_id}.flac"
    assert true["bass"] == [f"{clip_id}/bass.flac"]


def test_true_stems_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "ratings.csv").write_text(
        "path,valence,arousal\n" + "".join(f"{n}.wav,{n / 10},{-n / 10}\n" for n in range(6)),
        encoding="utf-8",
    )

    def own(config: dict) -> None:
        config["corpora"] = {
            "mine": {
                "adapter": "table",
                "root": "mine",
                "labels": "ratings.csv",
                "true_stems": "true",
            }
        }
        block = config["experiments"]["joint"]["cells"][0]
        block |= {"features": ["voice"], "mixtures": [{"mine": 1}]}

    with pytest.raises(ConfigError, match=r"mine\.true_stems: 'true' holds the stems of none"):
        plan(configured(own), tmp_path).check()
    for stem, ending in zip(
        ("vocals", "drums", "bass", "other"), ("wav", "flac", "wav", "wav"), strict=True
    ):
        (tmp_path / "true" / "3").mkdir(parents=True, exist_ok=True)
        (tmp_path / "true" / "3" / f"{stem}.{ending}").touch()
    stems = plan(configured(own), tmp_path)
    stems.check()
    assert stems.quality_files() == ["results/separation/plain/mine.parquet"]
    (((clip_id, mix, true),),) = [shard for shard in stems.quality_clips("mine") if shard]
    assert stems.quality_inputs("plain", "mine")["mixes"] == []
    assert (clip_id, mix) == ("3", str(tmp_path / "mine" / "3.wav"))
    assert true["drums"][:2] == [str(tmp_path / "true" / "3" / "drums.flac"), 0]


def test_log_mels_go_to_their_learner_shard_by_shard(monkeypatch: pytest.MonkeyPatch) -> None:
    def logmels(config: dict) -> None:
        config["logmels"] = {"louder": {"base": "emomucs", "reference": "mix"}}
        config["features"]["both"] |= {"set": "louder"}
        config["experiments"]["joint"]["cells"][0].update(features=["both"])

    monkeypatch.setattr(feature_choices, "LOGMEL_KINDS", ("svr",))
    project = Project(configured(logmels))
    stems = StemPlan(project)
    assert stems.recipes["louder"].settings()["reference"] == "mix"
    for name, pattern in {"louder": stems.logmels, "eGeMAPSv02": stems.functionals}.items():
        patterns = (stems.logmels, stems.functionals)
        assert [p for p in patterns if re.match(f"({p})/", f"{name}/")] == [pattern]
    files = RunFiles(project)
    inputs = files.cell_inputs(CELL.format("both"))
    assert {name: file for name, file in inputs.items() if "mel" in name} == {
        f"logmels_{source}_mini_music": [
            f"results/features/louder/{stem}/mini_music/{shard}.parquet" for shard in "01"
        ]
        for source, stem in {"mix": "mix", "drums": "own-drums"}.items()
    }
    assert files.report_inputs()["nonfinite"] == []


MISTAKES = {
    "unknown stem": (
        lambda c: c["features"]["voice"].update(stem="vocal"),
        "features.voice.stem: unknown stem 'vocal' (did you mean 'vocals'?); known are mix, vocals",
    ),
    "unknown stem of several": (
        lambda c: c["features"]["both"].update(stem=["mix", "guitar"]),
        "features.both.stem: unknown stem 'guitar'",
    ),
    "no separator": (
        lambda c: c["features"]["voice"].pop("separator"),
        "features.voice: stem 'vocals' needs a separator; add `separator:` with one of ['plain', ",
    ),
    "unknown separator": (
        lambda c: c["features"]["voice"].update(separator="plane"),
        "features.voice.separator: unknown name 'plane' (did you mean 'plain'?)",
    ),
    "separator for nothing": (
        lambda c: c["features"]["mix"].update(separator="plain"),
        "features.mix.separator: the mix needs none",
    ),
    "the same stem twice": (
        lambda c: c["features"]["both"].update(stem=["mix", "mix"]),
        "features.both.stem: ",
    ),
    "unknown kind": (
        lambda c: c["separators"].update(plain={"kind": "clasical"}),
        "separators.plain.kind: 'clasical' (did you mean 'classical'?)",
    ),
    "setting of another kind": (
        lambda c: c["separators"].update(plain={"kind": "classical", "shifts": 1}),
        "separators.plain: unknown key 'shifts'",
    ),
    "overlap": (
        lambda c: c["separators"]["own"].update(overlap=1.0),
        "separators.own.overlap: 1.0",
    ),
    "unknown set": (
        lambda c: c["features"]["mix"].update(set="emomuks"),
        "features.mix.set: 'emomuks' is not a feature set of openSMILE",
    ),
    "log-mels for a learner of functionals": (
        lambda c: c["features"]["mix"].update(set="emomucs"),
        "learner 'svr' reads functionals, but features 'mix' are log-mels",
    ),
    "recipe": (
        lambda c: c.update(logmels={"a": {"base": "emomucs", "hop": 4096}}),
        "logmels.a.hop: 4096 is above n_fft 512",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_cannot_be_asked_for(mistake: str) -> None:
    edit, said = MISTAKES[mistake]
    with pytest.raises(ConfigError) as caught:
        Project(configured(edit))
    assert said in str(caught.value)
