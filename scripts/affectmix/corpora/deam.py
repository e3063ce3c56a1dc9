"""DEAM (Aljanaki, Yang and Soleymani, PLoS ONE 2017): all songs of MediaEval 2013 to 2015."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Final

import pandas as pd

from affectmix.corpora import deam_files
from affectmix.corpora.base import RATERS, RATERS_SETTING, Corpus, Setting
from affectmix.corpora.deam_check import ROUNDS, round_of, swapped_problems
from affectmix.corpora.mediaeval import SCALE, exchanged, first_folder, recordings
from affectmix.corpora.rated_files import RatedFiles, Reading
from affectmix.errors import ConfigError

_AUDIO: Final = ("MEMD_audio", "DEAM_audio/MEMD_audio", "audio/MEMD_audio", "audio")


class DEAMCorpus(RatedFiles):
    """``{MEMD_audio/<id>.mp3, annotations/…, metadata/metadata_<year>.csv}``.

    Static means 1..9 of ``annotations/annotations averaged per song/song_level`` become
    (x - 5) / 4, standard deviations are divided by 4. The clip id is the song's number. Source
    and category are artist and genre, where the metadata, an archive of its own, are there.

    Quirks of the files: headers have blanks before the names; songs 2000 to 2058 have a file
    with further columns; lines of the metadata have more fields than their header. And the
    static valence and arousal of the songs of 2013 stand under each other's name: they
    contradict the dynamic annotations, and EmoMusic's own static ones of the same songs.
    Rounds in which that is so are refused until ``swapped`` names them, which has their two
    columns exchanged. Songs 2001 and later are whole songs, the others 45 s clips.

    EmoMusic holds the same songs; clips of one number are kept in one group.
    """

    obtain = "https://cvml.unige.ch/databases/DEAM/"
    SETTINGS: ClassVar[Mapping[str, Setting]] = {
        **Corpus.SETTINGS,
        "root": Setting((str,), "folder which holds MEMD_audio/ and annotations/"),
        "swapped": Setting(
            (list,),
            f"rounds whose static valence and arousal are to be exchanged, of {list(ROUNDS)}",
            [],
        ),
        RATERS: RATERS_SETTING,
    }

    def __init__(self, name: str, settings: Mapping[str, Any], *, home: Path | str = "") -> None:
        super().__init__(name, settings, home=home)
        strange = [year for year in self.settings["swapped"] if year not in ROUNDS]
        if strange:
            raise ConfigError(
                f"corpora.{name}.swapped names {strange[0]!r}; allowed are {list(ROUNDS)}, the "
                "years of MediaEval, for example swapped: [2013]"
            )

    @property
    def _audio_folder(self) -> str:
        return first_folder(self.root, _AUDIO)

    def label_files(self) -> list[Path]:
        """Return the static and dynamic annotations, and what there is of raters and metadata."""
        return deam_files.needed(self.root) + deam_files.optional(self.root)

    def recordings(self) -> pd.DataFrame:
        """Return clip_id and recording, by which EmoMusic knows the same songs."""
        return recordings(self.clips()["clip_id"])

    def ratings(self) -> pd.DataFrame | None:
        """Return ``schemas.RATINGS`` where the files of single raters are there, or None.

        A round's valence and arousal are named as in the labels, whichever of the two the
        raters' own file says: the way round in which the raters' means are the labels.

        Raises:
            CorpusError: the labels, or the raters' file, cannot be used.
        """
        return deam_files.ratings(self.root, self.labels(), corpus=self.name)

    def _read(self) -> Reading:
        rows = deam_files.static(self.root, corpus=self.name)
        told = rows["clip_id"].map(round_of).isin(self.settings["swapped"])
        rows = exchanged(rows, told)
        dynamic = deam_files.dynamic_means(self.root, corpus=self.name)
        problems = swapped_problems(
            rows,
            dynamic,
            told=self.settings["swapped"],
            where=f"corpora.{self.name}.swapped",
        )
        songs = deam_files.metadata(self.root)
        rows = rows.merge(songs, on="clip_id", how="left")
        return Reading(rows, {"valence": SCALE, "arousal": SCALE}, tuple(problems))
