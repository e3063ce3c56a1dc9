"""Weights of demucs models: whether they can be had, and loading them through demucs' code.

PyTorch is loaded when weights are, and not before: a configuration is checked without it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from affectmix.config.validate import nearest
from affectmix.errors import ConfigError

_HUB: Final = "hf://"
_ENDINGS: Final = (".th", ".safetensors")


def weight_faults(where: str, settings: Mapping[str, Any], *, home: str | Path = ".") -> list[str]:
    """Return why the weights of a separator cannot be there, as far as files tell.

    Args:
        where: the separator's key, for messages.
        settings: its settings, of kind ``demucs``.
        home: folder that a relative ``repo`` starts from.
    """
    model, repo = settings["model"], settings["repo"]
    if repo is None:
        known = pretrained_names()
        if model in known or model.startswith(_HUB):
            return []
        return [
            f"{where}.model: {model!r} is not a pretrained model of demucs"
            f"{nearest(model, known)}; known are {known}. For a model of your own give the folder "
            "that holds it as `repo`"
        ]
    folder = Path(home) / Path(repo).expanduser()
    if not folder.is_dir():
        return [
            f"{where}.repo: there is no folder {repo!r}; make it and put the weights of {model!r} "
            f"there ({_how(model)}), or leave `repo` out to have them downloaded"
        ]
    missing = [sig for sig in _signatures(model, folder) if _file_of(sig, folder) is None]
    if not missing:
        return []
    return [
        f"{where}: the folder {repo!r} lacks the weights {', '.join(missing)} of {model!r}; put "
        f"them there ({_how(model)})"
    ]


def weight_files(model: str, repo: str | Path) -> list[Path]:
    """Return the files in a local folder that a model is read from, sorted."""
    folder = Path(repo).expanduser()
    files = [_file_of(sig, folder) for sig in _signatures(model, folder)]
    bag = folder / f"{model}.yaml"
    return sorted([file for file in files if file] + ([bag] if bag.is_file() else []))


def load_weights(
    model: str, repo: str | None, *, home: str | Path = ".", fetched: bool = False
) -> Any:
    """Return a demucs model ready for use.

    Pretrained ones are downloaded and checksummed by demucs, once; in a local folder, ``.th``
    files carry their checksum in their name. They are pickles, which can run code when they
    are read: take them only from whom you trust. ``.safetensors`` files, as demucs' authors
    publish them, are read where they lie in the folder, and cannot.

    Args:
        model: a name that demucs knows, or that of a file in ``repo``.
        repo: a local folder, or None for demucs' own weights.
        home: folder that a relative ``repo`` starts from.
        fetched: that they are on this machine already. The hub is then not asked again, which
            takes half a minute without a network, and could answer with newer ones.

    Raises:
        ConfigError: they are missing, broken or cannot be downloaded; the message says where
            to put them.
    """
    if fetched:
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from demucs.pretrained import get_model
    from demucs.repo import ModelLoadingError

    folder = None if repo is None else Path(home) / Path(repo).expanduser()
    try:
        if folder is not None and _is_safe(model, folder):
            return _load_safe(model, folder)
        return get_model(model, folder)
    except (ModelLoadingError, RuntimeError, KeyError, EOFError, pickle.UnpicklingError) as error:
        place = "demucs' cache" if folder is None else str(folder)
        raise ConfigError(
            f"the weights of demucs' {model!r} in {place} cannot be used ({error}). Delete the "
            f"file and fetch it again: {_how(model)}"
        ) from error
    except OSError as error:  # urllib's and the hub's errors are of this kind
        if folder is not None:
            raise ConfigError(f"{folder}: cannot be read ({error}); make it readable") from error
        raise ConfigError(
            f"the weights of demucs' {model!r} are not on this machine and cannot be downloaded "
            f"({error}). Where there is a network, fetch {_how(model)}; put the files into a "
            "folder, and name it as the separator's `repo`, for example resources/weights/"
            f"{model.rpartition('/')[2]}"
        ) from error


def digest(model: Any) -> str:
    """Return 16 hexadecimal digits that stand for the values of a model's parameters."""
    found = hashlib.sha256()
    for name, values in sorted(model.state_dict().items()):
        found.update(name.encode() + values.detach().cpu().contiguous().numpy().tobytes())
    return found.hexdigest()[:16]


def pretrained_names() -> list[str]:
    """Return the names of the pretrained models that the installed demucs knows."""
    return sorted(file.stem for file in _remote().glob("*.yaml"))


def _remote() -> Path:
    """Return the folder in which demucs lists its pretrained models, without importing it."""
    spec = importlib.util.find_spec("demucs")
    if spec is None or spec.origin is None:
        raise ConfigError("the package demucs is not installed; run `make setup`")
    return Path(spec.origin).parent / "remote"


def _how(model: str) -> str:
    """Say what has to be fetched for a model, and from where."""
    bag = _remote() / f"{model}.yaml"
    if not bag.is_file():
        return f"{model}-CHECKSUM.th, or {model}.yaml with the .th files that it names"
    signatures = yaml.safe_load(bag.read_text(encoding="utf-8"))["models"]
    root, urls = "", []
    for line in (_remote() / "files.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("root:"):
            root = line.partition(":")[2].strip()
        elif line.partition("-")[0] in signatures:
            urls.append(f"https://dl.fbaipublicfiles.com/demucs/{root}{line.strip()}")
    return f"{', '.join(urls)}, and beside it a copy of {bag}"


def _signatures(model: str, folder: Path) -> list[str]:
    """Return the names of the parts of a model in a local folder: its own without a bag."""
    bag = folder / f"{model}.yaml"
    if not bag.is_file():
        return [model]
    return [str(sig) for sig in yaml.safe_load(bag.read_text(encoding="utf-8"))["models"]]


def _file_of(signature: str, folder: Path) -> Path | None:
    """Return the file of one part, ``{signature}.th`` or ``{signature}-{checksum}.th``."""
    for file in sorted(folder.iterdir(), reverse=True):
        checked = file.suffix == ".th" and file.stem.rpartition("-")[0] == signature
        if checked or file.name in {f"{signature}{ending}" for ending in _ENDINGS}:
            return file
    return None


def _is_safe(model: str, folder: Path) -> bool:
    """Return whether every part of a model lies in a folder as safetensors."""
    return all((folder / f"{sig}.safetensors").is_file() for sig in _signatures(model, folder))


def _load_safe(model: str, folder: Path) -> Any:
    """Return a model from a folder laid out as the repositories of demucs' authors are."""
    from demucs.apply import BagOfModels
    from demucs.hf import load_safetensors_model

    parts = [
        load_safetensors_model(folder / f"{s}.safetensors") for s in _signatures(model, folder)
    ]
    bag = folder / f"{model}.yaml"
    said = yaml.safe_load(bag.read_text(encoding="utf-8")) if bag.is_file() else {}
    return BagOfModels(parts, said.get("weights"), said.get("segment")).eval()
