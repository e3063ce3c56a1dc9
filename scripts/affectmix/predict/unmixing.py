"""The stems of a piece of new audio, made as those that a model was trained on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import numpy as np

from affectmix.audio.decode import to_mono
from affectmix.errors import AffectMixError
from affectmix.stems.names import STEMS, SeparatorKind
from affectmix.stems.separator import Separator, make_separator

_MOST_CHANNELS: Final = 2


def stems_of(
    mix: np.ndarray, sample_rate: int, separator: Mapping[str, Any]
) -> dict[str, np.ndarray]:
    """Return the stems of a piece of audio, which add up to it.

    Args:
        mix: float32 [shape=(channels, n)]; of more than two channels the mean is taken.
        sample_rate: in Hz.
        separator: its settings, as ``separators`` in a configuration has them.

    Returns:
        Stem → float32 [shape=(channels, n)].

    Raises:
        AffectMixError: the model was trained on true stems, which nothing here can make, or
            weights are missing.
        AudioError: the mix is too loud for stems at full scale.
    """
    from affectmix.stems.blocks import separated_blocks
    from affectmix.stems.flac import whole_stems

    if len(mix) > _MOST_CHANNELS:
        mix = to_mono(mix)[np.newaxis]
    made = _separator(json.dumps(dict(separator), sort_keys=True))
    bits = int(separator.get("bits", 16))
    estimates = np.concatenate(list(separated_blocks(mix, sample_rate, made, seed=0)), axis=2)
    whole, _ = whole_stems(mix, estimates, bits=bits)
    full_scale = np.float32(2 ** (bits - 1))
    return {
        stem: one.astype(np.float32) / full_scale for stem, one in zip(STEMS, whole, strict=True)
    }


def check_separator(folder: object, separator: Mapping[str, Any]) -> None:
    """Raise AffectMixError where no separator can make the stems that a model hears."""
    if SeparatorKind(separator["kind"]) is SeparatorKind.TRUE_STEMS:
        raise AffectMixError(
            f"{folder}: was trained on the true stems that its corpus brings, which cannot be "
            "made of a mix; take a model of the mix, or train one on stems of a separator "
            "(kind: demucs or classical)"
        )


@cache
def _separator(settings: str) -> Separator:
    return make_separator(json.loads(settings))
