"""IADS-E (Yang et al., Behavior Research Methods 2018): 935 sounds, 167 of them IADS-2's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import ClassVar, Final

from affectmix.corpora.audio_index import AudioIndex
from affectmix.corpora.base import RATERS, RATERS_SETTING, Corpus, Setting
from affectmix.corpora.rated_files import RatedFiles, Reading
from affectmix.corpora.rater_counts import RatingScale
from affectmix.corpora.tabular import read_text_table

_SHEETS: Final = {"all": "SoundsAll", "men": "SoundsMen", "women": "SoundsFem"}
_COLUMNS: Final[Mapping[str, str | None]] = {
    "clip_id": "Sound ID",
    "category": "Category",
    "valence": "ValMN",
    "valence_sd": "ValSD",
    "arousal": "AroMN",
    "arousal_sd": "AroSD",
}
_IADS_2: Final = "iads_2"  # first part of the path of a sound that lies in the IADS-2 folder


class IADSECorpus(RatedFiles):
    """``Sound Ratings.xlsx`` with the audio by Sound ID anywhere under root.

    Means 1..9 become (x - 5) / 4, standard deviations are divided by 4. The source is the
    Sound ID without the suffix of a repeated extraction (``0311_2`` and ``0311`` are one).
    """

    obtain = "https://doi.org/10.3758/s13428-018-1027-6 (from its authors)"
    RATING_SCALE: ClassVar[RatingScale | None] = RatingScale(points=9, ddof=1)

    SETTINGS: ClassVar[Mapping[str, Setting]] = {
        **Corpus.SETTINGS,
        "ratings": Setting((str,), "the ratings' workbook, under root", "Sound Ratings.xlsx"),
        "raters": Setting((str,), "whose ratings", "all", choices=tuple(_SHEETS)),
        "iads_2": Setting(
            (str,), "folder with the 167 sounds of IADS-2, when they lie elsewhere", None
        ),
        RATERS: RATERS_SETTING,
    }

    def label_files(self) -> list[Path]:
        """Return the ratings' workbook."""
        return [self.root / self.settings["ratings"]]

    def audio_path(self, path: str) -> Path:
        """Return where a clip lies; ``iads_2/…`` means the folder of the setting ``iads_2``."""
        first, _, rest = path.partition("/")
        if first == _IADS_2 and self._iads_2_folder is not None:
            return self._iads_2_folder / rest
        return super().audio_path(path)

    @property
    def _iads_2_folder(self) -> Path | None:
        setting = self.settings["iads_2"]
        return None if setting is None else self.home / Path(setting).expanduser()

    @cached_property
    def _index(self) -> AudioIndex:
        folder = self._iads_2_folder
        return AudioIndex(self.root, {} if folder is None else {_IADS_2: folder})

    def _read(self) -> Reading:
        rows = read_text_table(
            self.label_files()[0],
            _COLUMNS,
            corpus=self.name,
            sheet=_SHEETS[self.settings["raters"]],
        )
        rows["path"] = [self._file_of(sound) for sound in rows["clip_id"]]
        rows["source"] = rows["clip_id"].map(_recording, na_action="ignore")
        scale = (1.0, 9.0)
        return Reading(rows, {"valence": scale, "arousal": scale})

    def _file_of(self, sound: str | None) -> str | None:
        if sound is None:
            return None
        found = self._index.with_stem(sound)
        in_iads_2 = [path for path in found if PurePosixPath(path).parts[0] == _IADS_2]
        return (in_iads_2 or found or [f"{sound}.wav"])[0]


def _recording(sound: str) -> str:
    """Return the name of the recording that a sound was cut from.

    >>> _recording("0311_2"), _recording("1165_b"), _recording("102")
    ('IADS-E 0311', 'IADS-E 1165', 'IADS-E 102')
    """
    return f"IADS-E {re.sub('_[0-9a-z]+$', '', sound)}"
