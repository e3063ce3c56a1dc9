"""Ways in which an audio file may be damaged, or made up, and what may come of it then."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import soundfile
from audio_seeds import Seed

ANY = "any"  # whatever is consistent in itself
SAME = "same"  # the intact file's samples
PREFIX = "prefix"  # the intact file's samples up to the cut
FEW = "few"  # as many samples, all but a few of them the intact file's
NONE = "none"  # it has to be left out

_HEADER = 64
_LENGTHS = (0, 1, 2, 0x7FFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
_RATES = (0, 1, 100, 7_999, 8_000, 22_050, 192_001, 10**9, 0x7FFFFFFF, 0xFFFFFFFF)
_WIDTHS = (0, 1, 2, 3, 7, 8, 64, 255, 256, 1024, 0x7FFF, 0xFFFF)


@dataclass(frozen=True)
class Mutated:
    """A mutated file.

    Attributes:
        suffix: with its dot.
        content: bytes.
        expects: what its samples may be if it is usable; a constant of this module.
        few: for FEW, how many samples may differ.
    """

    suffix: str
    content: bytes
    expects: str = ANY
    few: int = 0


Mutation = Callable[[Seed, np.random.Generator], Mutated]


def flip_header(seed: Seed, rng: np.random.Generator) -> Mutated:
    """Flip one to eight bits of the first 64 bytes."""
    return Mutated(seed.suffix, _flipped(seed.content, rng, 0, _HEADER, int(rng.integers(1, 9))))


def flip_body(seed: Seed, rng: np.random.Generator) -> Mutated:
    """Flip one to sixteen bits of the samples."""
    bits = int(rng.integers(1, 17))
    content = _flipped(seed.content, rng, *_body(seed), bits)
    return Mutated(seed.suffix, content, _if_damaged(seed), 2 * bits)


def truncate(seed: Seed, rng: np.random.Generator) -> Mutated:
    """Cut the file anywhere."""
    cut = int(rng.integers(0, len(seed.content)))
    return Mutated(seed.suffix, seed.content[:cut], PREFIX)


def cut_tail(seed: Seed, rng: np.random.Generator) -> Mutated:
    """Take some of the last 2,000 bytes away."""
    cut = int(rng.integers(1, min(2_000, len(seed.content))))
    return Mutated(seed.suffix, seed.content[:-cut], PREFIX)


def remove_block(seed: Seed, rng: np.random.Generator) -> Mutated:
    """Take a block out of the samples."""
    start, end = _block(seed, rng)
    content = seed.content[:start] + seed.content[end:]
    return Mutated(seed.suffix, content, SAME if seed.checked else ANY)


def duplicate_block(seed: Seed, rng: np.random.Generator) -> Mutated:
    """Have a block of the samples twice."""
    start, end = _block(seed, rng)
    content = seed.content[:end] + seed.content[start:]
    return Mutated(seed.suffix, content, SAME if seed.checked else ANY)


def swap_blocks(seed: Seed, rng: np.random.Generator) -> Mutated:
    """Exchange two neighbouring blocks of the samples."""
    start, end = _block(seed, rng)
    middle = (start + end) // 2
    whole = seed.content
    content = whole[:start] + whole[middle:end] + whole[start:middle] + whole[end:]
    return Mutated(seed.suffix, content, SAME if seed.checked else ANY)


def zero_run(seed: Seed, rng: np.random.Generator) -> Mutated:
    """Overwrite a block of the samples with zeros, as a disk's lost sectors are read."""
    start, end = _block(seed, rng)
    content = seed.content[:start] + bytes(end - start) + seed.content[end:]
    return Mutated(seed.suffix, content, _if_damaged(seed), end - start + 2)


def length_field(seed: Seed, rng: np.random.Generator) -> Mutated:
    """Have the header claim another length, of none, of one too many, or of gigabytes."""
    places = [place for place, _ in _length_places(seed)]
    widths = dict(_length_places(seed))
    place = int(rng.choice(places))
    value = int(rng.choice(np.array(_LENGTHS)))
    return Mutated(seed.suffix, _written(seed, place, widths[place], value))


def rate_field(seed: Seed, rng: np.random.Generator) -> Mutated:
    """Have the header claim another sampling rate, number of channels or width of samples."""
    fields = _FIELDS.get(seed.suffix, ((20, 4), (24, 4), (28, 2)))
    place, width = fields[int(rng.integers(len(fields)))]
    choice = _RATES if width == 4 else _WIDTHS
    value = int(rng.choice(np.array(choice)))
    return Mutated(seed.suffix, _written(seed, place, width, value))


def wrong_extension(seed: Seed, rng: np.random.Generator) -> Mutated:
    """Name the file as one of another format."""
    others = [s for s in (".wav", ".flac", ".ogg", ".mp3", ".aiff", ".opus") if s != seed.suffix]
    return Mutated(str(rng.choice(others)), seed.content, SAME)


def concatenate(seed: Seed, rng: np.random.Generator) -> Mutated:
    """Have the file twice, one after the other."""
    expects = ANY if seed.suffix == ".mp3" else SAME
    return Mutated(seed.suffix, seed.content * 2, expects)


def garbage(seed: Seed, rng: np.random.Generator) -> Mutated:
    """Put random bytes before, into or after the file."""
    junk = rng.bytes(int(rng.integers(1, 4096)))
    place = int(rng.choice([0, int(rng.integers(len(seed.content))), len(seed.content)]))
    content = seed.content[:place] + junk + seed.content[place:]
    return Mutated(seed.suffix, content, SAME if seed.checked else ANY)


def id3_tag(seed: Seed, rng: np.random.Generator) -> Mutated:
    """Put an ID3 tag before the file, whose size may be wrong."""
    size = int(rng.integers(0, 2_000))
    claimed = size if rng.random() < 0.6 else int(rng.choice([0, 1, 2**28 - 1, size + 7]))
    digits = bytes(claimed >> shift & 0x7F for shift in (21, 14, 7, 0))
    tag = b"ID3\x04\x00\x00" + digits + bytes(size)
    honest = claimed == size and seed.suffix != ".mp3"
    return Mutated(seed.suffix, tag + seed.content, SAME if honest or seed.checked else ANY)


def strange_samples(seed: Seed, rng: np.random.Generator) -> Mutated:
    """Write NaN, infinite, huge or tiny numbers in place of samples."""
    pool = (np.nan, np.inf, -np.inf, 3.4e38, -3.4e38, 1e30, 1e10, 1e-40, -0.0)
    values = np.array([pool[int(rng.integers(len(pool)))] for _ in range(int(rng.integers(1, 9)))])
    order = ">" if seed.suffix == ".aiff" else "<"
    content = bytearray(seed.content)
    place = _body(seed)[0] & ~3
    if rng.random() < 0.5:  # all over
        values = np.resize(values, (len(content) - place) // 4)
    raw = values.astype(f"{order}f4").tobytes()
    content[place : place + len(raw)] = raw
    floats = seed.name.endswith("float") and not np.isfinite(values).all()
    return Mutated(seed.suffix, bytes(content), NONE if floats and place % 4 == 0 else ANY)


def few_bytes(seed: Seed, rng: np.random.Generator) -> Mutated:
    """Leave only the first bytes, or none."""
    return Mutated(seed.suffix, seed.content[: int(rng.integers(0, 80))], PREFIX)


def few_samples(seed: Seed, rng: np.random.Generator) -> Mutated:
    """Keep no more than 64 of the samples, at any sampling rate that is allowed."""
    if seed.suffix not in (".wav", ".aiff", ".flac"):
        return truncate(seed, rng)
    rate = int(rng.choice([8_000, 16_000, 44_100, 192_000]))
    count = int(rng.choice([0, 1, 2, 5, 64]))
    buffer = io.BytesIO()
    soundfile.write(buffer, seed.samples[:count], rate, format=seed.suffix[1:].upper())
    return Mutated(seed.suffix, buffer.getvalue())


def random_bytes(seed: Seed, rng: np.random.Generator) -> Mutated:
    """Fill the file with random bytes, after the first four of the format."""
    keep = int(rng.choice([0, 4, 48]))
    return Mutated(seed.suffix, seed.content[:keep] + rng.bytes(int(rng.integers(1, 60_000))))


MUTATIONS: Mapping[str, Mutation] = {
    mutation.__name__: mutation
    for mutation in (
        *(flip_header, flip_body, truncate, cut_tail, remove_block, duplicate_block, swap_blocks),
        *(zero_run, length_field, rate_field, wrong_extension, concatenate, garbage, id3_tag),
        *(strange_samples, few_bytes, few_samples, random_bytes),
    )
}

_FIELDS = {  # place and bytes of rate, channels, bits
    ".wav": ((24, 4), (28, 4), (22, 2), (32, 2), (34, 2), (20, 2)),
    ".aiff": ((20, 2), (26, 2), (28, 4), (30, 4)),
    ".flac": ((18, 2), (19, 2), (20, 2), (10, 2)),
    ".ogg": ((40, 4), (39, 2), (28, 2)),
    ".opus": ((40, 4), (37, 2), (28, 2)),
    ".mp3": ((1, 2), (2, 2), (36, 2)),
}


def _length_places(seed: Seed) -> list[tuple[int, int]]:
    """Return place and bytes of what says how long something is."""
    content = seed.content
    found = {
        ".wav": [(4, 4), (16, 4), (content.find(b"data") + 4, 4)],
        ".aiff": [(4, 4), (16, 4), (22, 4), (content.find(b"SSND") + 4, 4)],
        ".flac": [(4, 4), (21, 4), (22, 4), (8, 2)],
        ".ogg": [(6, 4), (content.rfind(b"OggS") + 6, 4), (26, 2), (92, 4)],
        ".opus": [(6, 4), (content.rfind(b"OggS") + 6, 4), (26, 2), (92, 4)],
    }
    if seed.suffix == ".mp3":
        header = max(content.find(b"Xing"), content.find(b"Info"), 0)
        return [(header + 8, 4), (header + 12, 4)]
    return found[seed.suffix]


def _written(seed: Seed, place: int, width: int, value: int) -> bytes:
    order = ">" if seed.suffix in (".aiff", ".flac", ".mp3") else "<"
    raw = struct.pack(f"{order}I" if width == 4 else f"{order}H", value % (1 << 8 * width))
    return seed.content[:place] + raw + seed.content[place + width :]


def _body(seed: Seed) -> tuple[int, int]:
    """Return where the samples begin and end."""
    marks = {".wav": b"data", ".aiff": b"SSND"}
    if seed.plain:
        return seed.content.find(marks[seed.suffix]) + 16, len(seed.content)
    return len(seed.content) // 3, len(seed.content)


def _block(seed: Seed, rng: np.random.Generator) -> tuple[int, int]:
    first, last = _body(seed)
    start = int(rng.integers(first, last - 2))
    return start, int(min(last, start + 2 + rng.integers(0, (last - first) // 3)))


def _flipped(content: bytes, rng: np.random.Generator, first: int, last: int, bits: int) -> bytes:
    changed = bytearray(content)
    for place in rng.integers(first, min(last, len(content)), bits):
        changed[place] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def _if_damaged(seed: Seed) -> str:
    return SAME if seed.checked else FEW if seed.plain else ANY
