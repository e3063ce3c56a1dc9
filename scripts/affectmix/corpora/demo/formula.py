"""What makes a demo clip arousing or pleasant: the causes and the written formula.

Every cause lies in [-1, 1]. A target's clean value is linear in *terms*; a term is a
cause or the product of two (``mode*tempo``). A clip's terms are the means of its
sections' terms, so that a clip's clean value is exactly the mean of its sections'.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

PARTS = ("music", "sounds")
TARGETS = ("valence", "arousal")
SHARED = ("tempo", "register", "loudness", "roughness", "brightness")
CAUSES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "music": (*SHARED, "mode"),
        "sounds": (*SHARED, "noisiness", "suddenness", "glide"),
    }
)

# part -> target -> term -> coefficient. The shared causes act alike in both parts, but
# not with the same strength: mixing the parts can help, and can also mislead a little.
FORMULA: Mapping[str, Mapping[str, Mapping[str, float]]] = MappingProxyType(
    {
        "music": {
            "valence": {
                "tempo": 0.22,
                "register": 0.18,
                "loudness": -0.08,
                "roughness": -0.42,
                "brightness": 0.26,
                "mode": 0.09,
                "mode*tempo": 0.04,
            },
            "arousal": {
                "tempo": 0.34,
                "register": 0.06,
                "loudness": 0.42,
                "roughness": 0.18,
                "brightness": 0.18,
                "loudness*tempo": 0.06,
            },
        },
        "sounds": {
            "valence": {
                "tempo": 0.18,
                "register": 0.16,
                "loudness": -0.10,
                "roughness": -0.36,
                "brightness": 0.22,
                "noisiness": -0.22,
                "suddenness": -0.10,
                "glide": 0.05,
            },
            "arousal": {
                "tempo": 0.34,
                "register": 0.06,
                "loudness": 0.44,
                "roughness": 0.18,
                "brightness": 0.16,
                "suddenness": 0.15,
                "glide": 0.04,
                "loudness*tempo": 0.06,
            },
        },
    }
)


def term_names(target: str) -> tuple[str, ...]:
    """Return the terms of ``target``'s formula over both parts, in a fixed order."""
    names = [term for part in PARTS for term in FORMULA[part][target]]
    return tuple(dict.fromkeys(names))


def terms(causes: FloatArray, part: str, names: tuple[str, ...]) -> FloatArray:
    """Return the value of each term [shape=(..., len(names))].

    A term with a cause that ``part`` does not have is 0 everywhere.

    Args:
        causes: values in [-1, 1] [shape=(..., len(CAUSES[part]))].
        part: ``music`` or ``sounds``.
        names: terms, e.g. ``("tempo", "mode*tempo")``.
    """
    columns = {name: causes[..., index] for index, name in enumerate(CAUSES[part])}
    absent = np.zeros(causes.shape[:-1])
    values = []
    for name in names:
        value = np.ones(causes.shape[:-1])
        for factor in name.split("*"):
            value = value * columns.get(factor, absent)
        values.append(value)
    return np.stack(values, axis=-1)


def clean_values(causes: FloatArray, part: str) -> FloatArray:
    """Return the formula's valence and arousal [shape=(..., 2)] of ``causes``."""
    values = []
    for target in TARGETS:
        formula = FORMULA[part][target]
        values.append(terms(causes, part, tuple(formula)) @ np.array(list(formula.values())))
    return np.stack(values, axis=-1)
