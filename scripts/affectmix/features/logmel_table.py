"""Log-mel spectrograms in Parquet: one row per clip, and excerpts of one size read back.

The files of a corpus's shards are the dataset; there is no merged table, as the arrays of a
thousand clips and their stems take gigabytes. A row holds clip_id, duration_s and the whole
spectrogram as a list of frames, each a fixed-size array of all bands, so that an excerpt is
one contiguous piece. The schema's metadata holds the recipe and the stem.

A value is a level in dB, from -80 to 0 (reference ``own``) or 5 (reference ``mix``). float16
is off by .032 dB at most; uint8, whose 256 levels are spread evenly over the range, by .16 dB
(.17 with the reference ``mix``), .09 on the root mean square. In music clips, whose levels vary
by 13 dB in each band and change by 1.2 dB when the audio is encoded as ogg and back, that is
nothing, and uint8, the default, takes 60 % of the room.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from affectmix.errors import TableError
from affectmix.features.logmel_recipes import FLOOR_DB, LogmelRecipe, Reference, Storage
from affectmix.parquet import read_metadata, read_parquet, unreadable, write_parquet

_VALUES: Final = "levels.list.element.list.element"  # as Parquet calls the lists' values
_METADATA: Final = b"affectmix_logmel"
_SHARD: Final = "shard of log-mels"
_TYPES: Final = {Storage.FLOAT16: (np.float16, pa.float16()), Storage.UINT8: (np.uint8, pa.uint8())}


@dataclass(frozen=True)
class Logmel:
    """One clip's spectrogram.

    Attributes:
        levels: in dB, frames first, float32 [shape=(frames, bands)].
        duration_s: of the clip.
    """

    levels: np.ndarray
    duration_s: float


def write_logmels(
    logmels: Mapping[str, Logmel], path: str | Path, recipe: LogmelRecipe, *, stem: str
) -> None:
    """Write the spectrograms of one shard's clips, under a temporary name first.

    Args:
        logmels: by clip id.
        path: where to.
        recipe: by which they were made.
        stem: of which stem they are, as it stands in paths; ``mix`` is one.

    Raises:
        TableError: a spectrogram has another number of bands than the recipe says.
    """
    names = sorted(logmels)
    wrong = [name for name in names if logmels[name].levels.shape[1:] != (recipe.bands,)]
    if wrong:
        raise TableError(f"{path}: clip {wrong[0]!r} does not have {recipe.bands} bands")
    table = pa.table(
        {
            "clip_id": pa.array(names, pa.string()),
            "duration_s": pa.array([logmels[name].duration_s for name in names], pa.float64()),
            "levels": _lists([encode(logmels[name].levels, recipe) for name in names], recipe),
        }
    ).replace_schema_metadata(
        {
            "affectmix_table": "logmels",
            _METADATA: json.dumps({"recipe": recipe.settings(), "stem": stem}),
        }
    )
    # A dictionary stores each of 256 levels in a byte, for which Parquet has no type.
    dictionaries = ["clip_id", *([_VALUES] if recipe.storage is Storage.UINT8 else [])]
    write_parquet(table, path, dictionaries=dictionaries)


def read_logmels(
    files: Sequence[str | Path],
    clip_ids: Sequence[str],
    *,
    duration_s: float,
    offset_s: float | Sequence[float] = 0.0,
    beyond: float = FLOOR_DB,
) -> npt.NDArray[np.float32]:
    """Return an excerpt of each clip, all of one size, in the order asked for.

    The excerpt begins at the frame nearest to its offset. Where the clip ends sooner the rest
    is the lowest level, -80 dB, which is what audio padded with zeros gives: as in EmoMucs,
    section 4, which pads clips shorter than 20 s at their end. With the reference ``own`` the
    loudest band of the *excerpt* is 0 dB again, as if the audio had been cut first; a silent
    one stays at -80 dB throughout.

    Args:
        files: shards of one recipe and stem; they may hold further clips.
        clip_ids: the clips; one may be asked for more than once.
        duration_s: length of the excerpts, in seconds.
        offset_s: where they begin, in seconds; one for all, or one per clip.
        beyond: what stands where the clip has ended; NaN for learners that do not pad.

    Returns:
        Levels in dB, float32 [shape=(n, bands, frames)], with
        ``frames = 1 + duration_s · sample_rate // hop``.

    Raises:
        TableError: a file is not a readable shard, the files' recipes or stems differ, or a
            clip is in none of them.
    """
    offsets = np.broadcast_to(np.asarray(offset_s, dtype=float), len(clip_ids))
    if duration_s <= 0 or (offsets < 0).any():
        raise ValueError("duration_s must be above 0, and offset_s not below it")
    recipe = read_recipe(files)
    width = recipe.frames(duration_s)
    starts = np.rint(offsets * recipe.sample_rate / recipe.hop).astype(int)
    places: dict[str, list[int]] = {}
    for place, clip_id in enumerate(clip_ids):
        places.setdefault(clip_id, []).append(place)
    excerpts = np.full((len(clip_ids), recipe.bands, width), beyond, dtype=np.float32)
    for file in files:
        for clip_id, stored in _stored(_read(file), recipe, places):
            for place in places.pop(clip_id):
                piece = decode(stored[starts[place] : starts[place] + width], recipe)
                excerpts[place, :, : len(piece)] = _referred(piece, recipe).T
    if places:
        raise TableError(
            f"log-mels: {len(places)} clips have none, the first is {min(places)!r}; the logs of "
            "extract_logmel and separate_stems under results/logs say why. If its file changed "
            "while the run went on, run snakemake again."
        )
    return excerpts


def read_durations(files: Sequence[str | Path]) -> pd.Series:
    """Return each clip's length in seconds, by clip id, sorted; the levels are not read."""
    frames = [_read(file, ["clip_id", "duration_s"]).to_pandas() for file in files]
    return pd.concat(frames).set_index("clip_id")["duration_s"].sort_index()


def read_recipe(files: Sequence[str | Path]) -> LogmelRecipe:
    """Return the recipe of some shards.

    Raises:
        TableError: there is no file, or they differ in recipe or stem.
    """
    if not files:
        raise TableError("no shard of log-mels: the corpus has no clip. Check its folder.")
    first, *others = [_description(file) for file in files]
    for file, other in zip(files[1:], others, strict=True):
        if other != first:
            raise TableError(
                f"{file}: is of {other}, but {files[0]} is of {first}. "
                "Delete both files and run snakemake again: they will be made anew."
            )
    return LogmelRecipe.from_settings(json.loads(first)["recipe"])


def encode(levels: np.ndarray, recipe: LogmelRecipe) -> np.ndarray:
    """Return levels in dB as they are stored, same shape; those out of range are held there."""
    held = np.clip(levels, FLOOR_DB, recipe.ceiling_db)
    if recipe.storage is Storage.FLOAT16:
        return held.astype(np.float16)
    return np.rint((held - FLOOR_DB) / _step(recipe)).astype(np.uint8)


def decode(stored: np.ndarray, recipe: LogmelRecipe) -> npt.NDArray[np.float32]:
    """Return stored levels in dB, same shape."""
    if recipe.storage is Storage.FLOAT16:
        return stored.astype(np.float32)
    return stored * np.float32(_step(recipe)) + np.float32(FLOOR_DB)


def _step(recipe: LogmelRecipe) -> float:
    """Return the distance of two levels of uint8, in dB."""
    return (recipe.ceiling_db - FLOOR_DB) / np.iinfo(np.uint8).max


def _referred(levels: np.ndarray, recipe: LogmelRecipe) -> np.ndarray:
    """Return an excerpt relative to its own loudest band, where the recipe asks for that."""
    if recipe.reference is Reference.MIX or not levels.size or levels.max() <= FLOOR_DB:
        return levels
    return np.maximum(levels - levels.max(), FLOOR_DB)


def _lists(arrays: Sequence[np.ndarray], recipe: LogmelRecipe) -> pa.ListArray:
    """Return arrays [shape=(frames, bands)] as lists of frames of fixed size."""
    kind, arrow = _TYPES[recipe.storage]
    flat = np.concatenate([np.empty((0, recipe.bands), kind), *arrays]).ravel()
    frames = pa.FixedSizeListArray.from_arrays(pa.array(flat, arrow), recipe.bands)
    ends = np.cumsum([0, *(len(array) for array in arrays)])
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), frames)


def _stored(
    table: pa.Table, recipe: LogmelRecipe, wanted: Mapping[str, object]
) -> list[tuple[str, np.ndarray]]:
    """Return the wanted clips' arrays as they are stored [each shape=(frames, bands)]."""
    lists = table["levels"].combine_chunks()
    flat = lists.values.flatten().to_numpy(zero_copy_only=False).reshape(-1, recipe.bands)
    ends = lists.offsets.to_numpy()
    return [
        (clip_id, flat[ends[row] : ends[row + 1]])
        for row, clip_id in enumerate(table["clip_id"].to_pylist())
        if clip_id in wanted
    ]


def _description(file: str | Path) -> str:
    """Return the recipe and stem of a shard as they were written."""
    try:
        return read_metadata(file, what=_SHARD)[_METADATA].decode()
    except KeyError as error:
        raise unreadable(file, _SHARD, error) from error


def _read(file: str | Path, columns: list[str] | None = None) -> pa.Table:
    return read_parquet(file, what=_SHARD, columns=columns)
