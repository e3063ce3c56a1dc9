"""Candidates among fingerprints are the same however many words are sorted at once."""

from __future__ import annotations

import resource
import tempfile
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import combinations

import numpy as np
import pytest
from affectmix.audio import candidates as module
from affectmix.audio.candidates import _key_bits, candidates
from affectmix.audio.fingerprint import EMPTY, to_text
from affectmix.audio.fingerprint_file import FingerprintFile
from affectmix.errors import MachineError


def prints(seed: int, clips: int = 40) -> list[np.ndarray]:
    """Return fingerprints of few words, some empty or quiet, some clips parts of earlier ones."""
    rng = np.random.default_rng(seed)
    found = [
        rng.integers(0, 2**32, rng.integers(0, 90), dtype=np.uint32) & np.uint32(0xFFFF00FF)
        for _ in range(clips)
    ]
    for place in range(3, clips, 4):
        found[place] = found[place - 3][rng.integers(0, 20) :].copy()
        found[place][::7] ^= np.uint32(1 << 31)
    found[1] = np.repeat(found[0], 3)
    found[2][::5] = EMPTY
    found[5] = np.empty(0, np.uint32)
    return found


def by_hand(fingerprints: list[np.ndarray], bits: int) -> dict[tuple[int, int], int]:
    """Return the largest number of votes of every pair: equal parts of words at near offsets."""
    mask = np.uint32((1 << bits) - 1)
    best = {}
    for one, other in combinations(range(len(fingerprints)), 2):
        votes: Counter[int] = Counter()
        for shift in {0, 32 - bits}:
            part = np.uint32(shift)
            left = (fingerprints[one] >> part) & mask
            right = (fingerprints[other] >> part) & mask
            same = left[:, None] == right[None, :]
            same &= (fingerprints[one] != EMPTY)[:, None] & (fingerprints[other] != EMPTY)[None, :]
            votes.update((np.subtract(*np.nonzero(same))).tolist())
        near = [votes[o] + votes[o - 1] + votes[o + 1] for o in votes]
        if max(near, default=0) >= 3:
            best[one, other] = max(near)
    return best


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("at_once", [1, 50, 700])
def test_parts_give_the_same_candidates_as_the_whole(seed: int, at_once: int) -> None:
    found = list(candidates(prints(seed)))
    assert len(found) > 5
    assert list(candidates(prints(seed), at_once=at_once)) == found


@pytest.mark.parametrize("bits", [24, 25, 28, 31, 32])
@pytest.mark.parametrize("seed", range(3))
def test_candidates_are_the_pairs_that_share_parts_of_words(
    seed: int, bits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_KEY_BITS", bits)
    several = prints(seed)
    del several[1]  # whose words stand thrice: more neighbours than are looked at
    found = [(first, second) for first, second, _ in candidates(several)]
    assert found == sorted(by_hand(several, bits))


def test_no_words_and_no_candidates() -> None:
    assert list(candidates([])) == []
    assert list(candidates([np.empty(0, np.uint32), np.full(9, EMPTY)])) == []


@pytest.mark.parametrize(
    ("entries", "bits"),
    [(1 << 17, 24), (6 << 24, 24), (12 << 24, 25), (24 << 24, 26), (1 << 40, 32)],
)
def test_keys_get_longer_where_unrelated_words_would_share_them(entries: int, bits: int) -> None:
    """Of words that are spread evenly, a key of b bits is shared with entries / 2**b others."""
    words = np.random.default_rng(0).integers(1, 2**32, 1 << 17, dtype=np.uint32)
    assert _key_bits(words, np.arange(len(words)), entries) == bits
    assert _key_bits(np.repeat(words, 3), np.arange(3 * len(words)), entries) == bits  # copies


@pytest.mark.parametrize("fixed", [0x000F0000, 0x0F000000, 0x0000000F])
def test_words_that_are_spread_unevenly_need_longer_keys(fixed: int) -> None:
    words = np.random.default_rng(0).integers(1, 2**32, 1 << 17, dtype=np.uint32)
    uneven = words | np.uint32(fixed)
    owners = np.arange(len(words))
    assert _key_bits(words, owners, 4 << 24) == 24
    assert _key_bits(uneven, owners, 4 << 24) > 26
    assert _key_bits(uneven, np.zeros(len(words), int), 4 << 24) == 24  # of a single recording


def test_one_frequent_key_does_not_make_all_keys_longer() -> None:
    words = np.random.default_rng(0).integers(1, 2**32, 1 << 17, dtype=np.uint32)
    words[::100] &= np.uint32(0xFF000000)
    assert _key_bits(words, np.arange(len(words)), 4 << 24) == 24


def unrelated(clips: int) -> Iterator[np.ndarray]:
    rng = np.random.default_rng(0)
    yield from (rng.integers(1, 2**32, 500, dtype=np.uint32) for _ in range(clips))


def copies(clips: int) -> Iterator[np.ndarray]:
    one = next(unrelated(1))
    yield from (one[clip % 50 :] for clip in range(clips))


def few_keys(clips: int) -> Iterator[np.ndarray]:
    """Yield recordings of which every fifth word is one of 64."""
    frequent = np.tile(next(unrelated(1))[:64], 2)
    for clip, words in enumerate(unrelated(clips)):
        words[::5] = np.roll(frequent, clip)[:100]
        yield words


def peak_bytes(several: Iterator[np.ndarray]) -> int:
    """Return the most memory that finding the candidates of recordings in a file takes."""
    file = FingerprintFile()
    file.extend(to_text(words) for words in several)
    tracemalloc.start()
    try:
        for _ in candidates(file, at_once=20_000):
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", [unrelated, copies, few_keys])
def test_memory_does_not_grow_with_the_words(
    kind: Callable[[int], Iterator[np.ndarray]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SAMPLE", 20_000)
    assert peak_bytes(kind(600)) < 1.2 * peak_bytes(kind(200))


def test_memory_does_not_grow_with_clips_without_words() -> None:
    assert peak_bytes(np.empty(0, np.uint32) for _ in range(50_000)) < 3e6


def test_a_fingerprint_that_was_cut_off_is_an_error() -> None:
    file = FingerprintFile()
    file.extend([to_text(np.arange(1, 9, dtype=np.uint32))])
    file._file.truncate(16)
    with pytest.raises(MachineError, match="temporary file of fingerprints was cut off"):
        file[0]


@pytest.mark.parametrize("limit", [1000, 3000])  # below the file of words, and of keys
def test_a_temporary_folder_without_room_is_named(limit: int) -> None:
    several = FingerprintFile()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        with pytest.raises(MachineError, match=r": no room for .*fingerprints.*; set TMPDIR"):
            several.extend([to_text(np.arange(1, 501, dtype=np.uint32))])
            list(candidates(several))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_machine_without_a_temporary_folder_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)  # look for one anew
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: ["/not/there"])
    with pytest.raises(MachineError, match=r"no temporary folder for fingerprints .*set TMPDIR"):
        FingerprintFile()
