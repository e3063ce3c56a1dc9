"""How many GPUs a job that can use one asks for."""

from __future__ import annotations

import os
from pathlib import Path

GPU = Path("/dev/nvidiactl")
_NONE_TO_BE_SEEN = ("", "-1", "NoDevFiles")  # NoDevFiles: Slurm's word for an allocation without


def gpus_of_a_job(*, submits: bool) -> int:
    """Return 1 or 0, for a job whose program runs faster on a GPU.

    Args:
        submits: whether this process submits jobs to a cluster. It cannot see the nodes, so one
            is asked for; the profile's limit on ``gpu`` says how many there are, or that there
            is none. In a job of the cluster, what was allocated counts, not what the node has.
    """
    if submits:
        return 1
    in_a_job = "SLURM_JOB_ID" in os.environ
    seen = os.environ.get("CUDA_VISIBLE_DEVICES", "" if in_a_job else "all")
    return int(seen not in _NONE_TO_BE_SEEN and (in_a_job or GPU.exists()))
