"""Has a job end when the Snakemake that started it does, in whatever way.

A job that outlives a killed Snakemake would write beside the next run, and leave files of
which no run knows what they were made from. Only Linux can be asked for this.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import Final

from affectmix.errors import AffectMixError

_VARIABLE: Final = "AFFECTMIX_STARTED_BY"
_PR_SET_PDEATHSIG: Final = 1


def export_parent() -> None:
    """Tell the jobs of this process, through their environment, who starts them."""
    os.environ[_VARIABLE] = str(os.getpid())


def end_with_parent(number: int = signal.SIGKILL) -> None:
    """Have the system send this process a signal as soon as its parent has ended.

    Raises:
        AffectMixError: who started this process, as :func:`export_parent` said, has ended
            before it could be asked.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(number))
    parent = os.environ.get(_VARIABLE, "")
    if parent and os.getppid() != int(parent) and not _is_there(int(parent)):
        raise AffectMixError(
            f"the Snakemake that started this job, process {parent}, has ended; run it again"
        )


def _is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
