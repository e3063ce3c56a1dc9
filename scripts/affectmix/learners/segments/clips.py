"""Log-mels of clips where the network is, and the segments sliced out of them there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from affectmix.learners.segments.grid import Segments

_SHARE = 0.5  # of a GPU's free memory that the clips may take
_CHUNK = 64  # clips turned around at once


@dataclass(frozen=True)
class Scale:
    """Means and deviations of the training clips' levels, in stored units.

    Attributes:
        mean, deviation: of each stem and band, float32 [shape=(stems, bands)].
    """

    mean: npt.NDArray[np.float32]
    deviation: npt.NDArray[np.float32]


class Clips:
    """Log-mels of all clips in one tensor, in the type they came in, and their lengths.

    They are on the device whole if they fit, else in pinned memory, from where each batch's
    segments are sent while the one before is computed.

    Args:
        X: levels [shape=(n, stems, bands, frames), float16 or uint8]; what is not heard is NaN
            where the type has it, and only at the end.
        heard: frames of each clip [shape=(n,)]; None to find them by their NaN.
        device: where the network is.
    """

    def __init__(self, X: np.ndarray, *, heard: np.ndarray | None = None, device: str) -> None:
        if heard is None:
            heard = heard_frames(X)
        self.heard = np.asarray(heard)
        self.stems, self.bands, self.frames = X.shape[1:]
        self.device = torch.device(device)
        stored = torch.empty(
            (len(X), self.frames, self.stems, self.bands), dtype=torch.from_numpy(X[:0]).dtype
        )
        for at in range(0, len(X), _CHUNK):  # time first: a segment is one piece of memory
            part = torch.from_numpy(np.ascontiguousarray(X[at : at + _CHUNK].transpose(0, 3, 1, 2)))
            stored[at : at + len(part)] = part
        self._levels = self._placed(stored).flatten(0, 1)

    def _placed(self, stored: Tensor) -> Tensor:
        if self.device.type == "cpu":
            return stored
        free, _ = torch.cuda.mem_get_info(self.device)
        fits = stored.numel() * stored.element_size() < _SHARE * free
        return stored.to(self.device) if fits else stored.pin_memory()

    def __len__(self) -> int:
        return len(self.heard)

    def scale_of(self, rows: np.ndarray) -> Scale:
        """Return mean and deviation of the heard frames of some clips."""
        size = 2, self.stems, self.bands
        sums = torch.zeros(size, dtype=torch.float64, device=self._levels.device)
        for row in rows:
            at = int(row) * self.frames
            own = self._levels[at : at + int(self.heard[row])].double()
            sums += torch.stack([own.sum(0), own.square().sum(0)])
        total = sums.cpu()
        count = max(int(self.heard[rows].sum()), 1)
        mean = total[0] / count
        deviation = (total[1] / count - mean.square()).clamp_min(0).sqrt().clamp_min(1e-3)
        return Scale(mean.float().numpy(), deviation.float().numpy())

    def places(self, segments: Segments) -> Tensor:
        """Return where segments begin among all clips' frames, on the device [shape=(s,)]."""
        first = torch.from_numpy(segments.clip * self.frames + segments.frame)
        return first.to(self._levels.device)

    def slices(self, places: Tensor, width: int) -> Tensor:
        """Return segments as pictures. [shape=(b, stems, width, bands), as stored]

        Args:
            places: of ``places`` [shape=(b,)].
            width: frames of each.
        """
        rows = places[:, None] + torch.arange(width, device=places.device)
        taken = self._levels[rows]
        if taken.device.type != self.device.type:  # "cuda" is not equal to "cuda:0"
            taken = taken.pin_memory().to(self.device, non_blocking=True)
        return taken.permute(0, 2, 1, 3)


def heard_frames(X: np.ndarray) -> npt.NDArray[np.int64]:
    """Return how many frames from its start each clip has before the first NaN. [shape=(n,)]"""
    if not np.issubdtype(X.dtype, np.floating):
        return np.full(len(X), X.shape[-1])
    lost = np.isnan(X[:, 0, 0, :])
    return np.where(lost.any(axis=1), lost.argmax(axis=1), X.shape[-1])


def normalised(pictures: Tensor, scale: tuple[Tensor, Tensor]) -> Tensor:
    """Return pictures with each stem's bands standardised, float32, same shape.

    Args:
        pictures: [shape=(b, stems, width, bands)].
        scale: mean and inverse deviation [shapes=(stems, 1, bands)].
    """
    return (pictures.float() - scale[0]) * scale[1]
