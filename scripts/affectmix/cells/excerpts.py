"""Excerpts of log-mels for a cell: the same seconds of every stem of a clip."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from affectmix.errors import TableError
from affectmix.features.logmel_recipes import FLOOR_DB
from affectmix.features.logmel_table import read_durations, read_logmels

Shards = Mapping[str, Mapping[str, list[str | Path]]]


@dataclass(frozen=True)
class ExcerptReader:
    """Reads the log-mels of some corpora.

    Attributes:
        shards: corpus → stem → files; all corpora have the same stems in the same order.
    """

    shards: Shards

    def read(
        self, rows: pd.DataFrame, *, duration_s: float, seed: int, beyond: float = FLOOR_DB
    ) -> np.ndarray:
        """Return an excerpt of each (corpus, clip_id) row, at an offset of its own.

        Args:
            rows: the clips.
            duration_s: length of an excerpt.
            seed: another seed gives other offsets.
            beyond: what stands beyond the end of a clip that is shorter: the lowest level, or
                NaN for learners that do not pad.

        Returns:
            Levels in dB, to .03 dB, float16 [shape=(n, stems, bands, frames)].

        Raises:
            TableError: a clip has no log-mels, or the corpora's differ in bands or frames.
        """
        excerpts: np.ndarray | None = None
        for corpus, stems in self.shards.items():
            own = np.flatnonzero(rows["corpus"].to_numpy() == corpus)
            if not own.size:
                continue
            clip_ids = rows["clip_id"].iloc[own].tolist()
            offsets = self._offsets(corpus, clip_ids, duration_s=duration_s, seed=seed)
            for place, files in enumerate(stems.values()):
                levels = read_logmels(
                    files, clip_ids, duration_s=duration_s, offset_s=offsets, beyond=beyond
                )
                if excerpts is None:
                    shape = len(rows), len(stems), *levels.shape[1:]
                    excerpts = np.empty(shape, dtype=np.float16)
                if levels.shape[1:] != excerpts.shape[2:]:
                    raise TableError(
                        f"log-mels of {corpus!r} have {levels.shape[1:]} bands and frames, those "
                        f"of another corpus {excerpts.shape[2:]}; delete results/features and "
                        "run snakemake again"
                    )
                excerpts[own, place] = levels
        if excerpts is None:
            raise TableError("no clip to read log-mels of; check the cell's views")
        return excerpts

    def _offsets(
        self, corpus: str, clip_ids: list[str], *, duration_s: float, seed: int
    ) -> list[float]:
        files = next(iter(self.shards[corpus].values()))
        lengths = read_durations(files).reindex(clip_ids).fillna(0.0)
        return [
            float(excerpt_offset(f"{corpus}/{clip_id}", length, duration_s=duration_s, seed=seed))
            for clip_id, length in zip(clip_ids, lengths, strict=True)
        ]


def excerpt_offset(clip: str, length_s: float, *, duration_s: float, seed: int) -> int:
    """Return at which whole second a clip's excerpt begins.

    de Berardinis et al. (2020), section 4.1: 20 seconds, randomly selected.

    Args:
        clip: the clip's name, on which the draw hangs, and on no other clip.
        length_s: of the clip.
        duration_s: of the excerpt.
        seed: another seed gives other offsets.

    >>> excerpt_offset("pmemo/1", 19.0, duration_s=20.0, seed=1)
    0
    """
    latest = int(max(length_s - duration_s, 0.0))
    rng = np.random.default_rng([seed, zlib.crc32(clip.encode())])
    return int(rng.integers(latest + 1))
