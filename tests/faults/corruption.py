"""Altered files of every kind, between the stage that wrote them and the next that reads them."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from affectmix import schemas
from affectmix.audio.decode import decode
from affectmix.audio.scan import SCAN
from affectmix.cells.store import load_model
from affectmix.errors import AffectMixError
from affectmix.features.logmel_table import read_durations, read_logmels
from affectmix.features.shards import read_shard
from affectmix.files import read_sealed
from affectmix.tables import Schema, read_table
from conftest import SmallProject
from content import differences
from outcome import Outcome, last_words
from projects import remove, run

FIXES = ("Delete", "delete", "again", "anew")


def _reader(schema: Schema) -> Callable[[Path], Any]:
    return lambda file: read_table(file, schema)


def _logmels(file: Path) -> Any:
    clips = list(read_durations([file]).index)
    return clips, read_logmels([file], clips, duration_s=0.7)


def _model(file: Path) -> Any:
    model = load_model(file.parent)
    arrays = {target: fitted.to_arrays() for target, fitted in model.models.items()}
    return model.description, arrays, model.calibration, model.domain


# kind of file: where one lies under results/, and what the next stage reads it by.
KINDS: dict[str, tuple[str, Callable[[Path], Any]]] = {
    "scan shard": ("corpora/tones/scan/*.parquet", _reader(SCAN)),
    "audio": ("corpora/tones/audio.parquet", _reader(schemas.AUDIO)),
    "labels": ("corpora/tones/labels.parquet", _reader(schemas.LABELS)),
    "groups": ("groups.parquet", _reader(schemas.GROUPS)),
    "classes": ("classes/tones.parquet", _reader(schemas.CLASSES)),
    "splits": ("splits/tones/*.parquet", _reader(schemas.SPLITS)),
    "features shard": ("features/eGeMAPSv02/mix/tones/*.parquet", read_shard),
    "features": ("features/eGeMAPSv02/mix/tones.parquet", _reader(schemas.FEATURES)),
    "log-mels": ("features/small/*/tones/*.parquet", _logmels),
    "stem files": ("stems/masks/tones/*.parquet", _reader(schemas.STEM_FILES)),
    "stem": ("stems/masks/tones/*/*/drums.flac", decode),
    "cell predictions": ("cells/svr*/*-?.parquet", _reader(schemas.CELL_PREDICTIONS)),
    "train rows": ("cells/svr*/*.train.parquet", _reader(schemas.TRAIN_ROWS)),
    "search": ("cells/svr*/*.search.json", read_sealed),
    "predictions": ("predictions/*.parquet", _reader(schemas.PREDICTIONS)),
    "metrics": ("metrics/*.parquet", _reader(schemas.METRICS)),
    "audit": ("audit/*.findings.parquet", _reader(schemas.AUDIT_FINDINGS)),
    "model.json": ("models/*/model.json", _model),
    "model.safetensors": ("models/*/model.safetensors", _model),
    "calibration.safetensors": ("models/*/calibration.safetensors", _model),
    "SHA256SUMS": ("models/*/SHA256SUMS", _model),
}


@dataclass
class Tally:
    """How many altered files were refused, how many still said the same, and the others."""

    refused: int = 0
    same: int = 0
    problems: tuple[str, ...] = ()


def alter_all(results: Path, *, flips: int, seed: int) -> list[Outcome]:
    """Read files of every kind with one bit flipped, cut short, or empty.

    Each must be refused by an error that names the file and what to do, or say the same.
    """
    outcomes = []
    for kind, (pattern, read) in KINDS.items():
        files = sorted(results.glob(pattern))
        if not files:
            continue
        tally = _alter(files[0], read, flips=flips, draw=random.Random(f"{seed}/{kind}"))
        outcomes.append(
            Outcome(
                f"bits flipped, cut short, emptied: {kind}",
                times=tally.refused + tally.same + len(tally.problems),
                seen=f"{tally.refused} refused by name, {tally.same} not touched by it",
                problems=list(tally.problems),
            )
        )
    return outcomes


def _alter(file: Path, read: Callable[[Path], Any], *, flips: int, draw: random.Random) -> Tally:
    whole = file.read_bytes()
    expected = _plain(read(file))
    tally = Tally()
    try:
        for what, altered in _altered(whole, flips, draw):
            file.write_bytes(altered)
            try:
                if _plain(read(file)) == expected:
                    tally.same += 1
                else:
                    tally.problems += (f"{file.name}, {what}: other content without a word",)
            except AffectMixError as error:
                said = str(error)
                if file.name not in said and str(file.parent) not in said:
                    tally.problems += (f"{file.name}, {what}: not named: {said[:200]}",)
                elif not any(words in said for words in FIXES):
                    tally.problems += (f"{file.name}, {what}: no fix: {said[:200]}",)
                else:
                    tally.refused += 1
            except Exception as error:
                tally.problems += (f"{file.name}, {what}: {type(error).__name__}: {error}",)
    finally:
        file.write_bytes(whole)
    return tally


def _altered(whole: bytes, flips: int, draw: random.Random) -> Iterator[tuple[str, bytes]]:
    yield "empty", b""
    for _ in range(max(1, flips // 10)):
        length = draw.randrange(len(whole))
        yield f"cut to {length} bytes", whole[:length]
    for _ in range(flips):
        place, bit = draw.randrange(len(whole)), draw.randrange(8)
        altered = bytearray(whole)
        altered[place] ^= 1 << bit
        yield f"bit {bit} of byte {place}", bytes(altered)


def _plain(value: Any) -> str:
    """Return text that is the same for the same content."""
    if isinstance(value, pd.DataFrame):
        return repr([list(value.columns), *(_plain(value[c].to_numpy()) for c in value)])
    if isinstance(value, np.ndarray):
        return repr(value.tolist())
    if isinstance(value, tuple | list):
        return repr([_plain(each) for each in value])
    if isinstance(value, dict):
        return repr({key: _plain(each) for key, each in value.items()})
    if hasattr(value, "to_arrays"):
        return _plain(value.to_arrays())
    return repr(value)


# damaged file, what the next stage makes of it, and words of the error, under results/.
_STAGES = {
    "labels": ("corpora/tones/labels.parquet", "classes/tones.parquet"),
    "features shard": (
        "features/eGeMAPSv02/mix/tones/0.parquet",
        "features/eGeMAPSv02/mix/tones.parquet",
    ),
    "stem": (
        "stems/masks/tones/0/*/drums.flac",
        "features/eGeMAPSv02/masks-drums/tones/0.parquet",
    ),
    "search": ("cells/svr__egemaps__*/0.search.json", "models/svr__egemaps__*/model.json"),
}


def alter_in_runs(finished: SmallProject, *, reference: Path, scratch: Path) -> list[Outcome]:
    """Flip a bit of a finished project's file, delete what was made of it, and run again.

    After the error, what it says is done: the file is deleted, and the same command run again.
    It asks for what was deleted, too: a whole report asks for nothing that it was made of.
    """
    outcomes = []
    for kind, (pattern, made) in _STAGES.items():
        project = finished.copy_to(scratch / kind.replace(" ", "-"))
        results = project.folder / "results"
        file, next_file = sorted(results.glob(pattern))[0], sorted(results.glob(made))[0]
        altered = bytearray(file.read_bytes())
        altered[len(altered) // 2] ^= 4
        file.write_bytes(bytes(altered))
        next_file.unlink()
        targets = ("all", str(next_file.relative_to(project.folder)))
        outcomes.append(_judge(kind, project, file, targets, reference))
        remove(project)
    return outcomes


def _judge(
    kind: str, project: SmallProject, file: Path, targets: tuple[str, ...], reference: Path
) -> Outcome:
    code, said = run(project, *targets)
    outcome = Outcome(f"a bit flipped before the next stage: {kind}", seen=last_words(said))
    named = str(file.relative_to(project.folder)).removesuffix("/drums.flac")
    if code == 0 or named not in said or not any(words in said for words in FIXES):
        outcome.problems.append(f"exit status {code}, {named} not named with a fix: {said[-1500:]}")
    if "Traceback" in said:
        outcome.problems.append(f"a traceback: {said[-3000:]}")
    if kind == "stem":
        shutil.rmtree(file.parents[1])
    else:
        file.unlink()
    again, said = run(project, *targets)
    if again:
        outcome.problems.append(f"does not complete afterwards: {last_words(said)}")
    outcome.problems += differences(project.folder, reference)
    return outcome
