"""The one place where audio files are decoded.

Decoders differ by a thousand samples in where an mp3 starts, so everything that reads audio
(features, stems, scans) reads it here, through libsndfile: wav, flac, ogg, mp3, aiff.
"""

from __future__ import annotations

import mmap
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from affectmix.audio.cut_files import mp3_is_cut, ogg_is_cut, ogg_is_damaged
from affectmix.errors import AudioError

LOWEST_RATE: Final = 8_000  # Hz
HIGHEST_RATE: Final = 192_000  # Hz
LOUDEST: Final = 1e6  # times full scale; beyond it float32 powers of spectra overflow
_BLOCK: Final = 1 << 20  # frames of one or two channels read at once
_TOLERANCE_S: Final = 0.05  # audio that may be missing at the end, in seconds
_UNKNOWN_SIZES: Final = (0, 0x7FFFFFFF, 0xFFFFFFFF)  # of a wav that was written to a pipe
_MP3_TOLERANCE_S: Final = 0.5  # intact mp3 files claim up to 0.15 s more than they hold
_UNKNOWN_LENGTH: Final = 1 << 62  # frames; libsndfile's mark for a flac written to a pipe
_WIDTHS: Final = {"PCM_16": 2.0, "PCM_24": 3.0, "PCM_32": 4.0, "FLOAT": 4.0, "DOUBLE": 8.0} | (
    dict.fromkeys(("PCM_S8", "PCM_U8", "ULAW", "ALAW"), 1.0)
)  # bytes per sample
_LEAST_WIDTH: Final = 0.2  # of what is compressed, as GSM 6.10
_NO_FILE: Final = 7  # libsndfile's SFE_BAD_FILE
_CONVERT: Final = "convert it, for example with: ffmpeg -i IN -c:a flac OUT.flac"


class DecodeError(AudioError):
    """An audio file cannot be used; ``kind`` says why in one word.

    Attributes:
        kind: ``missing``, ``unreadable``, ``truncated``, ``zero_length``, ``not_finite``,
            ``too_loud``, ``sample_rate`` or, of a true stem, ``misfit``.
    """

    def __init__(self, kind: str, message: str) -> None:
        self.kind = kind
        super().__init__(message)


@dataclass(frozen=True)
class Stream:
    """An open audio file.

    Attributes:
        sample_rate: in Hz.
        channels: number of channels.
        blocks: the samples, float32, [shape=(frames, channels)]; each block read once.
    """

    sample_rate: int
    channels: int
    blocks: Iterator[np.ndarray]


def decode(path: str | Path) -> tuple[np.ndarray, int]:
    """Decode a whole audio file.

    Returns:
        Samples, float32, nominally within [-1, 1], [shape=(channels, n)], and the sample
        rate in Hz.

    Raises:
        DecodeError: missing, unreadable, truncated, damaged or empty file, NaN, infinite
            or absurdly large samples, or a sample rate outside 8 to 192 kHz.
    """
    stream = open_stream(path)
    samples = np.concatenate(list(stream.blocks))
    return np.ascontiguousarray(samples.T), stream.sample_rate


def decode_mono(path: str | Path) -> tuple[np.ndarray, int]:
    """Decode an audio file and mix it to mono block by block, in a fraction of the memory.

    Returns:
        Samples, float32, [shape=(n,)], and the sample rate in Hz.

    Raises:
        DecodeError: as :func:`decode`.
    """
    stream = open_stream(path)
    return np.concatenate([to_mono(block.T) for block in stream.blocks]), stream.sample_rate


def to_mono(samples: np.ndarray) -> np.ndarray:
    """Return the mean of the channels: [shape=(channels, n)] to [shape=(n,)], same type."""
    mono: np.ndarray = samples.mean(axis=0, dtype=samples.dtype)
    return mono


def open_stream(path: str | Path) -> Stream:
    """Open an audio file for reading in blocks.

    Raises:
        DecodeError: as :func:`decode`; what shows only in the samples, and truncation, is
            raised while, or after, the blocks are read.
    """
    path = Path(path)
    if not path.is_file():
        raise DecodeError("missing", f"{path}: no such file; put it there")
    if path.stat().st_size == 0:
        raise DecodeError("zero_length", f"{path}: the file is empty; fetch it again")
    try:
        # Absolute, as "-" means a pipe; as bytes, as a name need not be UTF-8.
        file = soundfile.SoundFile(os.fsencode(path.absolute()))
    except (soundfile.LibsndfileError, TypeError, RuntimeError) as error:
        reason = getattr(error, "error_string", str(error))
        if getattr(error, "code", None) == _NO_FILE:  # said of mp3s too in which no frame is found
            reason = "no audio is found in it"
        raise DecodeError(
            "unreadable",
            f"{path}: not readable as wav, flac, ogg, mp3 or aiff ({reason}); {_CONVERT}",
        ) from error
    if not LOWEST_RATE <= file.samplerate <= HIGHEST_RATE:
        rate = file.samplerate
        file.close()
        raise DecodeError(
            "sample_rate",
            f"{path}: the sample rate is {rate} Hz; allowed are {LOWEST_RATE} to "
            f"{HIGHEST_RATE} Hz; resample it, for example with: ffmpeg -i IN -ar 48000 OUT.flac",
        )
    if file.frames >= _UNKNOWN_LENGTH:
        file.close()
        raise DecodeError(
            "unreadable", f"{path}: its header does not say how long it is; {_CONVERT}"
        )
    return Stream(file.samplerate, file.channels, _read(file, path))


def _read(file: soundfile.SoundFile, path: Path) -> Iterator[np.ndarray]:
    read = 0
    at_once = _BLOCK // max(1, file.channels // 2)  # a header may claim 1024 channels
    with file:
        while True:
            try:
                block = file.read(at_once, dtype="float32", always_2d=True)
            except soundfile.LibsndfileError as error:
                second = read / file.samplerate
                raise DecodeError(
                    "truncated",
                    f"{path}: decoding fails {second:.2f} s from its beginning or later "
                    f"({error.error_string}); fetch the file again",
                ) from error
            if not len(block):
                break
            if not np.isfinite(block).all():
                place = read + int(np.argmin(np.isfinite(block).all(axis=1)))
                raise DecodeError(
                    "not_finite",
                    f"{path}: sample {place} is NaN or infinite; samples must be finite; "
                    "export the file again",
                )
            peak = max(-float(block.min()), float(block.max()))
            if peak > LOUDEST:
                raise DecodeError(
                    "too_loud",
                    f"{path}: reaches {peak:.3g} times full scale, as samples of another type do "
                    "when taken for floats; export the file again at a level below full scale",
                )
            read += len(block)
            yield block
        fault = _missing_end(file, read)
        if fault:
            raise DecodeError("truncated", f"{path}: {fault}; fetch the file again")
        if read == 0:
            raise DecodeError("zero_length", f"{path}: holds no samples; fetch it again")


def _missing_end(file: soundfile.SoundFile, read: int) -> str | None:
    """Say what shows that the file was cut, or return None."""
    mp3 = file.format == "MP3"
    tolerance = (_MP3_TOLERANCE_S if mp3 else _TOLERANCE_S) * file.samplerate
    if file.frames - read > tolerance:
        return f"{read} of {file.frames} frames could be decoded"
    if mp3 and _judged(file, mp3_is_cut):
        return f"its last mp3 frame is cut, after {read / file.samplerate:.2f} s"
    if file.format == "OGG" and _judged(file, ogg_is_cut):
        return f"its last ogg page is cut, after {read / file.samplerate:.2f} s"
    if file.format == "OGG" and _judged(file, ogg_is_damaged):
        return "a page of its ogg stream is damaged or missing"
    notes = file.extra_info
    if "Last page lacks an end-of-stream bit" in notes:
        return "the ogg stream has no end"
    for declared, found in re.findall(r"(?:data|SSND) *: (\d+) \(should be (\d+)\)", notes):
        width = file.channels * _WIDTHS.get(file.subtype, _LEAST_WIDTH)
        cut = (int(declared) - int(found)) / width
        if int(declared) not in _UNKNOWN_SIZES and cut > tolerance:
            return f"{found} of {declared} bytes of samples are there"
    return None


def _judged(file: soundfile.SoundFile, is_cut: Callable[[bytes | mmap.mmap], bool]) -> bool:
    """Return what ``is_cut`` says of a file's bytes, which are not all held in memory."""
    with (
        Path(os.fsdecode(file.name)).open("rb") as opened,
        mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content,
    ):
        return is_cut(content)
