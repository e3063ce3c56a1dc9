"""A model's folder: what is in it, whole and unaltered, or why it is not opened."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from affectmix.errors import AffectMixError
from affectmix.files import write_text

SUMS: Final = "SHA256SUMS"
MODEL: Final = "model.json"
ARRAYS: Final = "model.safetensors"
CALIBRATION: Final = "calibration.safetensors"
CARD: Final = "README.md"
FILES: Final = (ARRAYS, CALIBRATION, CARD, MODEL)
_LINE: Final = re.compile(r"([0-9a-f]{64}) [ *](.+)")
_MOST_SUMS: Final = 1 << 16  # bytes
_ARCHIVES: Final = (b"PK", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!")
_PICKLES: Final = (".pkl", ".pickle", ".joblib", ".pt", ".pth", ".th", ".bin", ".ckpt", ".sav")


def write_sums(folder: str | Path, names: Iterable[str] = FILES) -> None:
    """Write ``SHA256SUMS`` of a folder's files, as ``sha256sum --check`` reads it.

    To be called when all of them are there.
    """
    folder = Path(folder)
    lines = [f"{_digest(folder / name)}  {name}\n" for name in sorted(names)]
    write_text("".join(lines), folder / SUMS)


def check_folder(folder: str | Path, names: Iterable[str] = FILES) -> dict[str, str]:
    """Return the checksums of a model's files, all of which are there and unaltered.

    Checksums tell an altered copy from a whole one. They do not tell who made it.

    Args:
        folder: the model's.
        names: the files that must be there.

    Raises:
        AffectMixError: it is no folder of a model, a file is missing, or one was altered.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise AffectMixError(_no_folder(folder))
    if not (folder / SUMS).is_file():
        raise AffectMixError(_no_model(folder))
    sums = _read_sums(folder)
    for name in sorted({*names, *sums}):
        file = folder / name
        if name not in sums:
            raise AffectMixError(f"{folder}/{SUMS}: lists no {name!r}; {_AGAIN}")
        if not file.is_file():
            raise AffectMixError(f"{folder}: the file {name!r} is missing; {_AGAIN}")
        if _digest(file) != sums[name]:
            raise AffectMixError(
                f"{file}: is not the file that was written with this model: its SHA-256 is "
                f"{_digest(file)[:12]}…, {SUMS} has {sums[name][:12]}…. Do not use it; {_AGAIN}"
            )
    return sums


_AGAIN: Final = "copy the whole folder again from where it was made, or make it anew with snakemake"


def _read_sums(folder: Path) -> dict[str, str]:
    file = folder / SUMS
    try:
        if file.stat().st_size > _MOST_SUMS:
            raise ValueError(f"has {file.stat().st_size} bytes")
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise AffectMixError(f"{file}: not readable ({error}); {_AGAIN}") from error
    found = {}
    for line in lines:
        parts = _LINE.fullmatch(line)
        if parts is None or parts[2] != Path(parts[2]).name or parts[2] in ("", ".", ".."):
            raise AffectMixError(
                f"{file}: the line {line[:80]!r} is not a checksum of a file beside it; {_AGAIN}"
            )
        found[parts[2]] = parts[1]
    return found


def _no_folder(path: Path) -> str:
    if not path.exists():
        return (
            f"{path}: there is no such model folder; they lie under results/models once snakemake "
            "has run"
        )
    try:
        with path.open("rb") as file:
            head = file.read(512)
    except OSError as error:
        return f"{path}: cannot be read ({error.strerror}), and is not a model folder"
    folder = "a model is a folder of JSON and safetensors, as results/models has them"
    if head.startswith(_ARCHIVES) or head[257:262] == b"ustar":
        return (
            f"{path}: is an archive, which is never unpacked here; {folder}. Look at what is in "
            "it, unpack it yourself, and name the folder"
        )
    if head.startswith(b"\x80") or path.suffix.lower() in _PICKLES:
        return (
            f"{path}: looks like a pickle, which can run any code as it is read, and is never "
            f"opened here; {folder}. Ask its maker for the folder"
        )
    return f"{path}: is a file; {folder}. Name the folder"


def _no_model(folder: Path) -> str:
    within = sorted(file.parent for file in folder.glob(f"*/{MODEL}"))
    if within:
        return (
            f"{folder}: holds {len(within)} models; name the folder of one of them, such as "
            f"{within[0]}"
        )
    if (folder / MODEL).is_file():
        return (
            f"{folder}: has no {SUMS}; it is not whole, or of an earlier AffectMix. Make it anew "
            "with snakemake, or copy the whole folder again"
        )
    pickles = sorted(f.name for f in folder.iterdir() if f.suffix.lower() in _PICKLES)
    found = f"{pickles[0]!r}, which is never opened as it can run code" if pickles else "none"
    return (
        f"{folder}: is not a model folder: {MODEL} and {SUMS} are missing (other models in it: "
        f"{found}). Models lie under results/models once snakemake has run"
    )


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
