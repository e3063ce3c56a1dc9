"""How many models go through a network together: as many as memory holds, and fewer where not."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import TypeVar

import torch

from affectmix.errors import AffectMixError
from affectmix.learners.emomucs.networks import Network

_CPU_NUMBERS = 4_000_000  # kept at once: a cache's worth; larger passes are slower, not faster
_GPU_BYTES = 32  # of its memory for each number: 4, gradients and workspace, and other jobs

_T = TypeVar("_T")


class Room:
    """What a device has room for.

    Args:
        network: the models' design.
        device: where they are.
    """

    def __init__(self, network: Network, device: torch.device) -> None:
        self._activations = network.activations
        if device.type == "cuda":
            self._numbers = torch.cuda.get_device_properties(device).total_memory // _GPU_BYTES
        else:
            self._numbers = _CPU_NUMBERS

    def models(self, clips: int) -> int:
        """Return how many models go through the network together, with ``clips`` clips each."""
        return max(1, self._numbers // (clips * self._activations))

    def passes(self, models: int, clips: int, run: Callable[[slice], _T]) -> Iterator[_T]:
        """Yield what ``run`` makes of models, as many at once as there is room for.

        Where a GPU's memory runs out, half as many are tried, from then on: each model comes
        out the same, as none sees another.

        Args:
            models: how many there are.
            clips: of each, in one pass.
            run: takes a slice of them; where it raises ``torch.cuda.OutOfMemoryError``, it has
                changed nothing.

        Raises:
            AffectMixError: there is no room for a single model.
        """
        at = 0
        while at < models:
            some = slice(at, min(at + self.models(clips), models))
            failure = ""
            try:
                made = run(some)
            except torch.cuda.OutOfMemoryError as error:
                failure = str(error) or "out of memory"
            if failure:  # what the pass held is free only now that the error is forgotten
                self._shrink(some.stop - at, clips, failure)
                continue
            yield made
            at = some.stop

    def _shrink(self, tried: int, clips: int, reason: str) -> None:
        if tried == 1:
            raise AffectMixError(
                f"the GPU's memory does not suffice for a single network ({reason}). End what "
                "else runs on it, let fewer jobs run on it at a time (--resources gpu=1), or "
                "set the learner's device: cpu."
            )
        half = tried // 2
        self._numbers = half * clips * self._activations
        logging.warning(
            "the GPU's memory does not suffice for %d networks at once; going on with %d, which "
            "takes longer and changes no result",
            tried,
            half,
        )
        torch.cuda.empty_cache()
