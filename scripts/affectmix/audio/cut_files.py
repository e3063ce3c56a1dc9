"""Whether an mp3 or ogg file was cut or damaged, where libsndfile passes over it in silence.

Without a header that counts frames libsndfile reckons an mp3's length from what is there, and
it drops pages of an ogg stream that are damaged or not whole.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from mmap import mmap
from typing import Final

_BITRATES: Final = {  # kbit/s by index, layer 3: MPEG-1, and MPEG-2 with MPEG-2.5
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES: Final = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}

_PAGE: Final = b"OggS"
_REVERSED: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_ONES: Final = 0xFFFFFFFF


def mp3_is_cut(content: bytes | mmap) -> bool:
    """Return whether the last of an mp3 file's frames reaches beyond the end of the file.

    Tags before and after the frames are passed over. Only layer 3 with a stated bit rate is
    followed; for anything else the answer is False.
    """
    end = 0
    for start, length in _frames(content):
        end = start + length
    return end > len(content)


def ogg_is_cut(content: bytes | mmap) -> bool:
    """Return whether the last page of an ogg file reaches beyond the end of the file."""
    start = content.rfind(b"OggS")
    if start < 0:
        return False
    header = content[start : start + 27]
    if len(header) < 27:
        return True
    sizes = content[start + 27 : start + 27 + header[26]]
    return len(sizes) < header[26] or start + 27 + len(sizes) + sum(sizes) > len(content)


def ogg_is_damaged(content: bytes | mmap) -> bool:
    """Return whether a page of an ogg file is missing, or fails its checksum.

    What stands before the first page, and tags after the last one, is passed over.
    """
    place = content.find(_PAGE)
    following: dict[bytes, int] = {}  # stream → number of its next page
    while place >= 0:
        header = content[place : place + 27]
        if content.find(_PAGE, place, place + 4) < 0:
            return content.find(_PAGE, place) >= 0  # not where a page should begin
        if len(header) < 27:
            return True
        sizes = content[place + 27 : place + 27 + header[26]]
        end = place + 27 + len(sizes) + sum(sizes)
        stream, number = header[14:18], int.from_bytes(header[18:22], "little")
        if number != following.get(stream, number) or not _page_holds(content[place:end]):
            return True
        following[stream] = number + 1
        place = end
    return False


def _page_holds(page: bytes) -> bool:
    """Return whether an ogg page has the checksum that stands in it.

    Ogg's CRC takes the bits of each byte from the highest on, zlib's from the lowest on, and
    zlib's turns all bits before and after; otherwise they are the same.
    """
    blank = page[:22] + bytes(4) + page[26:]
    turned = zlib.crc32(blank.translate(_REVERSED), _ONES) ^ _ONES
    return int(f"{turned:032b}"[::-1], 2) == int.from_bytes(page[22:26], "little")


def _frames(content: bytes | mmap) -> Iterator[tuple[int, int]]:
    place, kind = _after_id3(content), None
    while place + 4 <= len(content):
        header = content[place : place + 4]
        length = _frame_length(header)
        same = kind in (None, (header[1] & 0xFE, header[2] & 0x0C))
        if length is None or not same:
            return
        kind = (header[1] & 0xFE, header[2] & 0x0C)  # version, layer; sample rate
        yield place, length
        place += length


def _after_id3(content: bytes | mmap) -> int:
    if content[:3] != b"ID3" or len(content) < 10:
        return 0
    size = 0
    for byte in content[6:10]:
        size = size << 7 | byte & 0x7F
    return 10 + size + (10 if content[5] & 0x10 else 0)


def _frame_length(header: bytes) -> int | None:
    """Return the bytes of the frame that starts with ``header``, or None if none does."""
    if header[0] != 0xFF or header[1] & 0xE0 != 0xE0 or header[1] >> 1 & 3 != 1:
        return None
    version, bitrate, rate = header[1] >> 3 & 3, header[2] >> 4, header[2] >> 2 & 3
    if version not in _RATES or rate == 3 or bitrate in (0, 15):
        return None
    first = version == 3
    padding = header[2] >> 1 & 1
    bits = _BITRATES[first][bitrate] * 1000 * (144 if first else 72)
    return bits // _RATES[version][rate] + padding
