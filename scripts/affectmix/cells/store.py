"""Final models on disk: numbers as safetensors, all else as JSON, a card, and checksums."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from affectmix.cells.card import model_card, output_in_words
from affectmix.cells.conformal import Calibration
from affectmix.cells.domain import Domain
from affectmix.cells.final import FinalModel
from affectmix.cells.folder import ARRAYS, CALIBRATION, CARD, MODEL, check_folder, write_sums
from affectmix.errors import AffectMixError
from affectmix.files import replacing, write_json, write_text
from affectmix.learners import load_models
from affectmix.learners.base import TargetModel
from affectmix.provenance.versions import versions

if TYPE_CHECKING:
    from affectmix.tuning.correction import Correction

FORMAT = 2
_DOMAIN = "domain."


def save_model(model: FinalModel, folder: str | Path) -> None:
    """Write a model's folder: its arrays, what calibrates it, its card, and their checksums."""
    folder = Path(folder)
    description = {
        "format": FORMAT,
        "targets": list(model.models),
        "output": output_in_words(model.description["settings"]),
        "feature_names": model.feature_names,
        "versions": versions(),
        **model.description,
    }
    arrays = {
        f"{target}.{name}": array
        for target, fitted in model.models.items()
        for name, array in fitted.to_arrays().items()
    }
    _save_arrays(arrays, folder / ARRAYS)
    beside = {} if model.calibration is None else model.calibration.to_arrays()
    if model.domain is not None:
        beside |= {f"{_DOMAIN}{name}": a for name, a in model.domain.to_arrays().items()}
    _save_arrays(beside, folder / CALIBRATION)
    write_text(model_card(description, model.calibration, model.domain), folder / CARD)
    write_json(description, folder / MODEL)
    write_sums(folder)


def load_model(folder: str | Path) -> FinalModel:
    """Return the model that :func:`save_model` wrote, after checking that it is unaltered.

    Raises:
        AffectMixError: a file is missing, altered or damaged, or of a format that is not known.
    """
    folder = Path(folder)
    check_folder(folder)
    description = read_description(folder)
    try:
        arrays, beside = load_file(folder / ARRAYS), load_file(folder / CALIBRATION)
        kind = description["settings"]["learner"]["kind"]
        models = load_models(
            kind, {target: _part(arrays, f"{target}.") for target in description["targets"]}
        )
        calibration = Calibration.from_arrays(beside) if "clips" in beside else None
        own = _part(beside, _DOMAIN)
        domain = Domain.from_arrays(own) if own else None
        tuning = _tuning(folder, description, models)
    except (OSError, SafetensorError) as error:
        raise AffectMixError(
            f"{folder}: its arrays are not readable as safetensors ({error}), and nothing else is "
            "opened here. Make the model anew, or copy it again."
        ) from error
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise AffectMixError(
            f"{folder}: what is in it does not fit together ({type(error).__name__}: {error}). "
            "Make the model anew, or copy it again."
        ) from error
    if tuning is not None:  # the errors were the general model's
        calibration = None
    names = description["feature_names"]
    return FinalModel(models, names, description, calibration, domain, tuning)


def read_description(folder: str | Path) -> dict[str, Any]:
    """Return what ``model.json`` says, of a format that is known.

    Raises:
        AffectMixError: it is not readable, or of another format.
    """
    file = Path(folder) / MODEL
    try:
        description = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise AffectMixError(
            f"{file}: not readable as JSON ({error}); copy the model again, or make it anew."
        ) from error
    found = description.get("format") if isinstance(description, dict) else None
    if found != FORMAT:
        raise AffectMixError(
            f"{file}: format {found!r}; this version reads format {FORMAT}. Use the AffectMix "
            "version named under 'versions' there, or make the model anew."
        )
    return description


def _save_arrays(arrays: Mapping[str, np.ndarray], path: Path) -> None:
    with replacing(path) as temporary:
        save_file({name: np.array(array, order="C") for name, array in arrays.items()}, temporary)
        temporary.chmod(0o644)  # safetensors writes for the owner alone, and models are shared


def _tuning(
    folder: Path, description: Mapping[str, Any], models: Mapping[str, TargetModel]
) -> Correction | None:
    if "tuned" not in description:
        return None
    from affectmix.tuning.tune import load_correction  # here, as few models are tuned

    return load_correction(folder, description, models)


def _part(arrays: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {n.removeprefix(prefix): a for n, a in arrays.items() if n.startswith(prefix)}
