"""Everything that is wrong with a corpus, in one list: what ``affectmix check`` prints."""

from __future__ import annotations

import pandas as pd

from affectmix.audio.fingerprint_file import FingerprintFile
from affectmix.audio.scan import OK, scan_problems
from affectmix.corpora.base import Corpus
from affectmix.corpora.groups import group_clips
from affectmix.errors import Problem


def check_corpus(corpus: Corpus, scan: pd.DataFrame | None, min_duration_s: float) -> list[Problem]:
    """Return every fault of a corpus, sorted.

    Args:
        corpus: the corpus.
        scan: its clips by ``audio.scan.SCAN``, or None to leave the audio unopened.
        min_duration_s: shortest usable clip, in seconds.

    Returns:
        Faults of the label files and of the audio: missing, unreadable, silent, shorter than
        a feature window, duplicated, out of label range, unlabelled. Kinds in
        ``corpora.base.NOTES`` do not hinder a run.
    """
    problems = list(corpus.problems())
    if scan is not None:
        found = scan_problems(scan, min_duration_s=min_duration_s)
        problems += [p for p in found if p.kind != "missing"]  # the corpus has told of those
        problems += duplicated(corpus.name, scan)
    return sorted(set(problems))


def duplicated(corpus: str, scan: pd.DataFrame) -> list[Problem]:
    """Report clips of one corpus that are the same file or the same recording."""
    good = scan[scan["status"] == OK].assign(corpus=corpus)
    nothing = good[["corpus", "clip_id"]].assign(source=None)
    fingerprints = FingerprintFile()
    fingerprints.extend(good["fingerprint"])
    reasons = group_clips(good[["corpus", "clip_id", "sha256"]], fingerprints, nothing).reasons
    paths = good.set_index("clip_id")["path"]
    problems: dict[str, Problem] = {}
    for clip, other, reason, error in reasons[
        ["clip_id", "other_clip_id", "reason", "error"]
    ].itertuples(index=False):
        same = "the same file" if reason == "file" else f"the same recording (error {error:.2f})"
        message = f"{same} as {paths[clip]}; both stay in one group, or delete one"
        problems.setdefault(other, Problem(str(paths[other]), "duplicated", message))
    return list(problems.values())
