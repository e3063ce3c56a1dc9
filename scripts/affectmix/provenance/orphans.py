"""Jobs in Slurm's queue that outlived the run that submitted them, as after its ``kill -9``.

The next run makes their files again. Two jobs must not write one file, and a job that fails
removes its outputs, which by then may be the new job's.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from getpass import getuser
from pathlib import Path

from affectmix.errors import AffectMixError

LONGEST_S = 120.0


class QueueError(AffectMixError):
    """It cannot be told whether jobs of an earlier run are still in the queue, or they stay."""


def cancel_orphans(folder: str | Path = ".", *, longest_s: float = LONGEST_S) -> list[str]:
    """Cancel the jobs that an earlier run in a folder left in the queue, and wait for their end.

    To be called by a run that holds the folder's lock, before it submits anything. They are
    known by their logs' place, which the executor takes away after a run without a fault.

    Args:
        folder: Snakemake's working directory.
        longest_s: seconds to wait.

    Returns:
        The ids of what was cancelled.

    Raises:
        QueueError: Slurm does not answer, or jobs are still there after ``longest_s``.
    """
    logs = (Path(folder) / ".snakemake" / "slurm_logs").resolve()
    if not logs.is_dir() or shutil.which("squeue") is None:
        return []
    orphans = _queued(logs)
    if not orphans:
        return []
    _ask(["scancel", *orphans], logs)
    end = time.monotonic() + longest_s
    while left := _queued(logs):
        if time.monotonic() > end:
            raise QueueError(
                f"{logs.parent.parent}: jobs of an earlier run are still in Slurm's queue after "
                f"scancel and {longest_s:g} s: {', '.join(left)}. Wait until squeue no longer "
                "lists them; then the same command again."
            )
        time.sleep(0.5)
    return orphans


def _queued(logs: Path) -> list[str]:
    """Return the ids of this user's queued and running jobs whose logs lie in a folder."""
    lines = _ask(["squeue", "--noheader", "--user", getuser(), "-O", "JobID:20,StdOut:4000"], logs)
    rows = (line.split(maxsplit=1) for line in lines.splitlines())
    return [row[0] for row in rows if len(row) == 2 and Path(row[1].strip()).is_relative_to(logs)]


def _ask(command: list[str], logs: Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise QueueError(
            f"{command[0]} failed ({done.stderr.strip() or done.returncode}), and {logs} says that "
            "an earlier run submitted jobs, which may still be writing. Run this where Slurm "
            "answers, or, when no job of that run is left, delete that folder."
        )
    return done.stdout
