"""``affectmix tune``: a stored model for one listener, and which songs to ask about."""

from __future__ import annotations

import argparse
import csv
import math
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from affectmix.errors import AffectMixError
from affectmix.predict.cache import FeatureCache, default_folder
from affectmix.predict.files import FileFault, find_audio, printable
from affectmix.predict.listening import hear_all
from affectmix.predict.predictor import Predictor
from affectmix.tuning.methods import METHODS
from affectmix.tuning.ratings_file import read_ratings
from affectmix.tuning.suggest import suggest
from affectmix.tuning.tune import AUTO, Tuned, check_place, open_ears, save_tuned, tune

_EPILOG = """the ratings:
  a CSV table with a line of column names: path (or clip), and valence and arousal from -1 to 1,
  or quadrant (Q1 to Q4); the songs are found under --audio by path, file name or name alone

examples:
  affectmix tune --model MODEL --audio songs/ --suggest 10 > mine.csv
  affectmix tune --model MODEL --audio songs/ --ratings mine.csv --out models/mine
  affectmix predict --model models/mine songs/
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.add_argument(
        "--model", required=True, type=Path, metavar="FOLDER", help="a general model; not changed"
    )
    parser.add_argument(
        "--audio", required=True, type=Path, metavar="FOLDER", help="the listener's songs"
    )
    parser.add_argument("--ratings", type=Path, metavar="CSV", help="what the listener feels")
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="the tuned model (default: MODEL-LISTENER)"
    )
    parser.add_argument("--method", choices=[AUTO, *METHODS], default=AUTO)
    parser.add_argument(
        "--suggest",
        type=int,
        metavar="N",
        help="print a table of the N songs to rate next, and tune nothing",
    )
    parser.add_argument("--listener", default="one listener", help="a name for the model's card")
    parser.add_argument(
        "--scale",
        type=float,
        nargs=2,
        default=(-1.0, 1.0),
        metavar=("LOW", "HIGH"),
        help="lowest and highest rating (default: -1 1)",
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes to use")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="where features are kept")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Tune, or suggest songs; nothing can be at fault that is not an error."""
    low, high = arguments.scale
    if not low < high or not math.isfinite(high - low):
        raise AffectMixError(
            f"--scale {low:g} {high:g}: allowed are two numbers, the first below the second"
        )
    if arguments.seed < 0:
        raise AffectMixError(f"--seed {arguments.seed}: allowed is a whole number from 0")
    if arguments.ratings is None and arguments.suggest is None:
        raise AffectMixError("give --ratings to tune, or --suggest N to see which songs to rate")
    if arguments.suggest is not None and arguments.suggest < 1:
        raise AffectMixError(f"--suggest {arguments.suggest}: ask for one song at least")
    predictor = Predictor.open(arguments.model)
    folder = arguments.audio.expanduser()
    if not folder.is_dir():
        raise AffectMixError(f"--audio {folder}: is no folder; name the one that holds the songs")
    general = arguments.model.resolve()  # which has a name, as "." has none
    out = arguments.out or general.with_name(f"{general.name}-{_slug(arguments)}")
    if arguments.suggest is None:
        check_place(general, out, listener=arguments.listener)
    files, faults = find_audio([str(folder)])
    rated = None
    if arguments.ratings is not None:
        rated = read_ratings(arguments.ratings, files, folder, scale=(low, high))
    wanted = files if arguments.suggest is not None or rated is None else rated.files
    heard = _heard(predictor, wanted, arguments, faults)
    if arguments.suggest is not None:
        done = set() if rated is None else set(rated.files)
        _print_suggestions(predictor, folder, heard, done, arguments)
        return 0
    assert rated is not None
    lost = [file for file in rated.files if file not in heard]
    if lost:
        raise AffectMixError(
            f"{lost[0]} and {len(lost) - 1} more of the rated songs cannot be heard; mend them, or "
            "take them out of the ratings"
        )
    values = [heard[file] for file in rated.files]
    ears = open_ears(predictor.model)
    tuned = tune(ears, values, rated.values, method=arguments.method, seed=arguments.seed)
    save_tuned(tuned, arguments.model, out, listener=arguments.listener)
    _say(tuned, out)
    return 0


def _heard(
    predictor: Predictor,
    files: Sequence[Path],
    arguments: argparse.Namespace,
    faults: Sequence[FileFault],
) -> dict[Path, np.ndarray]:
    """Return what the model hears of each file that can be used, and name the others."""
    cache = FeatureCache(arguments.cache or default_folder())
    cache.prepare()
    heard, bad = {}, list(faults)
    jobs = min(max(1, arguments.jobs), max(1, len(files)))
    for found in hear_all(files, predictor.hearing, predictor.cutting(), cache=cache, jobs=jobs):
        if isinstance(found, FileFault):
            bad.append(found)
        else:
            heard[found.path] = found.values
    cache.trim()
    for fault in bad:
        print(f"affectmix: {fault.message}", file=sys.stderr)
    if not heard:
        raise AffectMixError(f"--audio {arguments.audio}: no song in it can be used")
    return heard


def _print_suggestions(
    predictor: Predictor,
    folder: Path,
    heard: Mapping[Path, np.ndarray],
    done: set[Path],
    arguments: argparse.Namespace,
) -> None:
    values = list(heard.values())
    ears = open_ears(predictor.model)
    files = list(heard)
    audible = ears.hears(values)
    known = [n for n in range(len(files)) if audible[n]]
    rated = [place for place, n in enumerate(known) if files[n] in done]
    if len(rated) == len(known):
        raise AffectMixError(f"--suggest: all songs are rated; add others to {folder}")
    songs = ears.songs([values[number] for number in known])
    writer = csv.writer(sys.stdout, lineterminator="\n")
    columns = ["valence", "arousal"] if songs.output == "affect" else ["quadrant"]
    writer.writerow(["path", *columns])
    for number in suggest(songs, arguments.suggest, seed=arguments.seed, rated=rated):
        path = files[known[number]].relative_to(folder).as_posix()
        writer.writerow([printable(path), *[""] * len(columns)])


def _slug(arguments: argparse.Namespace) -> str:
    name = "".join(letter if letter.isalnum() else "_" for letter in arguments.listener)
    return name.strip("_").lower() or "tuned"


def _say(tuned: Tuned, out: Path) -> None:
    print(f"{out}: tuned with {tuned.count} songs by {tuned.correction.method}")
    for name, before in tuned.before.items():
        after = tuned.after.get(name)
        left_out = "not measured" if after is None else f"{after:.3f}"
        print(f"  {name} on the rated songs: general {before:.3f}, tuned and left out {left_out}")
