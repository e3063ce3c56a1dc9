"""Where networks are trained: a GPU where there is one, or the CPU."""

from __future__ import annotations

import torch

from affectmix.errors import ConfigError


def choose_device(wanted: str) -> str:
    """Return ``cpu`` or ``cuda``; ``auto`` takes a GPU where torch finds one.

    Raises:
        ConfigError: a GPU is wanted, and there is none.
    """
    found = torch.cuda.is_available()
    if wanted == "cuda" and not found:
        raise ConfigError(
            "device: 'cuda' is wanted, but torch finds no GPU here; take auto or cpu, or install "
            "a torch that is built for the GPU"
        )
    return "cuda" if found and wanted != "cpu" else "cpu"
