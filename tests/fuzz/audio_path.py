"""One audio file through all that AffectMix does to it, and whether what comes out holds."""

from __future__ import annotations

import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from affectmix.audio.decode import DecodeError, decode
from affectmix.audio.scan import OK, SCAN, scan_clips, scan_problems, usable
from affectmix.features.feature_sets import FeatureSet
from affectmix.features.logmel import logmel_shard
from affectmix.features.logmel_recipes import RECIPES
from affectmix.features.logmel_table import write_logmels
from affectmix.features.opensmile import extract_shard
from affectmix.features.shards import read_shard, write_shard
from affectmix.predict.cutting import Cutting
from affectmix.predict.files import FileFault
from affectmix.predict.hearing import Hearing
from affectmix.predict.listening import hear
from affectmix.schemas import STEM_FILES
from affectmix.stems.classical import ClassicalSeparator
from affectmix.stems.names import STEMS
from affectmix.stems.separate import separate_shard
from affectmix.tables import read_table, write_table
from audio_mutations import ANY, FEW, NONE, PREFIX, SAME, Mutated
from audio_seeds import Seed
from outcomes import LEFT_OUT, USABLE, WRONG, Outcome

_SHORTEST_S = 0.5
_TOLERANCE_S = 0.05  # that the end of a file may lack
_MP3_TOLERANCE_S = 0.5
_RECIPE = "emomucs"


@dataclass(frozen=True)
class Task:
    """A mutated file, its seed, and whether the slower stages are gone through too."""

    seed: Seed
    mutated: Mutated
    slow: bool


class WrongDataError(Exception):
    """What came out of a file contradicts the file or itself."""


def make_judge() -> AudioJudge:
    """Return a judge of audio files."""
    return AudioJudge()


class AudioJudge:
    """Sends files through scan, features, log-mels, stems and prediction."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="affectmix-fuzz-")
        self._hearing = Hearing(None, RECIPES[_RECIPE].settings(), ("mix",), None, 10.0)

    def __call__(self, task: Task) -> Outcome:
        folder = Path(self._folder.name)
        file = folder / f"clip{task.mutated.suffix}"
        file.write_bytes(task.mutated.content)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return self._judged(task, file, folder)
        except WrongDataError as error:
            return Outcome(WRONG, str(error))
        finally:
            file.unlink()

    def _judged(self, task: Task, file: Path, folder: Path) -> Outcome:
        scan = _scanned(file, folder / "scan.parquet")
        row = scan.iloc[0]
        samples = _decoded(file, row)
        if samples is not None:
            _compare(task, samples)
        problems = scan_problems(scan, min_duration_s=_SHORTEST_S)
        fits = len(usable(scan, min_duration_s=_SHORTEST_S)) == 1
        _require(fits != bool(problems), f"usable is {fits} with problems {problems}")
        _require(all(p.message for p in problems), "a problem without a message")
        sets = (FeatureSet.EGEMAPS_V02, FeatureSet.IS13) if task.slow else (FeatureSet.EGEMAPS_V02,)
        for feature_set in sets:
            _functionals(file, feature_set, folder / "shard.parquet", fits)
        _logmels(file, folder / "logmels.parquet", fits)
        if task.slow:
            _stems(file, folder / "stems", samples, fits)
        self._predicted(file, row, fits)
        return Outcome(USABLE) if fits else Outcome(LEFT_OUT, problems[0].kind)

    def _predicted(self, file: Path, row: pd.Series, fits: bool) -> None:
        heard = hear(file, self._hearing, Cutting(10.0))
        if isinstance(heard, FileFault):
            _require(not fits, f"usable, but predict says: {heard.message}")
            _require(str(file) in heard.message, f"does not name the file: {heard.message}")
            return
        _require(row["status"] == OK, f"{row['status']}, but predict hears it")
        _require(heard.duration_s == row["duration_s"], "predict and scan differ in duration")
        _require(np.isfinite(heard.values).all(), "predict hears what is not finite")


def _scanned(file: Path, table: Path) -> pd.DataFrame:
    clips = pd.DataFrame({"clip_id": ["clip"], "path": [file.name]})
    write_table(scan_clips(clips, lambda path: file.parent / path), table, SCAN)
    return read_table(table, SCAN)


def _decoded(file: Path, row: pd.Series) -> np.ndarray | None:
    """Return the samples [shape=(n, channels)], which must be what the scan says."""
    try:
        samples, rate = decode(file)
    except DecodeError as error:
        _require(row["status"] == error.kind, f"scan: {row['status']}, decode: {error.kind}")
        _require(str(file) in str(error), f"does not name the file: {error}")
        return None
    _require(row["status"] in (OK, "silent"), f"decoded, but the scan says {row['status']}")
    channels, count = samples.shape
    _require(row["duration_s"] == count / rate, "the scan's duration is not that of the samples")
    _require((row["sample_rate"], row["channels"]) == (rate, channels), "rate or channels differ")
    _require(bool(np.isfinite(samples).all()), "samples are not finite")
    return samples.T


def _compare(task: Task, samples: np.ndarray) -> None:
    """Hold the samples against the intact file's."""
    expects, intact = task.mutated.expects, task.seed.samples
    if expects == ANY:
        return
    _require(expects != NONE, "samples that are not finite were taken for finite ones")
    _require(samples.shape[1] == intact.shape[1], "another number of channels")
    missing = len(intact) - len(samples)
    if expects == PREFIX:
        mp3 = task.seed.suffix == ".mp3"
        most = (_MP3_TOLERANCE_S if mp3 else _TOLERANCE_S) * task.seed.rate
        _require(0 <= missing <= most, f"{missing} samples are missing without a word")
        if not mp3:  # whose last frame's second half the next frame would have made
            _require(np.array_equal(samples, intact[: len(samples)]), "not a prefix")
        return
    _require(missing == 0, f"{missing} samples are missing without a word")
    differ = int((samples != intact).sum())
    if expects == SAME:
        _require(differ == 0, f"{differ} samples differ without a word")
    elif expects == FEW:
        _require(differ <= task.mutated.few, f"{differ} samples differ, {task.mutated.few} may")


def _functionals(file: Path, feature_set: FeatureSet, table: Path, fits: bool) -> None:
    features, faults = extract_shard([("clip", file)], feature_set)
    _require(len(features) + len(faults) == 1, "neither features nor a fault")
    write_shard(features, table)
    if fits:
        _require(len(features) == 1, f"usable, but without features: {faults.values.tolist()}")
        values = read_shard(table).drop(columns="clip_id").to_numpy()
        _require(bool(np.isfinite(values).all()), f"{feature_set}: features are not finite")
    for message in faults["message"]:
        _require(str(file) in message, f"does not name the file: {message}")


def _logmels(file: Path, table: Path, fits: bool) -> None:
    recipe = RECIPES[_RECIPE]
    made = logmel_shard([("clip", file)], recipe, mixes={"clip": file})
    write_logmels(made, table, recipe, stem="mix")
    if fits:
        _require("clip" in made, "usable, but without log-mels")
        _require(bool(np.isfinite(made["clip"].levels).all()), "log-mels are not finite")


def _stems(file: Path, folder: Path, samples: np.ndarray | None, fits: bool) -> None:
    found = separate_shard([("clip", file)], ClassicalSeparator(), folder, seed=1)
    write_table(found, folder.with_suffix(".parquet"), STEM_FILES)
    made = found["status"].iloc[0] == "ok"
    _require(made or not fits, f"usable, but without stems: {found['message'].iloc[0]}")
    if made:
        assert samples is not None
        mix = samples if samples.shape[1] <= 2 else samples.mean(axis=1, keepdims=True)
        total = sum(decode(folder / "clip" / f"{stem}.flac")[0].T.astype(float) for stem in STEMS)
        off = float(np.abs(total - mix).max())
        _require(off <= 2**-15, f"the stems' sum is off by {off}")
        for stem in STEMS:
            (folder / "clip" / f"{stem}.flac").unlink()


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise WrongDataError(otherwise)
