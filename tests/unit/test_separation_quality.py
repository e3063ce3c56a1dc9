"""SDR and SI-SDR of stems whose distortion is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from affectmix.errors import AudioError
from affectmix.report.gather.experiment import separation_of
from affectmix.schemas import SEPARATION
from affectmix.stems.names import STEMS
from affectmix.stems.quality import clip_quality, corpus_quality
from affectmix.tables import check_table, write_table

RATE = 8000
RNG = np.random.default_rng(11)
TRUE = {stem: RNG.normal(size=2 * RATE) * 0.1 for stem in STEMS}
NOISE = {stem: RNG.normal(size=2 * RATE) * 0.01 for stem in STEMS}  # 20 dB below


def files(folder: Path, signals: dict[str, np.ndarray]) -> dict[str, Path]:
    folder.mkdir(parents=True, exist_ok=True)
    for name, signal in signals.items():
        soundfile.write(folder / f"{name}.flac", signal, RATE, "PCM_24")
    return {name: folder / f"{name}.flac" for name in signals}


@pytest.fixture
def true(tmp_path: Path) -> dict[str, Path]:
    return files(tmp_path / "true", TRUE)


@pytest.fixture
def mix(tmp_path: Path) -> Path:
    return files(tmp_path, {"mix": sum(TRUE.values())})["mix"]


def test_known_distortion(tmp_path: Path, true: dict[str, Path], mix: Path) -> None:
    noisy = files(tmp_path / "noisy", {s: 0.5 * (TRUE[s] + NOISE[s]) for s in STEMS})
    quality = clip_quality(mix, noisy, true).set_index("stem")
    np.testing.assert_allclose(quality["si_sdr"], 20.0, atol=0.3)
    np.testing.assert_allclose(quality["sdr"], 20.0, atol=0.5)
    # Of the mix as the estimate of one of four equally loud stems: 10 log10(1 / 3).
    np.testing.assert_allclose(quality["mix_si_sdr"], -4.77, atol=0.3)
    check_table(quality.reset_index().assign(clip_id="a"), SEPARATION, where="here")


def test_a_filter_is_forgiven_by_sdr_alone(
    tmp_path: Path, true: dict[str, Path], mix: Path
) -> None:
    late = {stem: np.concatenate([np.zeros(5), signal[:-5]]) for stem, signal in TRUE.items()}
    quality = clip_quality(mix, files(tmp_path / "late", late), true)
    assert quality["sdr"].min() > 25
    assert quality["si_sdr"].max() < 0


def test_a_silent_stem_has_no_ratio(tmp_path: Path, mix: Path) -> None:
    true = files(tmp_path / "true", TRUE | {"vocals": np.zeros(2 * RATE)})
    quality = clip_quality(mix, true, true).set_index("stem")
    assert quality.loc["vocals"].isna().all()
    assert quality.drop("vocals").notna().all().all()


def test_true_stems_that_do_not_fit(tmp_path: Path, true: dict[str, Path], mix: Path) -> None:
    short = files(tmp_path / "short", {stem: signal[:RATE] for stem, signal in TRUE.items()})
    with pytest.raises(AudioError, match=r"vocals\.flac: 8000 samples at 8000 Hz.*has 16000"):
        clip_quality(mix, true, short)


def test_a_corpus_goes_on_without_what_is_missing(
    tmp_path: Path, true: dict[str, Path], mix: Path, caplog: pytest.LogCaptureFixture
) -> None:
    listed = {stem: str(file) for stem, file in true.items()}
    table = corpus_quality(
        [["b", mix, tmp_path / "true", listed], ["a", mix, tmp_path / "nowhere", listed]]
    )
    check_table(table, SEPARATION, where="here")
    assert table["clip_id"].unique().tolist() == ["b"]
    assert "not measured: a: " in caplog.text
    none = corpus_quality([["a", mix, tmp_path / "nowhere", listed]])
    check_table(none, SEPARATION, where="here")
    assert none.empty


def test_an_experiment_shows_the_stems_that_it_hears(tmp_path: Path) -> None:
    row = {"clip_id": "c", "stem": "bass", "sdr": 1.0, "si_sdr": 1.0}
    table = pd.DataFrame([row | {"mix_sdr": 0.0, "mix_si_sdr": 0.0}])
    paths = [str(tmp_path / s / f"{c}.parquet") for s in ("one", "two") for c in ("a", "b")]
    for file in paths:
        Path(file).parent.mkdir(exist_ok=True)
        write_table(table, file, SEPARATION)
    heard = {"features": {"bass": {"separator": "two"}}, "views": {"a": {"corpus": "a"}}}
    found = separation_of(paths, heard)
    assert found is not None
    assert found[["separator", "corpus"]].to_numpy().tolist() == [["two", "a"]]
    assert separation_of(paths, {"features": {"mix": {}}, "views": {}}) is None
