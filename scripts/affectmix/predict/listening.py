"""Hears audio files: in parallel, each once, and whatever is wrong with one stays its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np

import affectmix
from affectmix.errors import AudioError
from affectmix.predict.cache import FeatureCache, content_hash
from affectmix.predict.cutting import Cutting
from affectmix.predict.files import FileFault, cannot_be_used, printable, unreadable_kind
from affectmix.predict.hearing import Hearing

_AHEAD: Final = 4  # files per process that are under way or done and not yet asked for
_SILENT_SWING: Final = 2e-4  # peak to peak, as the scan of a corpus has it


@dataclass(frozen=True)
class Heard:
    """What a model is given of one file.

    Attributes:
        path: the file.
        duration_s: of the whole file, in seconds.
        starts: where each piece begins, in seconds [shape=(w,)].
        ends: where it ends [shape=(w,)].
        values: features of each piece [shape=(w, ...)].
        cached: whether all of it came from the cache.
    """

    path: Path
    duration_s: float
    starts: np.ndarray
    ends: np.ndarray
    values: np.ndarray
    cached: bool = False


def hear_all(
    files: Sequence[Path],
    hearing: Hearing,
    cutting: Cutting,
    *,
    cache: FeatureCache | None = None,
    jobs: int = 1,
    done: Callable[[float], None] | None = None,
) -> Iterator[Heard | FileFault]:
    """Yield what is heard of each file, or why nothing is, in the order of the files.

    Args:
        files: audio files.
        hearing: which features.
        cutting: of whole files or of windows.
        cache: where features are kept; None for nowhere.
        jobs: processes; 1 for none beside this one.
        done: told, in one process, of the seconds that were heard since it was told last.
    """
    if jobs <= 1 or len(files) <= 1:
        for file in files:
            yield hear(file, hearing, cutting, cache=cache, done=done)
        return
    waiting = deque(files)
    while waiting:
        try:
            yield from _in_processes(waiting, hearing, cutting, cache, jobs)
        except BrokenProcessPool:
            # One of those being heard has killed its process; the first of them is tried alone.
            yield _alone(waiting.popleft(), hearing, cutting, cache)


def _in_processes(
    waiting: deque[Path], hearing: Hearing, cutting: Cutting, cache: FeatureCache | None, jobs: int
) -> Iterator[Heard | FileFault]:
    """Yield what is heard of the waiting files, taking each off as it is yielded."""
    ahead: deque[Future[Heard | FileFault]] = deque()
    following = iter(tuple(waiting))
    with ProcessPoolExecutor(min(jobs, len(waiting))) as pool:
        while waiting:
            for file in islice(following, jobs * _AHEAD - len(ahead)):
                ahead.append(pool.submit(hear, file, hearing, cutting, cache=cache))
            found = ahead.popleft().result()
            waiting.popleft()
            yield found


def _alone(
    file: Path, hearing: Hearing, cutting: Cutting, cache: FeatureCache | None
) -> Heard | FileFault:
    try:
        with ProcessPoolExecutor(1) as pool:
            return pool.submit(hear, file, hearing, cutting, cache=cache).result()
    except BrokenProcessPool:
        return FileFault(
            file,
            "crashed",
            f"{printable(file)}: the process that read it died, as it does where memory does not "
            "suffice or a decoder crashes; convert the file, or use fewer --jobs",
        )


def hear(
    path: Path,
    hearing: Hearing,
    cutting: Cutting,
    *,
    cache: FeatureCache | None = None,
    done: Callable[[float], None] | None = None,
) -> Heard | FileFault:
    """Return what is heard of one file, from the cache where it is there, or its fault.

    Args:
        path: an audio file.
        hearing: which features.
        cutting: of the whole file or of windows.
        cache: where features are kept; None for nowhere.
        done: told of the seconds that were heard since it was told last.
    """
    refused = unreadable_kind(path)
    if refused:
        return refused
    try:
        key = None
        if cache is not None and path.is_file():
            key = cache.key(
                content_hash(path),
                hearing=hearing.settings(),
                cutting=asdict(cutting),
                affectmix=affectmix.__version__,
            )
            kept = cache.get(key)
            if kept is not None:
                return Heard(path, float(kept.pop("duration_s")[0]), cached=True, **kept)
        heard = _decoded(path, hearing, cutting, done)
    except AudioError as error:
        return cannot_be_used(path, error)
    except OSError as error:
        return FileFault(path, "unreadable", f"{printable(path)}: {error.strerror}; copy it again")
    if isinstance(heard, Heard) and cache is not None and key is not None:
        cache.put(
            key,
            {
                "duration_s": np.array([heard.duration_s]),
                "starts": heard.starts,
                "ends": heard.ends,
                "values": heard.values,
            },
        )
    return heard


def _decoded(
    path: Path, hearing: Hearing, cutting: Cutting, done: Callable[[float], None] | None
) -> Heard | FileFault:
    from affectmix.audio.decode import open_stream, to_mono

    stream = open_stream(path)
    rate = stream.sample_rate
    mono = hearing.separator is None
    level = _Level()

    def blocks() -> Iterator[np.ndarray]:
        for block in stream.blocks:
            mixed = to_mono(block.T)
            level.add(mixed)
            yield mixed[np.newaxis] if mono else block.T

    starts, ends, values = [], [], []
    fault: AudioError | None = None
    for start, samples in cutting.windows(blocks(), rate):
        try:
            values.append(hearing.values(samples, rate))
        except AudioError as error:
            fault = fault or error
            continue
        starts.append(start)
        ends.append(start + samples.shape[1] / rate)
        if done is not None:
            done(ends[-1] - (ends[-2] if len(ends) > 1 else 0.0))
    if level.swing < _SILENT_SWING:
        return FileFault(
            path, "silent", f"{printable(path)}: is silent throughout; nothing can be heard in it"
        )
    if not values:
        assert fault is not None
        return cannot_be_used(path, fault)
    return Heard(
        path, level.count / rate, np.array(starts), np.array(ends), np.stack(values).copy()
    )


class _Level:
    """How far samples swing, and how many there were."""

    def __init__(self) -> None:
        self.count = 0
        self._low, self._high = np.inf, -np.inf

    def add(self, block: np.ndarray) -> None:
        self.count += len(block)
        self._low = min(self._low, float(block.min()))
        self._high = max(self._high, float(block.max()))

    @property
    def swing(self) -> float:
        return self._high - self._low
