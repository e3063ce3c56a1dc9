"""Whether two results folders hold the same, and if not, how far apart they are.

What is compared is content: rows, arrays, samples, plain data, texts. Bytes would not do, as the
same table can be written in more than one way.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from affectmix.errors import AffectMixError
from affectmix.files import SEAL

LEFT_OUT: Final = ("logs", "benchmarks", "report.html")
"""What tells how a run went and not what came out: a report names the times of its jobs."""
TIMES: Final = ("seconds",)
"""Keys of plain data that say how long something took."""
_SUMS: Final = "SHA256SUMS"  # of files that are compared themselves


@dataclass(frozen=True, order=True)
class Difference:
    """One file that is not the same in both folders.

    Attributes:
        file: its path below the folders.
        words: what differs.
        largest: the largest difference of a number in it; NaN where numbers do not say it.
    """

    file: str
    words: str
    largest: float = float("nan")

    def __str__(self) -> str:
        return f"{self.file}: {self.words}"


@dataclass(frozen=True)
class Comparison:
    """What a comparison of two folders found.

    Attributes:
        files: how many files are in either folder.
        differences: those that are not the same in both, by path.
    """

    files: int
    differences: tuple[Difference, ...]


def compare_results(first: str | Path, second: str | Path) -> Comparison:
    """Compare all that two runs made, their logs, times and reports left out.

    Args:
        first: a ``results`` folder.
        second: another.

    Raises:
        AffectMixError: one of them is no folder, or holds nothing to compare.
    """
    folders = Path(first), Path(second)
    found = [_files(folder) for folder in folders]
    differences = []
    for name in sorted({*found[0], *found[1]}):
        lacking = [str(f) for f, names in zip(folders, found, strict=True) if name not in names]
        if lacking:
            differences.append(Difference(name, f"not in {lacking[0]}"))
            continue
        differences += [
            Difference(name, words, largest)
            for words, largest in _compare(folders[0] / name, folders[1] / name)
        ]
    return Comparison(len({*found[0], *found[1]}), tuple(differences))


def _files(folder: Path) -> set[str]:
    if not folder.is_dir():
        raise AffectMixError(f"{folder}: no such folder; name two folders called results")
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    found = {
        path.as_posix()
        for path in paths
        if path.parts[0] not in LEFT_OUT
        and not any(part.startswith(".") for part in path.parts)
        and path.name != _SUMS
    }
    if not found:
        raise AffectMixError(f"{folder}: holds nothing to compare; run snakemake first")
    return found


def _compare(first: Path, second: Path) -> Iterator[tuple[str, float]]:
    compare = _BY_ENDING.get(first.suffix)
    if compare is None:
        if first.read_bytes() != second.read_bytes():
            yield "its bytes differ", float("nan")
        return
    try:
        yield from compare(first, second)
    except (OSError, ValueError, RuntimeError, pa.ArrowException) as error:
        yield f"cannot be read ({error})", float("nan")


def _tables(first: Path, second: Path) -> Iterator[tuple[str, float]]:
    one, other = pq.read_table(first), pq.read_table(second)
    if len(one) != len(other):
        yield f"{len(one)} rows and {len(other)} rows", float("nan")
    elif not one.schema.equals(other.schema, check_metadata=True):
        yield "columns, their types or the metadata differ", float("nan")
    else:
        for name in one.column_names:
            yield from _columns(one[name], other[name], f"column {name!r}")


def _columns(
    one: pa.ChunkedArray, other: pa.ChunkedArray, name: str
) -> Iterator[tuple[str, float]]:
    if pa.types.is_floating(one.type):
        yield from _arrays(one.to_numpy(), other.to_numpy(), name)
        return
    if pa.types.is_fixed_size_list(one.type) and pa.types.is_floating(one.type.value_type):
        flat = [column.combine_chunks().flatten().to_numpy(False) for column in (one, other)]
        yield from _arrays(flat[0], flat[1], name)
        return
    if not one.equals(other):
        pairs = zip(one.to_pylist(), other.to_pylist(), strict=True)
        apart = sum(left != right for left, right in pairs)
        yield f"{name} differs in {apart} of {len(one)} rows", float("nan")


def _arrays(one: np.ndarray, other: np.ndarray, name: str) -> Iterator[tuple[str, float]]:
    if one.shape != other.shape or one.dtype != other.dtype:
        yield f"{name}: {one.dtype} {one.shape} and {other.dtype} {other.shape}", float("nan")
        return
    apart = (one != other) & ~((one != one) & (other != other))  # NaN is equal to NaN
    if not apart.any():
        return
    words = f"{name} differs in {int(apart.sum())} of {apart.size} values"
    if not np.issubdtype(one.dtype, np.number):
        yield words, float("nan")
        return
    with np.errstate(invalid="ignore"):
        largest = float(np.max(np.abs(one[apart].astype(float) - other[apart].astype(float))))
    yield f"{words}, by {largest:.3g} at most", largest


def _safetensors(first: Path, second: Path) -> Iterator[tuple[str, float]]:
    from safetensors.numpy import load_file

    yield from _named(load_file(first), load_file(second))


def _named(
    one: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray]
) -> Iterator[tuple[str, float]]:
    if one.keys() != other.keys():
        yield f"arrays {sorted(one.keys() ^ other.keys())} are in one of them alone", float("nan")
    for name in sorted(one.keys() & other.keys()):
        yield from _arrays(one[name], other[name], f"array {name!r}")


def _sounds(first: Path, second: Path) -> Iterator[tuple[str, float]]:
    import soundfile

    (one, rate), (other, other_rate) = soundfile.read(first), soundfile.read(second)
    if rate != other_rate:
        yield f"{rate} Hz and {other_rate} Hz", float("nan")
    else:
        yield from _arrays(one, other, "its sound")


def _plain(first: Path, second: Path) -> Iterator[tuple[str, float]]:
    one, other = (
        _untimed(json.loads(file.read_text(encoding="utf-8"))) for file in (first, second)
    )
    if one != other:
        yield f"its data differ{_where(one, other)}", float("nan")


def _untimed(data: Any) -> Any:
    """Return plain data without what says how long something took, and its checksum."""
    if isinstance(data, dict):
        return {
            key: _untimed(value) for key, value in data.items() if key not in TIMES and key != SEAL
        }
    return [_untimed(value) for value in data] if isinstance(data, list) else data


def _where(one: Any, other: Any) -> str:
    """Return the path of keys to the first difference, for people."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other}):
            if key not in one or key not in other or one[key] != other[key]:
                return f", {key}{_where(one.get(key), other.get(key))}"
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for place, (left, right) in enumerate(zip(one, other, strict=True)):
            if left != right:
                return f", {place}{_where(left, right)}"
    return f": {str(one)[:60]} and {str(other)[:60]}"


_BY_ENDING: Final[Mapping[str, Callable[[Path, Path], Iterator[tuple[str, float]]]]] = {
    ".parquet": _tables,
    ".safetensors": _safetensors,
    ".flac": _sounds,
    ".wav": _sounds,
    ".json": _plain,
}
