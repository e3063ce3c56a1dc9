"""Two runs at once in one folder, and the locks that a killed one leaves."""

from __future__ import annotations

from pathlib import Path

from conftest import SmallProject
from content import differences
from outcome import Outcome, last_words
from projects import Run, kill, killed_at_last, new_project, remove, run, wait_until

WORDS = "is at work in this folder"
SCANNED = "results/corpora/tones/audio.parquet"


def second_run(kind: str, *, scratch: Path, reference: Path) -> list[Outcome]:
    """Start a second run, a dry one and --unlock beside a live one, which has to complete."""
    project = new_project(scratch / "twice", kind)
    refused = Outcome(f"a second run beside a live one ({kind})")
    dry = Outcome(f"a dry run beside a live one ({kind})")
    unlocked = Outcome(f"--unlock, and then a second run beside a live one ({kind})")
    results = project.folder / "results"
    with killed_at_last(Run(project)) as first:
        wait_until(lambda: list(results.glob("corpora/*/scan/*.parquet")), first)
        _refused(project, refused)
        code, said = run(project, "--dry-run")
        dry.seen = f"exit status {code}: {last_words(said)}"
        dry.problems += [said[-2000:]] if code else []
        run(project, "--unlock")
        _refused(project, unlocked)
        alive = first.alive
        if first.wait():
            refused.problems.append(f"the first run failed: {last_words(first.said)}")
        if not alive:
            refused.problems.append("the first run had ended before the second was tried")
    refused.problems += differences(project.folder, reference)
    remove(project)
    return [refused, dry, unlocked]


def _refused(project: SmallProject, outcome: Outcome) -> None:
    code, said = run(project)
    outcome.seen = last_words(said)
    if code == 0 or WORDS not in said:
        outcome.problems.append(f"exit status {code}, not refused in words: {said[-2000:]}")
    if "Traceback" in said:
        outcome.problems.append(f"a traceback: {said[-3000:]}")


def same_instant(kind: str, *, times: int, scratch: Path, reference: Path) -> list[Outcome]:
    """Start two runs in the same instant: one is refused, the other completes what was asked."""
    project = new_project(scratch / "instant", kind)
    outcome = Outcome(f"two runs started in the same instant ({kind})", times=times)
    refusals = 0
    for _ in range(times):
        for file in (project.folder / "results").glob("corpora/tones/**/*.parquet"):
            file.unlink()
        pair = [Run(project, SCANNED), Run(project, SCANNED)]
        codes = [each.wait() for each in pair]
        said = pair[0].said  # the two write into one file, from the same place on
        refusals += sum(map(bool, codes))
        if all(codes) or not (project.folder / SCANNED).exists():
            outcome.problems.append(f"neither completed: {said[-3000:]}")
        if any(codes) and not (WORDS in said or "cannot be locked" in said):
            outcome.problems.append(f"not refused in words: {said[-3000:]}")
        if "Traceback" in said:
            outcome.problems.append(f"a traceback: {said[-3000:]}")
    outcome.seen = f"{refusals} refused, {2 * times - refusals} completed"
    code, said = run(project)
    if code:
        outcome.problems.append(f"does not complete afterwards: {last_words(said)}")
    outcome.problems += differences(project.folder, reference)
    remove(project)
    return [outcome]


def stale_lock(kind: str, *, scratch: Path) -> list[Outcome]:
    """Kill a run; the same command, and --unlock, work without more ado."""
    project = new_project(scratch / "stale", kind)
    outcome = Outcome(f"locks of a killed run ({kind})")
    locks = project.folder / ".snakemake" / "locks"
    started = Run(project, SCANNED)
    wait_until(lambda: list(locks.glob("*.lock")), started)
    kill(started.members())
    started.process.wait()
    left = bool(list(locks.glob("*.lock")))
    for arguments in (("--unlock",), (SCANNED,)):
        code, said = run(project, *arguments)
        if code or WORDS in said:
            outcome.problems.append(f"{arguments}: {last_words(said)}")
    outcome.seen = "cleared by the next command" if left else "the kill left no lock"
    remove(project)
    return [outcome]
