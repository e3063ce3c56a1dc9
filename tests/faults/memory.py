"""Jobs that get too little memory: the system's killer, and a limit of their own."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
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
) -> Outcome:
    """Run in a control group that is too small for the jobs, then with all memory."""

    def offer(job: psutil.Process) -> None:
        """Have the system kill jobs before Snakemake, whatever is larger."""
        Path(f"/proc/{job.pid}/oom_score_adj").write_text("500", encoding="ascii")

    with memory_group(megabytes) as group:
        enter = ("sh", "-c", f'echo $$ > {group}/cgroup.procs && exec "$@"', "sh")
        outcome = Outcome(f"out-of-memory killer: {megabytes} MB in all")
        return _starve(outcome, offer, finished, scratch, reference, prefix=enter)


def limited_memory(
    finished: SmallProject, *, megabytes: int, scratch: Path, reference: Path
) -> Outcome:
    """Run with a limit on each job's address space, which needs no root."""

    def limit(job: psutil.Process) -> None:
        job.rlimit(psutil.RLIMIT_AS, (megabytes << 20, megabytes << 20))

    outcome = Outcome(f"{megabytes} MB of address space for each job")
    return _starve(outcome, limit, finished, scratch, reference)


def _starve(
    outcome: Outcome,
    treat: Callable[[psutil.Process], None],
    finished: SmallProject,
    scratch: Path,
    reference: Path,
    *,
    prefix: tuple[str, ...] = (),
) -> Outcome:
    """Run, treating each job as soon as it is there, and judge; then run undisturbed."""
    project = evaluated(finished, scratch / "starved")
    with killed_at_last(Run(project, prefix=prefix)) as started:
        while started.alive:
            for job in started.jobs():
                with suppress(OSError, psutil.NoSuchProcess):
                    treat(job)
            time.sleep(0.02)
        code, said = started.wait(), started.said
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
