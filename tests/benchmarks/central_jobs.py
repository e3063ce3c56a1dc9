"""What the jobs that see all clips take: CPU seconds and memory, rule by rule.

The workflow runs on two generated corpora whose scans are there already: no audio is decoded and
no features are made, and the mean predictor alone is trained. Fingerprints are those of unrelated
clips of the given length, but for every hundredth, which is a copy of an earlier one. Run by hand:

    python tests/benchmarks/central_jobs.py [--clips 10000] [--seconds 30]

With `--seconds 0` clips have no fingerprint, and group_clips finds nothing but sources.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from affectmix.audio.fingerprint import HOP_S, to_text
from affectmix.audio.scan import SCAN
from affectmix.config.project import Project
from affectmix.tables import write_table
from rule_resources import markdown, read_jobs, summarise
from scaled_project import snakemake, spend, write_project

CLIPS_PER_SHARD = 50
EVERY = 100  # of which clips one is a copy


class Prints:
    """Fingerprints of clips, as unevenly spread as those of music.

    A bit is set with probability 21/32, so that two words have 24 bits in common 9 times, and all
    32 bits 20 times, as often as if they were spread evenly; 900 clips of 4Q: 5 to 8, and 15
    times. From frame to frame an eighth of the bits changes.
    """

    def __init__(self, seconds: float) -> None:
        self._words = int(seconds / HOP_S)
        self._rng = np.random.default_rng(0)
        self._kept: list[np.ndarray] = []
        self._made = 0

    def take(self, clips: int) -> list[str | None]:
        """Return the next clips' fingerprints, None where clips are without."""
        if not self._words:
            return [None] * clips
        found = []
        for words in self._music(clips):
            self._made += 1
            if self._made % EVERY == 1:
                self._kept.append(words)
            found.append(to_text(self._copy() if self._made % EVERY == 0 else words))
        return found

    def _music(self, clips: int) -> np.ndarray:
        one, two, three, four, five = (self._random(clips) for _ in range(5))
        words = one | two & (three | four & five)
        stays = self._random(clips) | self._random(clips)
        for frame in range(1, self._words):
            own = stays[:, frame]
            words[:, frame] = words[:, frame - 1] & own | words[:, frame] & ~own
        return words

    def _copy(self) -> np.ndarray:
        """Return an earlier clip without its beginning, a sixteenth of its bits changed."""
        own = self._kept[self._rng.integers(len(self._kept))][self._words // 10 :]
        return own ^ np.bitwise_and.reduce(self._random(4))[: len(own)]

    def _random(self, rows: int) -> np.ndarray:
        return self._rng.integers(0, 2**32, (rows, self._words), dtype=np.uint32)


def write_scans(folder: Path, seconds: float) -> None:
    """Write the scans of all shards, as rule scan_audio would."""
    config = yaml.safe_load((folder / "scaled.yaml").read_text(encoding="utf-8"))
    project, prints = Project(config, home=folder), Prints(seconds)
    number = 0
    for corpus in project.used:
        for shard in project.used_shards(corpus):
            clips = project.shard_clips(corpus, shard)
            frame = pd.DataFrame([clip[:2] for clip in clips], columns=["clip_id", "path"])
            frame = frame.assign(
                status="ok",
                message=None,
                sha256=[f"{number + place:064x}" for place in range(len(frame))],
                duration_s=seconds or 30.0,
                sample_rate=44100,
                channels=2,
                peak=0.9,
                rms_db=-20.0,
                fingerprint=prints.take(len(frame)),
            )
            number += len(frame)
            file = folder / "results" / "corpora" / corpus / "scan" / f"{shard}.parquet"
            write_table(frame, file, SCAN)


def with_the_mean_alone(file: Path) -> None:
    """Leave one cell of the mean predictor, in three folds."""
    config = yaml.safe_load(file.read_text(encoding="utf-8"))
    block = config["experiments"]["joint"]["cells"][0]
    block |= {"learners": ["mean"], "schemes": ["cv3"], "mixtures": block["mixtures"][-1:]}
    config["schemes"] = {"cv3": {"repeats": 1}}
    config["experiments"]["joint"]["models"] = []
    file.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=30.0)
    asked = parser.parse_args()
    shards = 1 << max(0, (asked.clips // 2 // CLIPS_PER_SHARD - 1).bit_length())
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with_the_mean_alone(write_project(folder, asked.clips, min(shards, 4096)))
        write_scans(folder, asked.seconds)
        run = spend(snakemake(folder, "--quiet", "all"), folder)
        report = (folder / "results" / "report.html").stat().st_size / 1e6
        print(f"{asked.clips} clips of {asked.seconds:g} s; all jobs {run.cpu_s:.0f} CPU s")
        print(f"report.html has {report:.1f} MB\n\n{markdown(summarise(read_jobs(folder)))}")


if __name__ == "__main__":
    main()
