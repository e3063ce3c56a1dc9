"""Intact audio files of every format, from which the mutated ones are made."""

from __future__ import annotations

import io
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from affectmix.audio.cut_files import _frames
from affectmix.audio.decode import decode

RATE = 16_000
SECONDS = 1.2
_EXTRA_EACH = 2  # files of a folder, of each ending
_EXTRA_S = 2.0


@dataclass(frozen=True)
class Seed:
    """An intact file.

    Attributes:
        name: of the format, such as ``flac 16``.
        suffix: with its dot.
        content: the file's bytes.
        samples: what it decodes to, float32 [shape=(n, channels)].
        rate: in Hz.
    """

    name: str
    suffix: str
    content: bytes
    samples: np.ndarray
    rate: int

    @property
    def checked(self) -> bool:
        """Whether the format has checksums that tell damaged samples from intact ones."""
        return self.suffix in (".flac", ".ogg", ".opus")

    @property
    def plain(self) -> bool:
        """Whether samples stand one after the other, each in bytes of its own."""
        return self.suffix in (".wav", ".aiff")


def made_seeds() -> list[Seed]:
    """Return a seed of each format that libsndfile writes and people have."""
    formats = [
        ("wav 8", ".wav", {"subtype": "PCM_U8"}, 1),
        ("wav 16", ".wav", {"subtype": "PCM_16"}, 2),
        ("wav 24", ".wav", {"subtype": "PCM_24"}, 2),
        ("wav 32", ".wav", {"subtype": "PCM_32"}, 1),
        ("wav float", ".wav", {"subtype": "FLOAT"}, 2),
        ("wav u-law", ".wav", {"subtype": "ULAW"}, 1),
        ("flac 16", ".flac", {"subtype": "PCM_16"}, 2),
        ("flac 24", ".flac", {"subtype": "PCM_24"}, 1),
        ("ogg vorbis", ".ogg", {"subtype": "VORBIS"}, 2),
        ("opus", ".opus", {"format": "OGG", "subtype": "OPUS"}, 1),
        ("mp3 cbr", ".mp3", {"bitrate_mode": "CONSTANT", "compression_level": 0.5}, 2),
        ("mp3 vbr", ".mp3", {"bitrate_mode": "VARIABLE", "compression_level": 0.5}, 1),
        ("aiff 16", ".aiff", {"subtype": "PCM_16"}, 2),
        ("aiff float", ".aiff", {"subtype": "FLOAT"}, 1),
    ]
    return [_made(name, suffix, how, channels) for name, suffix, how, channels in formats]


def extra_seeds(folder: Path) -> list[Seed]:
    """Return some files of a folder, shortened where that leaves them whole."""
    seeds = []
    for suffix in (".wav", ".mp3", ".ogg", ".flac"):
        files = sorted(folder.rglob(f"*{suffix}"), key=lambda f: (f.stat().st_size, f.name))
        for file in files[:_EXTRA_EACH]:
            content = file.read_bytes()
            if suffix == ".mp3":
                content = _first_frames(content)
            seeds.append(_seed(f"{suffix[1:]} of others", suffix, content))
    return seeds


def _made(name: str, suffix: str, how: dict[str, object], channels: int) -> Seed:
    rng = np.random.default_rng(len(name))
    time = np.arange(int(SECONDS * RATE)) / RATE
    tones = np.stack([np.sin(2 * np.pi * (220 + 110 * c) * time) for c in range(channels)], axis=1)
    swell = 0.5 + 0.5 * np.sin(2 * np.pi * 3 * time)[:, np.newaxis]
    sound = 0.4 * swell * tones + 0.05 * rng.standard_normal((len(time), channels))
    settings = {"format": suffix[1:].upper(), **how}
    buffer = io.BytesIO()
    soundfile.write(buffer, sound, RATE, **settings)
    return _seed(name, suffix, buffer.getvalue())


def _seed(name: str, suffix: str, content: bytes) -> Seed:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"seed{suffix}"
        file.write_bytes(content)
        samples, rate = decode(file)
    return Seed(name, suffix, content, samples.T, rate)


def _first_frames(content: bytes) -> bytes:
    """Return an mp3 from its beginning to the end of a frame, about two seconds of it."""
    ends = [start + length for start, length in _frames(content)]
    kept = ends[: round(_EXTRA_S * 44_100 / 1152)]
    return content[: kept[-1]]
