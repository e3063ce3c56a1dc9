"""EmoMusic, or "Emotion in Music" (Soleymani et al., CrowdMM 2013), without its duplicates."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Final

import pandas as pd

from affectmix.corpora.base import RATERS, RATERS_SETTING, Corpus, Setting
from affectmix.corpora.mediaeval import SCALE, first_folder, read_static, recordings
from affectmix.corpora.rated_files import RatedFiles, Reading
from affectmix.corpora.rater_counts import RatingScale
from affectmix.corpora.tabular import first_of_each, read_text_table
from affectmix.errors import Problem

_AUDIO: Final = ("clips_45sec/clips_45seconds", "clips_45seconds", "clips_45sec")
_LABELS: Final = "annotations/static_annotations.csv"
_SONGS: Final = "annotations/songs_info.csv"


class EmoMusicCorpus(RatedFiles):
    """``{clips_45sec/<id>.mp3, annotations/static_annotations.csv, annotations/songs_info.csv}``.

    Static means 1..9 become (x - 5) / 4, standard deviations are divided by 4. The clip id is
    the song's number, the source the artist, the category the genre.

    Quirks of the files: they were of 1000 songs, of which 744 were left once repetitions had
    been taken out; ``songs_info.csv`` lists those, and only they are used, whatever else is
    annotated or lies among the clips. The archive of the clips brings a folder of its own,
    ``clips_45seconds``. Texts begin or end with a tab, and titles of columns with it.
    The static mean is not the mean of the dynamic annotations, which are not read.

    The same songs are in DEAM; clips of one number are kept in one group, sound or no sound.
    """

    obtain = "https://cvml.unige.ch/databases/emoMusic/"
    # Nine points, about ten listeners for each song; the deviations divide by n - 1.
    RATING_SCALE: ClassVar[RatingScale | None] = RatingScale(points=9, ddof=1, least=5)

    SETTINGS: ClassVar[Mapping[str, Setting]] = {
        **Corpus.SETTINGS,
        "root": Setting((str,), "folder which holds clips_45sec/ and annotations/"),
        RATERS: RATERS_SETTING,
    }

    @property
    def _audio_folder(self) -> str:
        return first_folder(self.root, _AUDIO)

    def label_files(self) -> list[Path]:
        """Return the static annotations and the list of songs."""
        return [self.root / _LABELS, self.root / _SONGS]

    def recordings(self) -> pd.DataFrame:
        """Return clip_id and recording, by which DEAM knows the same songs."""
        return recordings(self.clips()["clip_id"])

    def _read(self) -> Reading:
        rows = read_static(self.root / _LABELS, corpus=self.name)
        songs = read_text_table(
            self.root / _SONGS,
            {"clip_id": "song_id", "source": "Artist", "category": "Genre"},
            corpus=self.name,
        )
        songs, problems = first_of_each(songs, "clip_id", file=self.root / _SONGS)
        listed = rows["clip_id"].isin(songs["clip_id"])
        left_out = tuple(
            Problem(
                str(row),
                "duplicated",
                f"song {song} is not in {_SONGS}, as the repetitions that its authors took "
                "out; it is left out",
            )
            for song, row in rows.loc[~listed, ["clip_id", "row"]].itertuples(index=False)
        )
        kept = rows[listed].merge(songs, on="clip_id", how="left")
        return Reading(kept, {"valence": SCALE, "arousal": SCALE}, (*problems, *left_out))
