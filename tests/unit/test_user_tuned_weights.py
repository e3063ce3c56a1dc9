"""Where a backbone's first weights are from: published ones, files, checksums, and refusals."""

from __future__ import annotations

import hashlib
import io
import pickle
import re
import urllib.error
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from affectmix.config.general_models import weight_file
from affectmix.config.project import Project
from affectmix.errors import ConfigError
from affectmix.learners.user_tuned import weights as weights_module
from affectmix.learners.user_tuned.backbones import digest, make_backbone
from affectmix.learners.user_tuned.published_weights import Published, place_of, published
from affectmix.learners.user_tuned.weights import fetch, give_weights
from pytorchcv.models.mobilenetv3 import mobilenetv3_large_w1

NAME = "mobilenetv3_large"


@pytest.fixture(scope="module")
def state() -> bytes:
    """Return a file of weights of the whole network, as pytorchcv publishes them."""
    file = io.BytesIO()
    torch.save(mobilenetv3_large_w1().state_dict(), file)
    return file.getvalue()


def own(path: Path, content: bytes, **changed: str) -> dict[str, str]:
    path.write_bytes(content)
    return {"path": str(path), "sha256": hashlib.sha256(content).hexdigest(), **changed}


def test_published_files_are_pytorchcvs() -> None:
    found = published(NAME)
    assert re.fullmatch(r"mobilenetv3_large_w1-\d{4}-[0-9a-f]{8}\.pth", found.file)
    assert found.sha1.startswith(found.file[-12:-4])
    assert found.url.endswith(f"/{found.file}.zip")
    assert published("efficientnet_b3").file.startswith("efficientnet_b3-")
    with pytest.raises(ConfigError, match="'small' has no ImageNet weights"):
        published("small")


def test_a_file_gives_its_weights(tmp_path: Path, state: bytes) -> None:
    backbone = make_backbone(NAME)
    said = give_weights(backbone, NAME, own(tmp_path / "w.pth", state))
    assert said["origin"] == "file"
    assert said["sha256"] == hashlib.sha256(state).hexdigest()
    loaded = torch.load(io.BytesIO(state), weights_only=True)
    first = loaded["features.init_block.conv.weight"]
    torch.testing.assert_close(next(backbone.parameters()), first)


@pytest.mark.parametrize("fault", ["checksum", "missing", "pickle", "other network", "no weights"])
def test_a_file_that_cannot_be_used_changes_nothing(
    tmp_path: Path, state: bytes, fault: str
) -> None:
    file, ran = tmp_path / "w.pth", tmp_path / "ran"

    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (ran,)

    contents = {"pickle": pickle.dumps(Evil()), "checksum": state, "missing": state}
    if fault in ("other network", "no weights"):
        buffer = io.BytesIO()
        torch.save({"a": torch.zeros(1)} if fault == "other network" else [1], buffer)
        contents[fault] = buffer.getvalue()
    asked = own(file, contents[fault])
    if fault == "checksum":
        asked["sha256"] = "0" * 64
    if fault == "missing":
        file.unlink()
    expected = {
        "checksum": "its sha256 is",
        "missing": "no such file of weights",
        "pickle": "not a file of plain weights",
        "other network": "are not those of pytorchcv's",
        "no weights": "holds no weights by name",
    }
    backbone = make_backbone(NAME)
    before = digest(backbone)
    with pytest.raises(ConfigError, match=expected[fault]):
        give_weights(backbone, NAME, asked)
    assert digest(backbone) == before
    assert not ran.exists()


def archive_of(state: bytes, name: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, state)
    return buffer.getvalue()


def answer(monkeypatch: pytest.MonkeyPatch, known: Published, content: bytes | Exception) -> None:
    """Let the network answer with a file, or fail."""

    def urlopen(url: str, timeout: float) -> io.BytesIO:
        assert url == known.url
        if isinstance(content, Exception):
            raise content
        return io.BytesIO(content)

    monkeypatch.setattr(weights_module, "published", lambda backbone: known)
    monkeypatch.setattr(weights_module.urllib.request, "urlopen", urlopen)


def test_fetched_weights_are_checked_and_then_given(
    tmp_path: Path, state: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Published("w.pth", hashlib.sha1(state).hexdigest(), "https://example.org/w.pth.zip")
    answer(monkeypatch, known, archive_of(state, "w.pth"))
    said = fetch(NAME, tmp_path / place_of(NAME))
    assert said["sha256"] == hashlib.sha256(state).hexdigest()
    given = give_weights(make_backbone(NAME), NAME, "imagenet", home=tmp_path)
    assert given == {"origin": "imagenet", "file": f"{NAME}.pth", "sha256": said["sha256"]}


@pytest.mark.parametrize("fault", ["altered", "no network", "no archive"])
def test_what_cannot_be_fetched_leaves_no_file(
    tmp_path: Path, state: bytes, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    known = Published("w.pth", hashlib.sha1(state).hexdigest(), "https://example.org/w.pth.zip")
    contents = {
        "altered": archive_of(state + b"x", "w.pth"),
        "no network": urllib.error.URLError("no route"),
        "no archive": b"<html>",
    }
    answer(monkeypatch, known, contents[fault])
    with pytest.raises(ConfigError, match="expected is" if fault == "altered" else "put w.pth"):
        fetch(NAME, tmp_path / "w.pth")
    assert list(tmp_path.iterdir()) == []


def config(cells: dict[str, Any] | None = None, **learner: Any) -> dict[str, Any]:
    demo = {"adapter": "demo", "part": "music", "clips": 60, "duration": 10, "seed": 1}
    block = {"learners": ["m"], "features": ["f"], "mixtures": [{"demo": 1}]}
    return {
        "corpora": {"demo": demo},
        "features": {
            "f": {"set": "frames"},
            "two": {"set": "frames", "stem": ["mix", "vocals"], "separator": "s"},
        },
        "separators": {"s": {"kind": "classical"}},
        "schemes": {"holdout_70_15_15": {}},
        "learners": {"m": {"kind": "user_tuned", **learner}},
        "experiments": {
            "e": {"cells": [{**block, "schemes": ["holdout_70_15_15"], **(cells or {})}]}
        },
    }


@pytest.mark.parametrize(
    ("learner", "cells", "message"),
    [
        ({"weights": "imagnet"}, {}, r"weights: 'imagnet' \(did you mean 'imagenet'\?\)"),
        ({"weights": "imagenet", "backbone": "small"}, {}, "has no published weights"),
        ({"weights": {"path": "x", "sha256": "12"}}, {}, "'12' is no SHA-256"),
        ({"weights": {"path": "x"}}, {}, "'sha256' is missing"),
        ({"frame_s": 10}, {}, "are 40 s, but excerpt_s is 30"),
        ({}, {"features": ["two"]}, "listens to one stem"),
        ({}, {"protocols": ["paper"]}, "chooses among epochs by a fold that is not reported"),
        ({"backbone": "vgg"}, {}, "'vgg'; allowed are"),
    ],
)
def test_settings_that_cannot_be_used(
    learner: dict[str, Any], cells: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        Project(config(cells, **learner))


def test_a_cell_reads_the_file_of_its_weights() -> None:
    base = {"kind": "user_tuned", "backbone": NAME}
    assert weight_file({**base, "weights": "random"}) is None
    assert weight_file({**base, "weights": "imagenet"}) == f"results/weights/{NAME}.pth"
    assert weight_file({**base, "weights": {"path": "a/b.pth", "sha256": "0"}}) == "a/b.pth"
    assert weight_file({"kind": "svr"}) is None
