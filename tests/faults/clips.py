"""Clips that change or vanish between the stages of one run."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import soundfile
from conftest import SmallProject, write_clip
from content import differences
from outcome import Outcome, last_words
from projects import Run, killed_at_last, new_project, remove, run, wait_until

CLIP = Path("resources/tones/tones03.wav")


def other_content(clip: Path) -> None:
    """Put another, shorter sound in the clip's place."""
    write_clip(clip, "noises", 9)
    samples, rate = soundfile.read(clip)
    soundfile.write(clip, samples[:10_000], rate)


def same_size(clip: Path) -> None:
    """Give the clip other samples, in as many bytes."""
    data = bytearray(clip.read_bytes())
    data[200:20_000:2] = data[202:20_002:2]
    clip.write_bytes(bytes(data))


def vanished(clip: Path) -> None:
    clip.rename(clip.with_suffix(".away"))


def back(clip: Path) -> None:
    clip.with_suffix(".away").rename(clip)


@dataclass(frozen=True)
class Change:
    """What happens to a clip, when, what the run has to say, and how the user mends it."""

    name: str
    change: Callable[[Path], None]
    after: str  # files that are there when it happens
    words: str
    mend: Callable[[Path], None] | None = None


CHANGES = (
    Change("replaced", other_content, "corpora/*/scan/*.parquet", "had"),
    Change("altered, size kept", same_size, "corpora/*/scan/*.parquet", "was written anew"),
    Change("gone", vanished, "corpora/*/scan/*.parquet", "is gone", back),
)
SCANS = 4  # two corpora in two shards


def change_clips(
    kind: str, *, scratch: Path, reference: Path, changes: tuple[Change, ...] = CHANGES
) -> list[Outcome]:
    """Change a clip between scan and features; the run must stop, and the next one be right."""
    return [_change(change, kind, scratch, reference) for change in changes]


def _change(change: Change, kind: str, scratch: Path, reference: Path) -> Outcome:
    project = new_project(scratch / "changing", kind)
    outcome = Outcome(f"a clip {change.name} after its scan, before its features ({kind})")
    results, clip = project.folder / "results", project.folder / CLIP
    with killed_at_last(Run(project)) as started:
        scanned = wait_until(lambda: len(list(results.glob(change.after))) == SCANS, started)
        # Snakemake stands still meanwhile, so that no job can be faster than the change.
        os.kill(started.process.pid, signal.SIGSTOP)
        change.change(clip)
        os.kill(started.process.pid, signal.SIGCONT)
        code, said = started.wait(), started.said
    outcome.seen = last_words(said)
    if not scanned or code == 0 or CLIP.name not in said or change.words not in said:
        outcome.problems.append(f"exit status {code}, not said in words: {said[-2000:]}")
    if "Traceback" in said:
        outcome.problems.append(f"a traceback: {said[-3000:]}")
    if change.mend is not None:
        change.mend(clip)
    outcome.problems += _same_as_fresh(project, change, kind, scratch, reference)
    remove(project)
    return outcome


def _same_as_fresh(
    project: SmallProject, change: Change, kind: str, scratch: Path, reference: Path
) -> list[str]:
    """Run again, and compare with a run that had the changed clip from the start."""
    code, said = run(project)
    if code:
        return [f"does not complete afterwards: {last_words(said)}"]
    if change.mend is not None:
        return differences(project.folder, reference)
    fresh = new_project(scratch / "fresh", kind)
    change.change(fresh.folder / CLIP)
    fresh.snakemake()
    found = differences(project.folder, fresh.folder)
    if not differences(fresh.folder, reference):
        found.append("the changed clip changes nothing, so that this fault shows nothing")
    remove(fresh)
    return found
