"""What training a general model costs, in seconds of one core."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

# Seconds of one core for a pass forth and back over a frame as a picture of 300 × 300, measured
# on a processor of 2024; a pass without learning takes a third.
_FRAME_S: Final[Mapping[str, float]] = {
    "mobilenetv3_large": 0.11,
    "efficientnet_b3": 0.55,
    "small": 0.015,
}
_PLAIN: Final = 0.28  # pixels of a spectrogram of 6 s, by those of the picture
_HEADS_S: Final = 2e-4  # dense layers and LSTM, each epoch and frame


def general_seconds(settings: Mapping[str, Any], rows: float) -> tuple[float, str]:
    """Return the seconds that a learner of kind ``user_tuned`` trains, and what they stand for.

    Args:
        settings: the learner's.
        rows: clips that are trained on.
    """
    frames = rows * (settings["excerpt_s"] // settings["frame_s"])
    size = _PLAIN * settings["frame_s"] / 6 if settings["picture"] == "plain" else 1.0
    once = _FRAME_S[settings["backbone"]] * size
    passes = settings["epochs"] if settings["training"] == "finetune" else 1 / 3
    heads = _HEADS_S * (settings["epochs"] + settings["lstm_epochs"])
    return frames * (passes * once + heads), "on CPUs; a GPU takes a few percent of it"
