"""Stems as FLAC files whose whole numbers add up to the mix.

FLAC holds nothing beyond full scale, and a stem may go there where the mix does not. What a
stem has beyond it is held there, and the rest goes to the other stems, so that levels stay
true and the sum exact; a table counts the samples. ``other`` is what vocals, drums and bass
leave of the mix, whatever the separator made of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import soundfile

from affectmix.errors import AudioError
from affectmix.files import replacing
from affectmix.machine_faults import no_room
from affectmix.stems.names import STEMS, loudest_mix

_BLOCK: Final = 1 << 20  # samples read back at once
_COMPRESSION: Final = 0.2  # libsndfile's, from 0 to 1; more costs time and saves little


class StemWriter:
    """Writes a clip's stems block by block.

    Attributes:
        moved: samples of which a part went to another stem.
        written: samples of each channel so far.
    """

    def __init__(self, files: Sequence[soundfile.SoundFile], bits: int) -> None:
        self._files = files
        self._bits = bits
        self.moved = 0
        self.written = 0

    def write(self, mix: np.ndarray, estimates: np.ndarray) -> None:
        """Append a block.

        Args:
            mix: float32 [shape=(channels, n)].
            estimates: of vocals, drums and bass [shape=(3, channels, n)].

        Raises:
            AudioError: the mix is too loud for four stems at full scale.
        """
        stems, moved = whole_stems(mix, estimates, bits=self._bits)
        self.moved += moved
        self.written += stems.shape[2]
        for file, stem in zip(self._files, stems, strict=True):
            try:
                if self._bits == 16:
                    file.write(stem.T.astype(np.int16))
                else:  # libsndfile takes the upper 24 of 32 bits
                    file.write((stem.T << (32 - self._bits)).astype(np.int32))
            except (AssertionError, soundfile.LibsndfileError) as error:
                raise no_room(file.name) from error  # soundfile's way of saying so


@contextmanager
def writing_stems(
    folder: str | Path, *, sample_rate: int, channels: int, bits: int = 16
) -> Iterator[StemWriter]:
    """Yield a writer of ``{folder}/{stem}.flac``, which appear when all of them are whole.

    Args:
        folder: the clip's; made when missing.
        sample_rate: in Hz.
        channels: one or two.
        bits: 16 or 24 per sample.
    """
    with ExitStack() as renamed, ExitStack() as closed:
        paths = [renamed.enter_context(replacing(Path(folder) / f"{s}.flac")) for s in STEMS]
        files = [
            closed.enter_context(
                soundfile.SoundFile(
                    str(path.absolute()),
                    "w",
                    samplerate=sample_rate,
                    channels=channels,
                    subtype=f"PCM_{bits}",
                    format="FLAC",
                    compression_level=_COMPRESSION,
                )
            )
            for path in paths
        ]
        writer = StemWriter(files, bits)
        yield writer
        closed.close()
        for path in paths:
            _check_written(path, writer.written)


def _check_written(path: Path, samples: int) -> None:
    """Read a file back: libsndfile does not say when a full disk cuts what it closes."""
    read = 0
    try:
        with soundfile.SoundFile(str(path.absolute())) as file:
            while block := len(file.read(_BLOCK, dtype="int32")):
                read += block
    except soundfile.LibsndfileError as error:
        raise no_room(path) from error
    if read != samples:
        raise no_room(path)


def whole_stems(
    mix: np.ndarray, estimates: np.ndarray, *, bits: int
) -> tuple[npt.NDArray[np.int64], int]:
    """Return four stems in whole numbers whose sum is the mix's, and how many samples moved.

    Args:
        mix: float, full scale is 1 [shape=(channels, n)].
        estimates: of vocals, drums and bass [shape=(3, channels, n)].
        bits: of the whole numbers.

    Returns:
        Vocals, drums, bass, other [shape=(4, channels, n)], and the number of samples at
        which a stem was held at full scale.

    Raises:
        AudioError: the mix has samples beyond what four stems at full scale add up to.
    """
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    scaled = np.rint(np.asarray(mix, dtype=np.float64) * (1 << (bits - 1))).astype(np.int64)
    peak = float(np.abs(scaled).max(initial=0)) / (1 << (bits - 1))
    if peak > loudest_mix(bits):
        raise AudioError(
            f"its samples reach {peak:.1f} times full scale; four stems "
            f"can hold {len(STEMS)} times. Export the file again at a level below full scale"
        )
    wanted = np.rint(np.asarray(estimates, dtype=np.float64) * (1 << (bits - 1)))
    stems = np.empty((len(STEMS), *scaled.shape), dtype=np.int64)
    stems[:-1] = np.clip(wanted, low, high)
    held = (stems[:-1] != wanted).any(axis=0)
    rest = scaled - stems[:-1].sum(axis=0)
    stems[-1] = 0
    for stem in stems[::-1]:  # other takes what is left, then the rest as far as there is room
        filled = np.clip(stem + rest, low, high)
        rest = rest - (filled - stem)
        stem[:] = filled
        held |= rest != 0
    return stems, int(held.sum())
