"""A backbone's first weights: published ones, those of a file, or random ones."""

from __future__ import annotations

import hashlib
import io
import pickle
import urllib.request
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from affectmix.errors import ConfigError
from affectmix.files import replacing
from affectmix.learners.user_tuned.backbones import load_published
from affectmix.learners.user_tuned.published_weights import place_of, published


def give_weights(
    backbone: nn.Module, name: str, weights: str | Mapping[str, Any], *, home: Path | str = "."
) -> dict[str, str]:
    """Give a new backbone its first weights, and return where they are from.

    Args:
        backbone: of ``make_backbone``, with random weights.
        name: its name.
        weights: ``random``, ``imagenet`` (the file that rule fetch_backbone left), or ``path``
            and ``sha256`` of a file like it.
        home: folder that paths are relative to.

    Raises:
        ConfigError: the file is missing, damaged, of another checksum or of another network.
    """
    if weights == "random":
        return {"origin": "random"}
    if isinstance(weights, str):
        known = published(name)
        file, kind, expected = Path(home) / place_of(name), "sha1", known.sha1
        missing = (
            f"run snakemake, which fetches it, or put {known.file} of {known.url} there; or take "
            "weights: random"
        )
        origin = "imagenet"
    else:
        file, kind = Path(home) / Path(weights["path"]).expanduser(), "sha256"
        expected, origin = weights["sha256"].lower(), "file"
        missing = "correct weights.path, or take weights: random"
    if not file.is_file():
        raise ConfigError(f"{file}: no such file of weights of {name}; {missing}")
    content = file.read_bytes()
    found = hashlib.new(kind, content).hexdigest()
    if found != expected:
        raise ConfigError(
            f"{file}: its {kind} is {found}, expected is {expected}: it is damaged, or another "
            f"file. {missing[0].upper()}{missing[1:]}"
        )
    load_published(backbone, name, read_state(content, file))
    sha256 = hashlib.sha256(content).hexdigest()
    return {"origin": origin, "file": file.name, "sha256": sha256}


def read_state(content: bytes, file: Path) -> dict[str, torch.Tensor]:
    """Return the tensors of a ``.pth`` file, in which no code is run.

    Raises:
        ConfigError: it holds anything but tensors by name.
    """
    try:
        state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except (RuntimeError, pickle.UnpicklingError, EOFError, ValueError, KeyError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ConfigError(
            f"{file}: not a file of plain weights ({first}); fetch it again"
        ) from None
    if not isinstance(state, dict) or not all(isinstance(v, torch.Tensor) for v in state.values()):
        raise ConfigError(f"{file}: holds no weights by name; give the file of a state dictionary")
    return state


def fetch(backbone: str, file: str | Path) -> dict[str, str]:
    """Download a backbone's ImageNet weights, check them, and write them to a file.

    Returns:
        Name, address, SHA-1 and SHA-256.

    Raises:
        ConfigError: they cannot be downloaded, or are not what pytorchcv's table says.
    """
    known = published(backbone)
    try:
        with urllib.request.urlopen(known.url, timeout=60) as answer:
            archive = answer.read()
        content = zipfile.ZipFile(io.BytesIO(archive)).read(known.file)
    except (OSError, zipfile.BadZipFile, KeyError) as error:  # urllib's errors are OSErrors
        raise ConfigError(
            f"{known.url} cannot be fetched ({error}). Where there is a network, fetch it, unpack "
            f"it, and put {known.file} there as {file}; or take weights: random for {backbone}"
        ) from error
    found = hashlib.sha1(content).hexdigest()
    if found != known.sha1:
        raise ConfigError(
            f"{known.url}: the SHA-1 of {known.file} is {found}, expected is {known.sha1}; it was "
            "damaged on its way, or altered there. Try again, or take weights: random"
        )
    with replacing(file) as temporary:
        Path(temporary).write_bytes(content)
    return {
        "file": known.file,
        "url": known.url,
        "sha1": found,
        "sha256": hashlib.sha256(content).hexdigest(),
    }
