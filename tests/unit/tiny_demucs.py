"""A demucs model of a second's segments, as small as one can be, in a folder of its own."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import torch
from demucs.htdemucs import HTDemucs
from demucs.states import get_state, save_with_checksum

SOURCES = ("drums", "bass", "other", "vocals")


def write_tiny_demucs(
    folder: Path, name: str = "tiny", *, sources: tuple[str, ...] = SOURCES, **size: Any
) -> HTDemucs:
    """Write ``{name}-{checksum}.th`` of a random model and return the model.

    Args:
        folder: made when missing.
        name: under which demucs finds it there.
        sources: what it separates.
        size: settings of HTDemucs that make it larger.
    """
    settings: dict[str, Any] = {
        "sources": list(sources),
        "channels": 8,
        "t_layers": 1,
        "t_heads": 2,
        "nfft": 1024,
        "dconv_mode": 0,
        "segment": Fraction(1),
        **size,
    }
    torch.manual_seed(0)
    model = HTDemucs(**settings)
    folder.mkdir(parents=True, exist_ok=True)
    package = {
        "klass": HTDemucs,
        "args": (),
        "kwargs": settings,
        "state": get_state(model, None),
        "training_args": {},
    }
    save_with_checksum(package, folder / f"{name}.th")
    return model.eval()
