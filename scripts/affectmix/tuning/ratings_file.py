"""A listener's ratings of songs, from a table of one's own."""

from __future__ import annotations

import csv
import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from affectmix.errors import CorpusError, Problem
from affectmix.predict.files import printable
from affectmix.schemas import QUADRANTS
from affectmix.tuning.songs import quadrants_of

SONG: Final = ("path", "clip", "clip_id", "file")
AFFECT: Final = ("valence", "arousal")
QUADRANT: Final = "quadrant"
FEWEST: Final = 2
_WHAT: Final = "table of ratings"
_OFF_SCALE = "correct it, or name another scale with --scale LOW HIGH"
_HINT = "\nSee which songs tell most about a listener with: affectmix tune … --suggest 10"


@dataclass(frozen=True)
class ListenerRatings:
    """Ratings of audio files, each once.

    Attributes:
        files: the rated files, sorted.
        values: valence and arousal in [-1, 1] [shape=(n, 2)], or places in ``QUADRANTS``
            [shape=(n,)].
    """

    files: list[Path]
    values: np.ndarray

    @property
    def quadrants(self) -> bool:
        """Whether quadrants were rated, and not values."""
        return self.values.ndim == 1


def read_ratings(
    path: str | Path, audio: Sequence[Path], folder: Path, *, scale: tuple[float, float]
) -> ListenerRatings:
    """Return the ratings of a CSV table, which are usable to tune with.

    Columns: one of ``path``, ``clip``, ``clip_id`` or ``file`` that names the song, by its path
    under the folder, its file name, or that without ending; ``valence`` and ``arousal``, or
    ``quadrant`` (Q1 to Q4). Other columns are passed over.

    Args:
        path: the table.
        audio: the audio files of the folder.
        folder: the folder.
        scale: lowest and highest value of the ratings, mapped to [-1, 1].

    Raises:
        CorpusError: everything that is wrong: no such column, unknown songs, values off the
            scale, contradictory ratings, one song alone, or one quadrant alone.
    """
    path = Path(path)
    rows = _rows(path)
    songs = _songs(audio, folder)
    problems: list[Problem] = []
    found: dict[Path, tuple[int, tuple[float, ...]]] = {}
    song = next(name for name in SONG if name in rows[0])
    affect = set(AFFECT) <= set(rows[0])
    for line, row in enumerate(rows, start=2):
        where = f"{path.name}:{line}"
        file = _file(row[song], songs, where, problems)
        value = _value(row, where, problems, affect=affect, scale=scale)
        if file is None or value is None:
            continue
        first, before = found.setdefault(file, (line, value))
        if before != value:
            problems.append(
                Problem(
                    where,
                    "contradiction",
                    f"rates {row[song]!r} as {_said(value)}, but line {first} has "
                    f"{_said(before)}; keep one of the two",
                )
            )
    files = sorted(found)
    values = np.array([found[file][1] for file in files], dtype=float)
    if not problems:
        problems += _too_alike(path, files, values, affect=affect)
    if problems:
        raise CorpusError(str(path), problems, _HINT if _kinds(problems) else "", what=_WHAT)
    return ListenerRatings(files, values if affect else values[:, 0].astype(int))


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            names = [name.strip().lower() for name in reader.fieldnames or []]
            reader.fieldnames = names
            rows = [{k: (v or "").strip() for k, v in row.items() if k} for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        message = f"not readable as a CSV table ({error}); name a file with a line of column names"
        problem = Problem(path.name, "unreadable", message)
        raise CorpusError(str(path), [problem], what=_WHAT) from error
    problems = []
    if not set(SONG) & set(names):
        message = f"no column names the song; call one of {names} {SONG[0]!r}"
        if len(names) == 1 and any(mark in names[0] for mark in ";\t"):
            message = (
                f"its columns {names[0]!r} are not parted by commas; export it as CSV with them"
            )
        problems.append(Problem(path.name, "missing_column", message))
    if not set(AFFECT) <= set(names) and QUADRANT not in names:
        message = "no ratings; add the columns valence and arousal, or quadrant (Q1 to Q4)"
        problems.append(Problem(path.name, "missing_column", message))
    if not problems and not rows:
        problems.append(Problem(path.name, "empty", "has no row; rate at least two songs"))
    if problems:
        raise CorpusError(str(path), problems, what=_WHAT)
    return rows


def _songs(audio: Sequence[Path], folder: Path) -> dict[str, list[Path]]:
    """Return the files by everything that a table may call them."""
    songs: dict[str, list[Path]] = {}
    for file in audio:
        under = file.relative_to(folder) if file.is_relative_to(folder) else file
        names = {under.as_posix(), under.with_suffix("").as_posix(), file.name, file.stem}
        for name in {printable(name) for name in names} | {str(file)}:
            songs.setdefault(name, []).append(file)
    return songs


def _file(
    name: str, songs: Mapping[str, list[Path]], where: str, problems: list[Problem]
) -> Path | None:
    files = songs.get(name, [])
    if len(files) == 1:
        return files[0]
    if files:
        message = f"{name!r} may be {' or '.join(sorted(map(str, files)))}; give the path"
        problems.append(Problem(where, "ambiguous", message))
        return None
    near = difflib.get_close_matches(name, list(songs), n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    message = f"no song {name!r} in the audio folder; {hint}add the file, or delete the row"
    problems.append(Problem(where, "unknown_song", message))
    return None


def _value(
    row: Mapping[str, str],
    where: str,
    problems: list[Problem],
    *,
    affect: bool,
    scale: tuple[float, float],
) -> tuple[float, ...] | None:
    """Return a row's rating: valence and arousal in [-1, 1], or the place of its quadrant."""
    quadrant = row.get(QUADRANT, "").upper()
    if quadrant and quadrant not in QUADRANTS:
        message = f"quadrant is {row[QUADRANT]!r}; allowed are {', '.join(QUADRANTS)}"
        problems.append(Problem(where, "unknown_quadrant", message))
        return None
    if not affect:
        if not quadrant:
            problems.append(Problem(where, "empty", "no quadrant; give one, or delete the row"))
            return None
        return (float(QUADRANTS.index(quadrant)),)
    low, high = scale
    numbers = []
    for name in AFFECT:
        try:
            number = float(row[name])
        except ValueError:
            number = float("nan")
        if not low <= number <= high:
            message = f"{name} is {row[name]!r}; allowed is a number from {low:g} to {high:g}; " + (
                _OFF_SCALE if row[name] else "give one, or delete the row"
            )
            problems.append(Problem(where, "out_of_scale", message))
            return None
        numbers.append(2 * (number - low) / (high - low) - 1)
    if quadrant and QUADRANTS[int(quadrants_of(np.array([numbers]))[0])] != quadrant:
        message = (
            f"quadrant is {quadrant}, but valence {row['valence']} and arousal {row['arousal']} "
            "lie in another (0 counts as low); correct one of them, or leave the column out"
        )
        problems.append(Problem(where, "contradiction", message))
        return None
    return tuple(numbers)


def _too_alike(path: Path, files: list[Path], values: np.ndarray, *, affect: bool) -> list[Problem]:
    """Return why ratings tell nothing of a listener."""
    if len(files) < FEWEST:
        message = f"{len(files)} song is rated; rate {FEWEST} at least, better 10"
        return [Problem(path.name, "one_song", message)]
    quadrants = quadrants_of(values) if affect else values[:, 0].astype(int)
    same = len(np.unique(values, axis=0)) == 1 if affect else len(np.unique(quadrants)) == 1
    if same:
        message = (
            f"all {len(files)} songs are rated {_said(tuple(values[0]))}, which tells nothing of "
            "what the listener hears differently; rate songs that make him or her feel otherwise"
        )
        return [Problem(path.name, "one_class", message)]
    return []


def _kinds(problems: Sequence[Problem]) -> bool:
    return any(problem.kind in ("one_song", "one_class") for problem in problems)


def _said(value: tuple[float, ...]) -> str:
    if len(value) == 1:
        return QUADRANTS[int(value[0])]
    return f"valence {value[0]:g}, arousal {value[1]:g}"
