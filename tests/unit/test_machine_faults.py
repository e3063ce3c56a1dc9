"""Full disks, closed folders, too little memory and a dead parent, as jobs meet them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from affectmix.corpora.stamps import stamp_of, unchanged
from affectmix.errors import AudioError, MachineError
from affectmix.machine_faults import check_room, check_writable, explain
from safetensors import SafetensorError

FULL = Path("/dev/full")  # every write to it fails as on a full disk
SCRIPTS = Path(__file__).parents[2] / "scripts"

WRITERS: dict[str, Callable[[Path], object]] = {
    "text": lambda file: file.write_text("x" * 100_000),
    "table": lambda file: pq.write_table(pa.table({"x": np.arange(100_000)}), file),
    "csv": lambda file: pd.DataFrame({"x": range(10_000)}).to_csv(file),
}


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
@pytest.mark.parametrize("kind", WRITERS)
def test_a_full_disk_is_named_by_whatever_library_meets_it(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "full"
    file.symlink_to(FULL)  # as some remove what they could not write
    with pytest.raises(OSError) as caught:
        WRITERS[kind](file)
    said = explain(caught.value, tmp_path)
    assert said is not None, caught.value
    assert "the disk is full" in said
    assert "run the same command again" in said


def test_a_full_disk_is_known_by_its_words_where_its_number_is_lost(tmp_path: Path) -> None:
    said = explain(SafetensorError("I/O error: No space left on device (os error 28)"), tmp_path)
    assert said is not None
    assert "the disk is full" in said


def test_other_errors_are_left_to_their_traceback(tmp_path: Path) -> None:
    assert explain(ValueError("x"), tmp_path) is None
    assert explain(FileNotFoundError(2, "No such file", "x"), tmp_path) is None


def test_a_lack_of_memory_is_found_behind_another_error(tmp_path: Path) -> None:
    error = RuntimeError("cannot fit")
    error.__cause__ = MemoryError("Unable to allocate 8 GiB")
    said = explain(error, tmp_path)
    assert said is not None
    assert "memory ran out (Unable to allocate 8 GiB)" in said


def test_a_folder_that_cannot_be_made_is_said_before_any_work(tmp_path: Path) -> None:
    check_writable(tmp_path / "results")
    assert list((tmp_path / "results").iterdir()) == []
    with pytest.raises(MachineError, match="/proc/results"):
        check_writable("/proc/results")


def test_a_disk_with_too_little_room_is_said_before_any_work(tmp_path: Path) -> None:
    check_room(tmp_path, megabytes=1)
    with pytest.raises(MachineError, match=f"{tmp_path}: the disk is full .* 1000000000 MB"):
        check_room(tmp_path, megabytes=10**9)


def test_a_clip_that_changes_meanwhile_is_named(tmp_path: Path) -> None:
    clip, other = tmp_path / "a.wav", tmp_path / "b.wav"
    clip.write_bytes(b"1234")
    other.write_bytes(b"5678")
    files = [[str(clip), *stamp_of(str(clip))], [str(other), *stamp_of(str(other))], ["made.wav"]]
    with unchanged(files):
        pass
    with pytest.raises(AudioError, match=r"a.wav: had 4 bytes, has 5") as caught, unchanged(files):
        clip.write_bytes(b"12345")
    assert "b.wav" not in str(caught.value)
    assert "run snakemake again" in str(caught.value)
    os.utime(other, ns=(0, 0))
    with pytest.raises(AudioError, match=r"b.wav: was written anew"), unchanged(files[1:]):
        pass
    clip.unlink()
    with pytest.raises(AudioError, match=r"a.wav: is gone; put it back"), unchanged(files[:1]):
        pass


def test_a_clip_that_never_was_there_is_left_to_the_scan(tmp_path: Path) -> None:
    clip = tmp_path / "a.wav"
    with unchanged([[str(clip), *stamp_of(str(clip))]]):
        pass


JOB = "import time; from affectmix.parent import end_with_parent; end_with_parent(); time.sleep(60)"
PARENT = (
    "import subprocess, sys, time; from affectmix.parent import export_parent; export_parent()\n"
    f"job = subprocess.Popen([sys.executable, '-c', {JOB!r}])\n"
    "print(job.pid, flush=True); time.sleep({})"
)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can be asked for this")
@pytest.mark.parametrize("early", [False, True], ids=["at work", "while it starts"])
def test_a_job_ends_with_the_snakemake_that_started_it(early: bool) -> None:
    command = [sys.executable, "-c", PARENT.format(60)]
    environment = os.environ | {"PYTHONPATH": str(SCRIPTS)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as parent:
        assert parent.stdout is not None
        job = psutil.Process(int(parent.stdout.readline()))
        while not early and "sleep" not in wchan(job):
            time.sleep(0.01)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    assert psutil.wait_procs([job], timeout=30)[1] == []


def wchan(process: psutil.Process) -> str:
    """Return what the system says that a process waits for."""
    return Path(f"/proc/{process.pid}/wchan").read_text()
