"""The demo corpora as the workflow sees them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd

from affectmix.corpora.base import Corpus, Setting
from affectmix.corpora.demo import design
from affectmix.corpora.demo.causes import draw_causes
from affectmix.corpora.demo.formula import PARTS
from affectmix.corpora.demo.ownership import OWN, SHARED, known_shares
from affectmix.errors import ConfigError, Problem
from affectmix.schemas import LABELS

_LONGEST_S = 600.0


class DemoCorpus(Corpus):
    """Music or sounds that AffectMix makes itself, from a seed, with known causes.

    The audio is written by :func:`affectmix.corpora.demo.render.write_clips`, a folder per
    shard; everything else (clips, labels, ratings) is computed from the settings and needs no
    file.
    """

    SETTINGS: ClassVar[Mapping[str, Setting]] = {
        "part": Setting((str,), "which of the two demo corpora", choices=PARTS),
        "clips": Setting((int,), "number of clips, 1 to 99999", default=240),
        "duration": Setting((float,), "seconds per clip, 1 to 600", default=10.0),
        "seed": Setting((int,), "seed of causes, sound and labels, 0 or more", default=1),
        "varied": Setting(
            (float,), "share of music clips of which one section contradicts the rest", default=0.0
        ),
        "stems": Setting(
            (str,),
            "whether every stem of music carries all causes, or each its own",
            default=SHARED,
            choices=(SHARED, OWN),
        ),
        "label_seed": Setting((int,), "another seed for the raters alone, 0 or more", default=None),
    }
    generated: ClassVar[bool] = True  # the workflow makes the audio before it reads it

    def __init__(
        self, name: str, settings: Mapping[str, Any], *, home: Path | str = Path()
    ) -> None:
        super().__init__(name, settings, home=home)
        self._check_ranges()

    def clips(self) -> pd.DataFrame:
        """Return clip_id and path of every clip, whether or not its audio is there yet."""
        ids = design.clip_ids(self.settings["part"], self.settings["clips"])
        return pd.DataFrame({"clip_id": ids, "path": [f"{clip_id}.flac" for clip_id in ids]})

    def labels(self) -> pd.DataFrame:
        """Return ``schemas.LABELS``: the mean and spread of each clip's ratings."""
        return design.design(**self._drawn())[list(LABELS.columns)]

    def ratings(self) -> pd.DataFrame:
        """Return ``schemas.RATINGS``: ten raters per clip."""
        return design.ratings(**self._drawn())

    def sections(self) -> pd.DataFrame:
        """Return ``schemas.SECTIONS``: what each section of a clip sounds like."""
        rows = design.sections(**self._drawn(), duration=self.settings["duration"])
        own = {"valence": "valence_clean", "arousal": "arousal_clean"}
        rows = rows[["clip_id", "start_s", "end_s", *own.values()]]
        return rows.rename(columns={clean: target for target, clean in own.items()})

    def label_files(self) -> list[Path]:
        """Return nothing: the labels come from the seed."""
        return []

    def problems(self) -> list[Problem]:
        """Return nothing: what is made by a formula has no faults of its own."""
        return []

    def audio_path(self, path: str) -> Path:
        """Return where a clip lies in the folder of its shard, which the workflow alone knows."""
        return Path(path)

    def true_stems(self, clip_id: str) -> Path | None:
        """Return the folder, in that of its shard, of the stems that a clip's mix was made of.

        Sounds have none.
        """
        return Path(clip_id) if self.settings["part"] == "music" else None

    def stem_shares(self) -> dict[str, dict[str, float]]:
        """Return how much of each target each stem causes, where each carries its own causes."""
        if self.settings["part"] != "music" or self.settings["stems"] != OWN:
            return {}
        drawn = {key: self.settings[key] for key in ("part", "clips", "seed", "varied")}
        return known_shares(draw_causes(**drawn).causes)

    def _drawn(self) -> dict[str, Any]:
        return {
            key: self.settings[key] for key in ("part", "clips", "seed", "label_seed", "varied")
        }

    def _check_ranges(self) -> None:
        ranges = {"clips": (1, 99_999), "duration": (1.0, _LONGEST_S), "seed": (0, math.inf)}
        ranges["varied"] = (0.0, 1.0)
        if self.settings["label_seed"] is not None:
            ranges["label_seed"] = (0, math.inf)
        faults = [
            f"{key!r} is {self.settings[key]!r}; allowed is {low:g} to {high:g} "
            f"({self.SETTINGS[key].description})"
            for key, (low, high) in ranges.items()
            if not low <= self.settings[key] <= high
        ]
        if faults:
            raise ConfigError(f"corpora.{self.name}: " + "; ".join(faults))
