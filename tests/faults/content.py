"""What a run's results say, and in which of their files two runs differ."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile
from safetensors.numpy import load_file

_TIMES = re.compile(rb"<!-- times -->.*?<!-- /times -->", re.S)
_LEFT_OUT = ("logs", "benchmarks")


def differences(folder: Path, reference: Path) -> list[str]:
    """Return how the results of two projects differ, a line for each file; none if they do not.

    Tables are compared by their values, stems by their samples, models by their arrays, and
    everything else by its bytes, but for times of day and durations. Files that one of the two
    lacks, and temporary ones that were left behind, are differences.
    """
    ours, theirs = _files(folder), _files(reference)
    lines = [f"{name}: missing" for name in sorted(theirs.keys() - ours.keys())]
    lines += [f"{name}: not in the other" for name in sorted(ours.keys() - theirs.keys())]
    for name in sorted(ours.keys() & theirs.keys()):
        first, second = ours[name], theirs[name]
        if first.read_bytes() != second.read_bytes() and _content(first) != _content(second):
            lines.append(f"{name}: content differs")
    return lines


def _files(folder: Path) -> dict[str, Path]:
    root = folder / "results"
    return {
        str(file.relative_to(root)): file
        for file in root.rglob("*")
        if file.is_file()
        and file.relative_to(root).parts[0] not in _LEFT_OUT
        and file.name != ".snakemake_timestamp"
    }


def _content(file: Path) -> str:
    read = _READERS.get(file.suffix, Path.read_bytes)
    return hashlib.sha256(read(file)).hexdigest()


def _table(file: Path) -> bytes:
    frame = pd.read_parquet(file)
    rows = pd.util.hash_pandas_object(frame.map(_plain), index=False)
    return repr(list(frame.columns)).encode() + rows.to_numpy().tobytes()


def _plain(value: object) -> object:
    return (
        value.tobytes()
        if isinstance(value, np.ndarray) and value.dtype != object
        else (repr(value) if isinstance(value, np.ndarray | list | dict) else value)
    )


def _samples(file: Path) -> bytes:
    samples, rate = soundfile.read(file, dtype="int32")
    return f"{rate}".encode() + samples.tobytes()


def _arrays(file: Path) -> bytes:
    arrays = load_file(file)
    return b"".join(name.encode() + arrays[name].tobytes() for name in sorted(arrays))


def _page(file: Path) -> bytes:
    return _TIMES.sub(b"", file.read_bytes())


_READERS: dict[str, Callable[[Path], bytes]] = {
    ".parquet": _table,
    ".flac": _samples,
    ".safetensors": _arrays,
    ".html": _page,
}
