"""PMEmo (Zhang et al., ICMR 2018): choruses of pop songs, in the layout as distributed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Final

import pandas as pd

from affectmix.corpora.base import RATERS, RATERS_SETTING, Corpus, Setting
from affectmix.corpora.rated_files import RatedFiles, Reading
from affectmix.corpora.rater_counts import RatingScale
from affectmix.corpora.tabular import first_of_each, read_text_table

_LABELS: Final = "annotations/static_annotations.csv"
_SPREADS: Final = "annotations/static_annotations_std.csv"
_METADATA: Final = "metadata.csv"


class PMEmoCorpus(RatedFiles):
    """``PMEmo2019/{chorus/<id>.mp3, annotations/static_annotations(_std).csv, metadata.csv}``.

    Labels 0..1 become 2x - 1, standard deviations are doubled; the source is the artist.
    The clip id is the song's number; choruses without a static label are left out.
    """

    obtain = "https://github.com/HuiZhangDB/PMEmo"
    # Nine points; the deviations divide by n. The paper: ten subjects or more for each song.
    RATING_SCALE: ClassVar[RatingScale | None] = RatingScale(points=9, ddof=0, least=10)

    SETTINGS: ClassVar[Mapping[str, Setting]] = {
        **Corpus.SETTINGS,
        "root": Setting((str,), "folder PMEmo2019, which holds chorus/ and annotations/"),
        RATERS: RATERS_SETTING,
    }

    @property
    def _audio_folder(self) -> str:
        return "chorus"

    def label_files(self) -> list[Path]:
        """Return the files that labels are read from."""
        return [self.root / name for name in (_LABELS, _SPREADS, _METADATA)]

    def _read(self) -> Reading:
        def read(name: str, columns: dict[str, str | None]) -> pd.DataFrame:
            return read_text_table(self.root / name, columns, corpus=self.name)

        means = read(
            _LABELS,
            {"clip_id": "musicId", "valence": "Valence(mean)", "arousal": "Arousal(mean)"},
        )
        spreads = read(
            _SPREADS,
            {"clip_id": "musicId", "valence_sd": "Valence(std)", "arousal_sd": "Arousal(std)"},
        )
        songs = read(_METADATA, {"clip_id": "musicId", "source": "artist"})
        rows, problems = means, []
        for more, name in ((spreads, _SPREADS), (songs, _METADATA)):
            first, again = first_of_each(more, "clip_id", file=self.root / name)
            rows = rows.merge(first, on="clip_id", how="left")
            problems += again
        rows["path"] = rows["clip_id"].map(lambda n: None if n is None else f"{n}.mp3")
        return Reading(rows, {"valence": (0.0, 1.0), "arousal": (0.0, 1.0)}, tuple(problems))
