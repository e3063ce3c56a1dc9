"""How many GPUs a job asks for, here, in a run that submits, and in a job of a cluster."""

from __future__ import annotations

from pathlib import Path

import pytest
from affectmix.config import gpus
from affectmix.config.gpus import gpus_of_a_job


@pytest.mark.parametrize(
    ("device", "environment", "submits", "expected"),
    [
        (True, {}, False, 1),
        (False, {}, False, 0),
        (True, {"CUDA_VISIBLE_DEVICES": ""}, False, 0),
        (True, {"CUDA_VISIBLE_DEVICES": "-1"}, False, 0),
        (False, {}, True, 1),  # a submitting machine cannot see the nodes
        (True, {"SLURM_JOB_ID": "1"}, False, 0),  # the node's, and another job's
        (True, {"SLURM_JOB_ID": "1", "CUDA_VISIBLE_DEVICES": "NoDevFiles"}, False, 0),
        (False, {"SLURM_JOB_ID": "1", "CUDA_VISIBLE_DEVICES": "0"}, False, 1),
    ],
)
def test_gpus_of_a_job(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    device: bool,
    environment: dict[str, str],
    submits: bool,
    expected: int,
) -> None:
    file = tmp_path / "device"
    if device:
        file.touch()
    monkeypatch.setattr(gpus, "GPU", file)
    for name in ("SLURM_JOB_ID", "CUDA_VISIBLE_DEVICES"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert gpus_of_a_job(submits=submits) == expected
