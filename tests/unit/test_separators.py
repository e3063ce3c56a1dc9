"""demucs through its own loading code, with a tiny model that the tests make."""

from __future__ import annotations

import json
import logging
import urllib.error
from collections.abc import Callable
from pathlib import Path
from typing import Any

import demucs.pretrained
import numpy as np
import pytest
import safetensors.torch
import torch
from affectmix.errors import AffectMixError, ConfigError
from affectmix.stems import demucs_separator
from affectmix.stems.classical import ClassicalSeparator
from affectmix.stems.demucs_separator import DemucsSeparator
from affectmix.stems.separator import make_separator
from affectmix.stems.weights import digest, load_weights, weight_faults, weight_files
from demucs.apply import apply_model
from tiny_demucs import SOURCES, write_tiny_demucs

RATE = 44_100
SETTINGS = {
    "kind": "demucs",
    "model": "tiny",
    "repo": "weights",
    "shifts": 0,
    "overlap": 0.25,
    "segment": None,
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    write_tiny_demucs(folder / "weights")
    return folder


@pytest.fixture
def mix() -> np.ndarray:
    rng = np.random.default_rng(5)
    wave = rng.normal(size=(2, int(1.5 * RATE))).astype(np.float32)
    return wave / wave.mean(axis=0).std()


def separator(home: Path, **changes: Any) -> Any:
    return make_separator(SETTINGS | changes, home=home)


def test_stems_are_those_of_demucs_itself(home: Path, mix: np.ndarray) -> None:
    model = demucs.pretrained.get_model("tiny", home / "weights")
    with torch.no_grad():
        expected = apply_model(model, torch.from_numpy(mix)[None], shifts=0, overlap=0.25)[0]
    found = separator(home)(mix, RATE, seed=1)
    assert found.shape == (3, 2, mix.shape[1])
    for name, stem in zip(("vocals", "drums", "bass"), found, strict=True):
        np.testing.assert_allclose(stem, expected[SOURCES.index(name)].numpy(), atol=1e-5)


def test_the_same_again_and_another_with_shifts(home: Path, mix: np.ndarray) -> None:
    plain = separator(home)(mix, RATE, seed=1)
    np.testing.assert_array_equal(plain, separator(home)(mix, RATE, seed=2))
    shifted = separator(home, shifts=1)
    first = shifted(mix, RATE, seed=1)
    np.testing.assert_array_equal(first, shifted(mix, RATE, seed=1))
    assert np.abs(first - plain).max() > 1e-4
    assert np.abs(first - shifted(mix, RATE, seed=2)).max() > 1e-4


@pytest.mark.parametrize(("channels", "rate"), [(1, 44_100), (2, 32_000), (1, 8_000), (1, 48_000)])
def test_stems_have_the_clips_channels_rate_and_length(
    channels: int, rate: int, home: Path
) -> None:
    mix = np.random.default_rng(2).normal(size=(channels, rate + 7)).astype(np.float32)
    found = separator(home)(mix, rate, seed=1)
    assert found.shape == (3, *mix.shape)
    assert found.dtype == np.float32
    assert np.isfinite(found).all()


def test_models_that_cannot_serve(home: Path) -> None:
    folder = home / "two"
    write_tiny_demucs(folder, "two", sources=("vocals", "rest"))
    with pytest.raises(ConfigError, match=r"separates \['vocals', 'rest'\]; 'drums' is missing"):
        separator(home, model="two", repo="two")
    with pytest.raises(ConfigError, match=r"segment: 3 s is longer .* at most 1 s"):
        separator(home, segment=3)
    assert separator(home, segment=0.5).segment_s == 0.5


def scarce(limit_s: float) -> Callable[..., torch.Tensor]:
    """Return an apply_model on a GPU that holds no longer segments than ``limit_s``."""

    def apply(model: Any, mix: torch.Tensor, *, segment: float | None, **_: Any) -> torch.Tensor:
        if (segment or float(model.segment)) > limit_s:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        return apply_model(model, mix, segment=segment, shifts=0, overlap=0.25)

    return apply


def test_a_small_gpu_gets_smaller_segments_and_it_is_said(
    home: Path, mix: np.ndarray, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(demucs_separator, "_SHORTEST_SEGMENT_S", 0.2)
    monkeypatch.setattr(demucs_separator, "apply_model", scarce(0.3))
    tight = separator(home)
    with caplog.at_level(logging.WARNING):
        found = tight(mix, RATE, seed=1)
    assert found.shape == (3, *mix.shape)
    assert tight.segment_s == 0.25
    assert [r.getMessage() for r in caplog.records] == [
        "the GPU's memory does not suffice for segments of 1 s; going on with 0.5 s, which "
        "separates a little worse",
        "the GPU's memory does not suffice for segments of 0.5 s; going on with 0.25 s, which "
        "separates a little worse",
    ]
    caplog.clear()
    tight(mix, RATE, seed=1)
    assert not caplog.records


def test_a_gpu_that_is_too_small(
    home: Path, mix: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demucs_separator, "apply_model", scarce(0.0))
    with pytest.raises(AffectMixError, match=r"segments of 1 s.*CUDA_VISIBLE_DEVICES="):
        separator(home)(mix, RATE, seed=1)


def test_a_wrong_checksum_is_demucs_own_finding(tmp_path: Path) -> None:
    write_tiny_demucs(tmp_path / "w")
    (file,) = (tmp_path / "w").iterdir()
    file.write_bytes(file.read_bytes() + b"x")
    with pytest.raises(ConfigError, match=r"Invalid checksum.*Delete the file and fetch it again"):
        load_weights("tiny", "w", home=tmp_path)


def test_no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: Any, **__: Any) -> None:
        raise urllib.error.URLError("no route to host")

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.setattr("demucs.hf.get_hf_model", unreachable)
    monkeypatch.setattr("torch.hub.load_state_dict_from_url", unreachable)
    with pytest.raises(ConfigError) as caught:
        load_weights("htdemucs", None)
    for said in ("no route to host", "955717e8-8726e21a.th", "htdemucs.yaml", "`repo`"):
        assert said in str(caught.value)


def test_what_is_missing_is_known_before_the_start(home: Path) -> None:
    def faults(**changes: Any) -> str:
        return "; ".join(weight_faults("separators.x", SETTINGS | changes, home=home))

    assert faults() == ""
    assert faults(model="htdemucs", repo=None) == ""
    assert "'htdemux' is not a pretrained model of demucs (did you mean 'htdemucs'?)" in faults(
        model="htdemux", repo=None
    )
    assert "there is no folder 'nowhere'; make it and put the weights of 'tiny' there" in faults(
        repo="nowhere"
    )
    lacking = faults(model="htdemucs")
    assert "the folder 'weights' lacks the weights htdemucs of 'htdemucs'" in lacking
    assert "https://dl.fbaipublicfiles.com/demucs/hybrid_transformer/955717e8" in lacking
    (home / "weights" / "bag.yaml").write_text("models: [tiny, other]\n", encoding="utf-8")
    assert "lacks the weights other of 'bag'" in faults(model="bag")
    assert [f.suffix for f in weight_files("bag", home / "weights")] == [".yaml", ".th"]


def test_safetensors_are_read_without_pickle(home: Path, tmp_path: Path) -> None:
    model = write_tiny_demucs(tmp_path / "other")
    kwargs = model._init_args_kwargs[1]
    kwargs = kwargs | {"segment": {"_type": "fraction", "numerator": 1, "denominator": 1}}
    described = {"klass": "demucs.htdemucs.HTDemucs", "args": "[]", "kwargs": json.dumps(kwargs)}
    folder = tmp_path / "safe"
    folder.mkdir()
    state = {name: values.contiguous() for name, values in model.state_dict().items()}
    safetensors.torch.save_file(state, folder / "abc.safetensors", metadata=described)
    (folder / "own.yaml").write_text("models: [abc]\n", encoding="utf-8")
    assert not weight_faults("s", SETTINGS | {"model": "own", "repo": str(folder)})
    loaded = load_weights("own", str(folder))
    assert digest(loaded.models[0]) == digest(load_weights("tiny", "weights", home=home))


def test_the_kinds_of_separator() -> None:
    assert isinstance(make_separator({"kind": "classical"}), ClassicalSeparator)
    assert DemucsSeparator.__doc__
    with pytest.raises(ValueError, match="spleeter"):
        make_separator({"kind": "spleeter"})
