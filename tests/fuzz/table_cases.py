"""Small corpora of every adapter that reads label files, each with a file to be mutated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from affectmix.corpora.emotify import EMOTIONS

Row = tuple[str, ...]


@dataclass(frozen=True)
class Case:
    """A corpus on disk.

    Attributes:
        name: of the adapter and of the file.
        settings: of the corpus, without ``root``.
        file: the one that is mutated.
        rows: its header, where it has one, and its rows.
        ids: place of the column that names the clip; -1 where a row is of no single clip.
        numbers: place of a column → target and its scale, of the columns that are ratings.
        others: further files and their content.
        audio: audio files, all empty, as nothing decodes them.
        headed: whether the first row is a header.
    """

    name: str
    settings: Mapping[str, Any]
    file: str
    rows: tuple[Row, ...]
    ids: int
    numbers: Mapping[int, tuple[str, float, float]]
    others: Mapping[str, str] = field(default_factory=dict)
    audio: tuple[str, ...] = ()
    headed: bool = True

    def write(self, root: Path, content: bytes) -> None:
        """Write the corpus under ``root``, with ``content`` in the file that is mutated."""
        for name, text in self.others.items():
            _written(root / name, text.encode())
        for name in self.audio:
            _written(root / name, b"")
        _written(root / self.file, content)

    def clip_of(self, row: Row) -> str:
        """Return the clip that a row is of; empty where that cannot be told."""
        if self.ids < 0 or self.ids >= len(row):
            return ""
        return row[self.ids].removesuffix(".wav")


def _written(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


_SCALE = (1.0, 9.0)
_BOTH = {1: ("valence", *_SCALE), 2: ("arousal", *_SCALE)}
_NAMES = tuple(f"c{n:02d}" for n in range(12))
_WAVES = tuple(f"{name}.wav" for name in _NAMES)


def _rating(place: int, factor: int) -> str:
    return f"{1 + (place * factor % 33) / 4:g}"


_RATED = tuple(
    (f"{name}.wav", _rating(n, 5), _rating(n, 7), f"Ann {n % 5}", "Music")
    for n, name in enumerate(_NAMES)
)
_HEADER = ("path", "valence", "arousal", "source", "category")


def _table(suffix: str) -> Case:
    settings = {"adapter": "table", "labels": f"ratings{suffix}", "scale": [1, 9]}
    rows = (_HEADER, *_RATED)
    return Case(f"table {suffix[1:]}", settings, f"ratings{suffix}", rows, 0, _BOTH, audio=_WAVES)


def _raters() -> Case:
    rows = tuple(
        (f"{name}.wav", f"r{rater}", _rating(n + rater, 5), _rating(n + rater, 7))
        for n, name in enumerate(_NAMES)
        for rater in range(3)
    )
    settings = {"adapter": "table", "labels": "ratings.csv", "scale": [1, 9]}
    header = ("path", "rater", "valence", "arousal")
    return Case("table of raters", settings, "ratings.csv", (header, *rows), 0, {}, audio=_WAVES)


def _pairs() -> Case:
    rows = tuple((_NAMES[i], _NAMES[(i * 5 + k) % 12]) for i in range(12) for k in (1, 2, 3))
    rows = tuple(row for row in rows if row[0] != row[1])
    settings = {"adapter": "pairs", "preferences": {"valence": "valence.csv"}}
    return Case("pairs", settings, "valence.csv", rows, -1, {}, audio=_WAVES, headed=False)


def _pmemo(mutated: str) -> Case:
    songs = range(1, 10)
    files: dict[str, tuple[Row, ...]] = {
        "annotations/static_annotations.csv": (
            ("musicId", "Valence(mean)", "Arousal(mean)"),
            *((str(n), f"{n / 10:g}", f"{1 - n / 10:g}") for n in songs),
        ),
        "annotations/static_annotations_std.csv": (
            ("musicId", "Valence(std)", "Arousal(std)"),
            *((str(n), f"{n / 30:g}", f"{n / 40:g}") for n in songs),
        ),
        "metadata.csv": (
            ("musicId", "title", "artist"),
            *((str(n), f"Song {n}", f"Singer {n % 4}") for n in songs),
        ),
    }
    numbers = {}
    if mutated.endswith("annotations.csv"):
        numbers = {1: ("valence", 0.0, 1.0), 2: ("arousal", 0.0, 1.0)}
    others = {name: csv_text(rows) for name, rows in files.items() if name != mutated}
    audio = tuple(f"chorus/{n}.mp3" for n in songs)
    stem = Path(mutated).stem
    return Case(
        f"pmemo {stem}", {"adapter": "pmemo"}, mutated, files[mutated], 0, numbers, others, audio
    )


def _iads_e() -> Case:
    rows = tuple(
        (f"{n:04d}", "Music", _rating(n, 5), "1.5", _rating(n, 7), "1.25") for n in range(1, 10)
    )
    header = ("Sound ID", "Category", "ValMN", "ValSD", "AroMN", "AroSD")
    numbers = {2: ("valence", *_SCALE), 4: ("arousal", *_SCALE)}
    audio = tuple(f"{row[0]}.wav" for row in rows)
    return Case(
        "iads_e",
        {"adapter": "iads_e"},
        "Sound Ratings.xlsx",
        (header, *rows),
        0,
        numbers,
        {},
        audio,
    )


def _four_q(metadata: bool) -> Case:
    songs = [(f"MT{n:03d}", f"Q{1 + n % 4}") for n in range(8)]
    annotations = (("Song", "Quadrant"), *songs)
    about = (
        ("Song", "Artist", "GenresStr"),
        *((song, f"Band {i % 3}", "Pop;Rock") for i, (song, _) in enumerate(songs)),
    )
    names = ("panda_dataset_taffc_annotations.csv", "panda_dataset_taffc_metadata.csv")
    rows = (annotations, about)
    others = {names[not metadata]: csv_text(rows[not metadata])}
    audio = tuple(f"{quadrant}/{song}.mp3" for song, quadrant in songs)
    name = f"four_q {'metadata' if metadata else 'annotations'}"
    file = names[metadata]
    return Case(name, {"adapter": "four_q"}, file, rows[metadata], 0, {}, others, audio)


def _emotify() -> Case:
    header = ("track id", "genre", *EMOTIONS, "mood", "liked", "disliked", "age", "gender")
    header = (*header, "mother tongue")
    rows = []
    for track in (1, 2, 101, 102, 201):
        genre = ("classical", "rock", "electronic")[track // 100]
        for voter in range(3):
            votes = ["1" if (track + voter * 2) % 9 == place else "0" for place in range(9)]
            who = ("3", "1", "0", f"{20 + voter}", "1", "Dutch")
            rows.append((str(track), genre, *votes, *who))
    audio = ("classical/1.mp3", "classical/2.mp3", "rock/1.mp3", "rock/2.mp3", "electronic/1.mp3")
    return Case("emotify", {"adapter": "emotify"}, "data.csv", (header, *rows), 0, {}, {}, audio)


def _emomusic() -> Case:
    header = ("song_id", "mean_arousal", "std_arousal", "mean_valence", "std_valence")
    rows = tuple((str(n), _rating(n, 5), "1.5", _rating(n, 7), "0.75") for n in range(2, 10))
    numbers = {1: ("arousal", *_SCALE), 3: ("valence", *_SCALE)}
    about = (("song_id", "Artist", "Genre"), *((row[0], f"Trio {row[0]}", "Jazz") for row in rows))
    return Case(
        "emomusic",
        {"adapter": "emomusic"},
        "annotations/static_annotations.csv",
        (header, *rows),
        0,
        numbers,
        {"annotations/songs_info.csv": csv_text(about)},
        tuple(f"clips_45sec/{row[0]}.mp3" for row in rows),
    )


def _deam(mutated: str) -> Case:
    folder = "annotations/annotations averaged per song"
    songs = range(2, 10)
    static = f"{folder}/song_level/static_annotations_averaged_songs_1_2000.csv"
    files: dict[str, tuple[Row, ...]] = {
        static: (
            ("song_id", "valence_mean", "valence_std", "arousal_mean", "arousal_std"),
            *((str(n), _rating(n, 5), "1.5", _rating(n, 7), "0.75") for n in songs),
        )
    }
    for target, factor in (("valence", 5), ("arousal", 7)):
        head = ("song_id", "sample_15000ms", "sample_15500ms")
        means = [(str(n), (float(_rating(n, factor)) - 5) / 4) for n in songs]
        files[f"{folder}/dynamic (per second annotations)/{target}.csv"] = (
            head,
            *((name, f"{mean:g}", f"{mean:g}") for name, mean in means),
        )
    name = static if mutated == "static" else next(f for f in files if f.endswith(mutated))
    numbers = {1: ("valence", *_SCALE), 3: ("arousal", *_SCALE)} if name == static else {}
    others = {file: csv_text(rows) for file, rows in files.items() if file != name}
    audio = tuple(f"MEMD_audio/{n}.mp3" for n in songs)
    return Case(
        f"deam {Path(mutated).stem}",
        {"adapter": "deam"},
        name,
        files[name],
        0,
        numbers,
        others,
        audio,
    )


def csv_text(rows: tuple[Row, ...], separator: str = ",", end: str = "\n") -> str:
    """Return rows as text; cells with the separator, a quote or an end of line are quoted."""

    def cell(text: str) -> str:
        special = any(mark in text for mark in (separator, '"', "\n", "\r"))
        return '"' + text.replace('"', '""') + '"' if special else text

    return "".join(separator.join(map(cell, row)) + end for row in rows)


def as_frame(case: Case, rows: tuple[Row, ...]) -> pd.DataFrame:
    """Return rows as a table, numbers as numbers where all are."""
    width = len(rows[0])
    frame = pd.DataFrame([(*row, *("",) * width)[:width] for row in rows[1:]], columns=rows[0])
    for place in case.numbers:
        name = rows[0][place] if place < width else None
        if name is not None and list(rows[0]).count(name) == 1:
            frame[name] = [_number(cell) for cell in frame[name]]
    return frame


def _number(cell: str) -> float | str:
    try:
        return float(cell)
    except ValueError:
        return cell


CASES = (
    *(_table(".csv"), _table(".csv"), _table(".xlsx"), _table(".parquet"), _raters(), _pairs()),
    _pmemo("annotations/static_annotations.csv"),
    _pmemo("annotations/static_annotations_std.csv"),
    _pmemo("metadata.csv"),
    *(_iads_e(), _four_q(False), _four_q(True), _emotify(), _emomusic()),
    *(_deam("static"), _deam("valence.csv")),
)
