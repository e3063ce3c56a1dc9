"""Any folder of audio with its labels in tables."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Final

import pandas as pd

from affectmix.corpora.base import RATERS, RATERS_SETTING, TARGETS, Corpus, Setting
from affectmix.corpora.rated_files import RatedFiles, Reading
from affectmix.corpora.rows import SD, TEXTS, Scale
from affectmix.corpora.tabular import ROW, read_text_table
from affectmix.errors import ConfigError, CorpusError, Problem

COLUMNS: Final = ("path", *TARGETS, *SD, *TEXTS, "rater", "clip_id")

_Columns = Mapping[str, str | None] | Sequence[str | None]


class TableCorpus(RatedFiles):
    """A CSV, Excel or Parquet table with a row per clip, or per clip and rater.

    Columns are ``path`` and at least one of valence, arousal and quadrant; optional are
    valence_sd, arousal_sd, category, source, rater, clip_id. With ``rater`` the rows are
    single ratings: the label is their mean, its sd their standard deviation (n - 1).
    Several tables are joined by path (and by rater, where both have one).
    """

    SETTINGS: ClassVar[Mapping[str, Setting]] = {
        **Corpus.SETTINGS,
        "labels": Setting(
            (str, list),
            "the label table, under root; or a list of tables, each a file name or "
            "{file: …, columns: …, sheet: …}",
        ),
        "columns": Setting(
            (dict, list),
            "our column name -> the header's, where they differ; or, for files without "
            "header, the list of our names in the order of the columns, null to ignore one",
            None,
        ),
        "scale": Setting(
            (list, dict),
            "[low, high] of the labels, mapped to [-1, 1]; or one such pair per target",
            [-1, 1],
        ),
        "audio": Setting((str,), "folder under root that paths are relative to", "."),
        RATERS: RATERS_SETTING,
    }

    def __init__(self, name: str, settings: Mapping[str, Any], *, home: Path | str = "") -> None:
        super().__init__(name, settings, home=home)
        self._scales = parse_scales(self.settings["scale"], where=f"corpora.{name}.scale")
        self._files = self._parse_labels()

    @property
    def _audio_folder(self) -> str:
        folder: str = self.settings["audio"]
        return folder

    def label_files(self) -> list[Path]:
        """Return the label tables."""
        return [self.root / table["file"] for table in self._files]

    def _parse_labels(self) -> list[dict[str, Any]]:
        where = f"corpora.{self.name}"
        labels = self.settings["labels"]
        entries = [labels] if isinstance(labels, str) else list(labels)
        tables = [{"file": e} if isinstance(e, str) else e for e in entries]
        if not tables:
            raise ConfigError(f"{where}.labels is an empty list; name at least one file")
        for table in tables:
            if not isinstance(table, dict) or not isinstance(table.get("file"), str):
                raise ConfigError(
                    f"{where}.labels holds {table!r}; each entry is a file name or "
                    "{file: …, columns: …, sheet: …}"
                )
            unknown = sorted(set(table) - {"file", "columns", "sheet"})
            if unknown:
                raise ConfigError(
                    f"{where}.labels has unknown key {unknown[0]!r}; "
                    "known keys are ['file', 'columns', 'sheet']"
                )
        shared = self.settings["columns"]
        return [
            {**table, "columns": parse_columns(table.get("columns", shared), where=where)}
            for table in tables
        ]

    @cached_property
    def _rows(self) -> pd.DataFrame:
        problems: list[Problem] = []
        merged: pd.DataFrame | None = None
        for table in self._files:
            try:
                frame = read_text_table(
                    self.root / table["file"],
                    table["columns"],
                    corpus=self.name,
                    sheet=table.get("sheet", 0),
                )
            except CorpusError as error:
                problems += error.problems
                continue
            if "path" not in frame:
                message = "no column 'path'; name it under 'columns'"
                problems.append(Problem(table["file"], "missing_column", message))
            else:
                merged = frame if merged is None else self._joined(merged, frame, problems)
        if merged is not None and not {*TARGETS, "quadrant"} & set(merged):
            message = "no column valence, arousal or quadrant; name one under 'columns'"
            problems.append(Problem(self._files[0]["file"], "missing_column", message))
        if problems or merged is None:
            raise CorpusError(self.name, problems)
        return merged

    def _joined(
        self, left: pd.DataFrame, right: pd.DataFrame, problems: list[Problem]
    ) -> pd.DataFrame:
        key = [name for name in ("path", "rater") if name in left and name in right]
        common = [name for name in right if name in left and name not in {*key, ROW}]
        if common:
            message = f"{common} stand in two tables; leave them out of one of them"
            problems.append(Problem(right[ROW].iloc[0], "conflict", message))
            right = right.drop(columns=common)
        unique = "rater" in key or not {"rater"} & (set(left) | set(right))
        sides = []
        for side in (left, right):
            if not unique and "rater" in side:  # many ratings of a clip meet the clip's one row
                sides.append(side)
                continue
            again = side[side.duplicated(key)]
            for where, path in again[[ROW, "path"]].itertuples(index=False):
                message = f"{path!r} stands twice in this table; keep one of the two"
                problems.append(Problem(str(where), "duplicate_id", message))
            sides.append(side.drop(index=again.index))
        joined = sides[0].merge(sides[1], on=key, how="outer", suffixes=("", "_right"))
        joined[ROW] = joined[ROW].fillna(joined.pop(f"{ROW}_right"))
        return joined.astype(object).where(joined.notna(), None)

    def _read(self) -> Reading:
        return Reading(self._rows, self._scales)


def parse_columns(columns: Any, *, where: str) -> _Columns:
    """Check the setting ``columns`` and return it for :func:`read_text_table`.

    Raises:
        ConfigError: a name is not one of :data:`COLUMNS`, or stands twice.
    """
    if columns is None:
        return dict.fromkeys(COLUMNS)
    names = list(columns) if isinstance(columns, dict) else [c for c in columns if c is not None]
    for name in names:
        if name not in COLUMNS or names.count(name) > 1:
            near = difflib.get_close_matches(str(name), COLUMNS, n=1)
            hint = f"did you mean {near[0]!r}? " if near and name not in COLUMNS else ""
            raise ConfigError(
                f"{where}.columns names {name!r}{' twice' if name in COLUMNS else ''}; "
                f"{hint}allowed are {list(COLUMNS)}, each once"
            )
    if isinstance(columns, dict):
        return {
            **dict.fromkeys(COLUMNS),
            **{k: str(v) for k, v in columns.items() if v is not None},
        }
    return list(columns)


def parse_scales(scale: Any, *, where: str) -> dict[str, Scale]:
    """Return the scale of each target from ``[low, high]`` or a mapping of such pairs.

    Raises:
        ConfigError: not two numbers, the lower first, or an unknown or missing target.
    """
    pairs = scale if isinstance(scale, dict) else dict.fromkeys(TARGETS, scale)
    if set(pairs) != set(TARGETS):
        raise ConfigError(f"{where} names {list(pairs)}; it must name {list(TARGETS)}")
    scales = {}
    for target, pair in pairs.items():
        numbers = isinstance(pair, list) and all(
            isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v)
            for v in pair
        )
        if not numbers or len(pair) != 2 or not pair[0] < pair[1]:
            raise ConfigError(
                f"{where} is {pair!r}; it must be [low, high], finite numbers with low below "
                "high, such as [1, 9]"
            )
        scales[target] = (float(pair[0]), float(pair[1]))
    return scales
