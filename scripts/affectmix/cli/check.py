"""``affectmix check``: everything that is wrong with a corpus, in one list."""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Collection
from concurrent.futures import ProcessPoolExecutor

import pandas as pd
from tqdm import tqdm

from affectmix.audio.scan import scan_clips, scan_problems
from affectmix.cli.configuration import add_configfile, read_project
from affectmix.config.corpus_checks import MISSING_AUDIO
from affectmix.corpora.base import NOTES, Corpus
from affectmix.corpora.checks import check_corpus
from affectmix.errors import ConfigError, Problem

CHUNK = 16  # clips per job: progress shows, and the start of a job costs little


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("corpus", help="name of the corpus in the configuration")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes to use")
    parser.add_argument("--labels-only", action="store_true", help="do not decode the audio")
    add_configfile(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> bool:
    """Print every fault, note and clip left out; return whether a fault would stop a run."""
    project = read_project(arguments.configfile)
    if arguments.corpus not in project.corpora:
        raise ConfigError(
            f"corpus {arguments.corpus!r} is not in {arguments.configfile}; "
            f"it has {sorted(project.corpora)}; --configfile names another configuration"
        )
    if project.generated(arguments.corpus):
        raise ConfigError(
            f"corpus {arguments.corpus!r} is made by the workflow itself; there is nothing to check"
        )
    corpus = project.corpora[arguments.corpus]
    minimum = project.config["min_duration_s"]
    scan = None if arguments.labels_only else _scan(corpus, max(1, arguments.jobs))
    problems = check_corpus(corpus, scan, minimum)
    skipped: set[str] = set()
    if project.config["on_bad_audio"] == "skip":
        unusable = [] if scan is None else scan_problems(scan, min_duration_s=minimum)
        skipped = {MISSING_AUDIO, *(problem.kind for problem in unusable)}
    said = [_weight(problem, skipped) for problem in problems]
    for weight, problem in zip(said, problems, strict=True):
        print(f"{weight:<5}  {problem}")
    counts = Counter(said)
    print(
        f"{arguments.corpus}: {len(corpus.clips())} clips, {counts['fault']} faults, "
        f"{counts['note']} notes{_left_out(counts['skip'])}"
    )
    return counts["fault"] > 0


def _weight(problem: Problem, skipped: Collection[str]) -> str:
    """Return what a problem does to a run: nothing, leave the clip out, or stop it."""
    if problem.kind in NOTES:
        return "note"
    return "skip" if problem.kind in skipped else "fault"


def _left_out(count: int) -> str:
    return f"; {count} left out, as on_bad_audio is skip" if count else ""


def _scan(corpus: Corpus, jobs: int) -> pd.DataFrame:
    clips = corpus.clips()
    chunks = [clips.iloc[start : start + CHUNK] for start in range(0, len(clips), CHUNK)]
    frames = []
    with (
        ProcessPoolExecutor(jobs) as pool,
        tqdm(total=len(clips), unit="clip", desc=corpus.name, disable=None) as progress,
    ):
        futures = [pool.submit(scan_clips, chunk, corpus.audio_path) for chunk in chunks]
        for chunk, future in zip(chunks, futures, strict=True):
            frames.append(future.result())
            progress.update(len(chunk))
    return pd.concat(frames, ignore_index=True)
