"""4Q (Panda, Malheiro and Paiva, IEEE Transactions on Affective Computing 2018)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, Final

import pandas as pd

from affectmix.corpora.base import Corpus, Setting
from affectmix.corpora.rated_files import RatedFiles, Reading
from affectmix.corpora.tabular import first_of_each, read_text_table
from affectmix.errors import ConfigError, Problem
from affectmix.schemas import QUADRANTS

_ANNOTATIONS: Final = "panda_dataset_taffc_annotations.csv"
_METADATA: Final = "panda_dataset_taffc_metadata.csv"
_SIGNS: Final = {"Q1": (1, 1), "Q2": (-1, 1), "Q3": (-1, -1), "Q4": (1, -1)}  # valence, arousal


class FourQCorpus(RatedFiles):
    """``Q1..Q4/*.mp3`` and the two csv files of the distribution.

    Each clip is labelled with a quadrant. Valence and arousal are set to the corner of that
    quadrant, ±``corner``: they are stand-ins, not ratings. The clip id is the song id, the
    source the artist, the category the first of the genres.
    """

    obtain = "http://mir.dei.uc.pt/downloads.html (the MIR group in Coimbra)"
    SETTINGS: ClassVar[Mapping[str, Setting]] = {
        **Corpus.SETTINGS,
        "corner": Setting(
            (float,), "distance of a quadrant's corner from 0 on both axes, above 0 to 1", 0.5
        ),
    }

    def __init__(self, name: str, settings: Mapping[str, Any], *, home: Path | str = "") -> None:
        super().__init__(name, settings, home=home)
        if not 0 < self.settings["corner"] <= 1:
            raise ConfigError(
                f"corpora.{name}.corner is {self.settings['corner']!r}; it must be above 0 "
                "and at most 1, for example 0.5"
            )

    def label_files(self) -> list[Path]:
        """Return the annotations and the metadata."""
        return [self.root / _ANNOTATIONS, self.root / _METADATA]

    def _read(self) -> Reading:
        annotations, metadata = self.label_files()
        rows = read_text_table(
            annotations, {"clip_id": "Song", "quadrant": "Quadrant"}, corpus=self.name
        )
        songs = read_text_table(
            metadata,
            {"clip_id": "Song", "source": "Artist", "category": "GenresStr"},
            corpus=self.name,
        )
        songs, problems = first_of_each(songs, "clip_id", file=metadata)
        rows = rows.merge(songs, on="clip_id", how="left")
        rows["category"] = rows["category"].map(lambda g: g.split(";")[0].strip(), "ignore")
        corner = float(self.settings["corner"])
        for axis, target in enumerate(("valence", "arousal")):
            rows[target] = [
                None if q not in _SIGNS else repr(corner * _SIGNS[q][axis])
                for q in rows["quadrant"]
            ]
        rows["path"] = [
            None if song is None else f"{quadrant}/{song}.mp3"
            for song, quadrant in zip(rows["clip_id"], rows["quadrant"], strict=True)
        ]
        scale = (-1.0, 1.0)
        problems += self._misplaced(rows)
        return Reading(rows, {"valence": scale, "arousal": scale}, tuple(problems))

    def _misplaced(self, rows: pd.DataFrame) -> list[Problem]:
        """Report songs that lie in a folder of another quadrant than their annotation's."""
        folders = {
            PurePosixPath(path).stem: PurePosixPath(path).parts[0]
            for path in self._index.paths
            if PurePosixPath(path).parts[0] in QUADRANTS
        }
        return [
            Problem(
                row,
                "conflict",
                f"{song!r} is annotated {quadrant} but lies in folder {folders[song]}; "
                "move it, or correct the annotation",
            )
            for song, quadrant, row in zip(
                rows["clip_id"], rows["quadrant"], rows["row"], strict=True
            )
            if song in folders and pd.notna(quadrant) and folders[song] != quadrant
        ]
