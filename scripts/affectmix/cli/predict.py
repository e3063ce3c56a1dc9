"""``affectmix predict``: valence and arousal of audio files, by a stored model."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING

from affectmix.cells.card import COVERAGE
from affectmix.cells.domain import Nearness
from affectmix.errors import AffectMixError
from affectmix.files import write_text
from affectmix.predict.cache import FeatureCache, default_folder
from affectmix.predict.files import FileFault, find_audio
from affectmix.predict.listening import hear_all
from affectmix.predict.output import Format, write
from affectmix.predict.predictor import Predictor, Row

if TYPE_CHECKING:
    from affectmix.predict.contributions import StemFamily

_EXITS = """exit codes:
  0  everything was predicted
  1  some files were not, and are named on standard error; the others were
  2  the model, an option or the cache cannot be used; nothing was predicted
  3  none of the files could be used
"""


class Exit(IntEnum):
    """What the exit code says."""

    ALL = 0
    SOME = 1
    NONE = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EXITS
    parser.add_argument("audio", nargs="+", help="audio files, folders of them, or globs")
    parser.add_argument(
        "--model", required=True, type=Path, metavar="FOLDER", help="such as results/models/CELL"
    )
    parser.add_argument("--format", choices=[*map(str, Format)], default=Format.TABLE)
    parser.add_argument("--out", type=Path, metavar="FILE", help="default: standard output")
    parser.add_argument(
        "--coverage",
        type=_between(0, 1),
        default=COVERAGE,
        help="share of clips that an interval is to hold (default: %(default)s)",
    )
    parser.add_argument(
        "--interval",
        type=_between(0.01, 3600),
        metavar="SECONDS",
        help="a curve over time: a prediction every so many seconds",
    )
    parser.add_argument(
        "--window",
        type=_between(0.1, 3600),
        metavar="SECONDS",
        help="length of the windows of curves, and of files that are much longer than the clips "
        "which the model was trained on (default: these clips' median length)",
    )
    parser.add_argument(
        "--stems",
        action="store_true",
        help="how far each stem moves the prediction: for a model of several stems, where the "
        "models of all their combinations lie beside it",
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes to use")
    parser.add_argument(
        "--cache",
        type=Path,
        metavar="DIR",
        help="where features are kept, 2 GB at most (default: affectmix in the user's cache)",
    )
    parser.add_argument("--no-cache", action="store_true", help="keep no features")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Predict all files that can be used, and name the others; return the exit code."""
    predictor = Predictor.open(arguments.model)
    family = _family(predictor) if arguments.stems else None
    cutting = predictor.cutting(interval=arguments.interval, window=arguments.window)
    files, faults = find_audio(arguments.audio)
    cache = None
    if not arguments.no_cache:
        cache = FeatureCache(arguments.cache or default_folder())
        cache.prepare()
    rows: list[Row] = []
    cut = 0
    jobs = min(max(1, arguments.jobs), len(files))
    with Progress(files) as progress:
        for found in hear_all(
            files, predictor.hearing, cutting, cache=cache, jobs=jobs, done=progress.seconds
        ):
            progress.file()
            if isinstance(found, FileFault):
                faults.append(found)
                continue
            rows += predictor.rows(
                found,
                coverage=arguments.coverage,
                curve=arguments.interval is not None,
                contributions=None if family is None else family.contributions(found.values),
            )
            cut += arguments.interval is None and len(found.starts) > 1
    if cache is not None:
        cache.trim()
    about = {
        "model": str(arguments.model),
        "coverage": arguments.coverage,
        "window_s": cutting.window_s,
        "longest_whole_s": cutting.whole_s,
    }
    text = write(Format(arguments.format), rows, faults, about)
    _deliver(text, arguments.out)
    notes = _notes(cut, rows, cutting.window_s)
    if arguments.interval is not None and rows:
        notes.insert(0, f"each row is of a window of {cutting.window_s:g} s")
    for message in [*notes, *(fault.message for fault in faults)]:
        print(f"affectmix: {message}", file=sys.stderr)
    if not rows:
        return Exit.NONE
    return Exit.SOME if faults else Exit.ALL


def _deliver(text: str, out: Path | None) -> None:
    """Write to a file, under a temporary name first, or to a device or standard output."""
    if out is None:
        sys.stdout.write(text)
        return
    try:
        if out.exists() and not out.is_file():  # such as /dev/null, which must not be replaced
            with out.open("w", encoding="utf-8") as device:
                device.write(text)
        else:
            write_text(text, out)
    except OSError as error:
        raise AffectMixError(
            f"--out {out}: cannot be written ({error.strerror}); name another file"
        ) from error


def _family(predictor: Predictor) -> StemFamily:
    from affectmix.predict.contributions import StemFamily

    return StemFamily.of(predictor)


class Progress:
    """A bar on a terminal: of seconds where there is one file, of files where there are more."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._bar = None
        self._one = len(files) == 1
        if files and sys.stderr.isatty():
            from tqdm import tqdm

            total = _length_s(files[0]) if self._one else len(files)
            self._bar = tqdm(total=total, unit="s" if self._one else "file", unit_scale=self._one)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def seconds(self, heard: float) -> None:
        """Say that so many more seconds of a file were heard."""
        if self._bar is not None and self._one:
            self._bar.update(heard)

    def file(self) -> None:
        """Say that one more file is done."""
        if self._bar is not None and not self._one:
            self._bar.update()


def _length_s(file: Path) -> float | None:
    """Return a file's length in seconds, or None where it cannot be read."""
    import soundfile

    try:
        return float(soundfile.info(os.fsencode(file)).duration)
    except (soundfile.LibsndfileError, OSError, RuntimeError, TypeError):
        return None


def _notes(cut: int, rows: Sequence[Row], window_s: float) -> list[str]:
    """Return what has to be known of predictions that look like any other."""
    notes = []
    if cut:
        notes.append(
            f"{cut} file{'s are' if cut > 1 else ' is'} longer than what the model was trained "
            f"on: predicted in windows of {window_s:g} s, and the mean is told (--interval "
            f"{window_s:g} shows them one by one)"
        )
    far = [row for row in rows if row["domain"] == Nearness.FAR]
    if far:
        promised = any(name.endswith("_low") for name in far[0])
        notes.append(
            f"{len(far)} of {len(rows)} predictions are of sounds far from anything that the model "
            f"was trained on; do not rely on them{', whatever their intervals' * promised}"
        )
    return notes


def _between(low: float, high: float) -> Callable[[str], float]:
    """Return what reads a number above ``low`` and below ``high``."""

    def number(text: str) -> float:
        value = float(text)
        if not low < value < high:
            raise argparse.ArgumentTypeError(
                f"{text} found; allowed is above {low} and below {high}"
            )
        return value

    return number
