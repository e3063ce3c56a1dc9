"""What every separator offers, and how one is made from the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from affectmix.stems.names import STEMS, SeparatorKind

ESTIMATED: Final = STEMS[:3]  # `other` is what these leave of the mix


class Separator(Protocol):
    """Takes audio apart.

    Attributes:
        device: what it computes on, such as ``cpu`` or ``cuda``.
        segment_s: length of the pieces that a network sees, in seconds; None without one.
    """

    device: str
    segment_s: float | None

    def __call__(self, mix: np.ndarray, sample_rate: int, *, seed: int) -> npt.NDArray[np.float32]:
        """Return estimates of vocals, drums and bass [shape=(3, channels, n)].

        Args:
            mix: float32, one or two channels, scaled to zero mean and unit standard
                deviation over the whole clip [shape=(channels, n)].
            sample_rate: in Hz.
            seed: of whatever is random.
        """


def make_separator(
    settings: Mapping[str, Any], *, home: str | Path = ".", threads: int = 1
) -> Separator:
    """Return the separator that a configuration's ``separators`` entry describes.

    Weights that are downloaded have to be there already, as ``fetch_weights`` leaves them.
    Stems of kind ``true_stems`` need no separator: see :mod:`affectmix.stems.given`.

    Args:
        settings: the entry, defaults filled in.
        home: folder that a relative ``repo`` starts from.
        threads: threads that it may use on a CPU.

    Raises:
        ConfigError: weights are missing or broken, or do not fit the settings.
    """
    if SeparatorKind(settings["kind"]) is SeparatorKind.CLASSICAL:
        from affectmix.stems.classical import ClassicalSeparator

        return ClassicalSeparator()
    # Here, because PyTorch takes seconds to load.
    from affectmix.stems.demucs_separator import DemucsSeparator
    from affectmix.stems.weights import load_weights

    model = load_weights(settings["model"], settings["repo"], home=home, fetched=True)
    return DemucsSeparator(
        model,
        shifts=settings["shifts"],
        overlap=settings["overlap"],
        segment_s=settings["segment"],
        threads=threads,
    )
