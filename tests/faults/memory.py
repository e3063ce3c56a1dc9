"""Jobs that get too little memory: the system's killer, and a limit of their own."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from conftest import SmallProject
from content import differences
from outcome import Outcome, last_words
from projects import Run, evaluated, killed_at_last, remove, run

GROUPS = Path("/sys/fs/cgroup/memory")  # of cgroup v1
WORDS = ("memory ran out", "it was killed")


def can_limit() -> bool:
    return os.geteuid() == 0 and (GROUPS / "memory.limit_in_bytes").exists()


@contextmanager
def memory_group(megabytes: int) -> Iterator[Path]:
    """Yield a control group whose processes have so much memory together; root alone may."""
    group = GROUPS / f"affectmix-faults-{os.getpid()}"
    group.mkdir()
    try:
        (group / "memory.limit_in_bytes").write_text(str(megabytes << 20))
        yield group
    finally:
        group.rmdir()


def killed_for_memory(
    finished: SmallProject, *, megabytes: int, scratch: Path, reference: Path
) -> list[Outcome]:
    """Run in a control group that is too small for the jobs, then with all memory."""
    with memory_group(megabytes) as group:
        enter = ("sh", "-c", f'echo $$ > {group}/cgroup.procs && exec "$@"', "sh")
        outcome = Outcome(f"out-of-memory killer: {megabytes} MB in all")
        return [_starve(outcome, enter, finished, scratch, reference)]


def _run_with_expendable_jobs(project: SmallProject, prefix: tuple[str, ...]) -> tuple[int, str]:
    """Run, with the system told to kill jobs before Snakemake, whatever is larger."""
    with killed_at_last(Run(project, prefix=prefix)) as started:
        while started.alive:
            for job in started.jobs():
                with suppress(OSError):
                    Path(f"/proc/{job.pid}/oom_score_adj").write_text("500", encoding="ascii")
            time.sleep(0.02)
        return started.wait(), started.said


def limited_memory(
    finished: SmallProject, *, megabytes: int, scratch: Path, reference: Path
) -> list[Outcome]:
    """Run with a limit on each process's address space, which needs no root."""
    limit = ("prlimit", f"--as={megabytes << 20}")
    outcome = Outcome(f"{megabytes} MB of address space for each process")
    return [_starve(outcome, limit, finished, scratch, reference)]


def _starve(
    outcome: Outcome,
    prefix: tuple[str, ...],
    finished: SmallProject,
    scratch: Path,
    reference: Path,
) -> Outcome:
    project = evaluated(finished, scratch / "starved")
    code, said = _run_with_expendable_jobs(project, prefix)
    outcome.seen = last_words(said)
    if code == 0:
        outcome.problems.append("there was enough memory after all")
    elif not any(words in said for words in WORDS):
        outcome.problems.append(f"not said that memory ran out: {said[-3000:]}")
    again, told = run(project)
    if again:
        outcome.problems.append(f"does not complete afterwards: {last_words(told)}")
    outcome.problems += differences(project.folder, reference)
    remove(project)
    return outcome
