"""Jobs left in Slurm's queue by a killed run; a stand-in answers for Slurm."""

from __future__ import annotations

from pathlib import Path

import pytest
from affectmix.provenance.orphans import QueueError, cancel_orphans

SQUEUE = """#!/bin/sh
cat {queue}
"""
SCANCEL = """#!/bin/sh
echo "$@" > {asked}
{then}
"""


class Slurm:
    """Programs on the PATH that list a queue and note which jobs are cancelled."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._bin, self._queue = folder / "bin", folder / "queue"
        self.asked = folder / "asked"
        self._bin.mkdir()
        monkeypatch.setenv("PATH", str(self._bin), prepend=":")

    def holds(self, logs: dict[str, Path], *, obeys: bool = True) -> None:
        rows = "".join(f"{job:<20}{log!s:<400}\n" for job, log in logs.items())
        self._queue.write_text(rows, encoding="utf-8")
        self.write("squeue", SQUEUE.format(queue=self._queue))
        then = f": > {self._queue}" if obeys else ""
        self.write("scancel", SCANCEL.format(asked=self.asked, then=then))

    def write(self, name: str, text: str) -> None:
        (self._bin / name).write_text(text, encoding="utf-8")
        (self._bin / name).chmod(0o755)


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Slurm:
    return Slurm(tmp_path, monkeypatch)


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "run" / ".snakemake" / "slurm_logs"
    folder.mkdir(parents=True)
    return folder


def test_only_jobs_of_this_folder_are_cancelled(slurm: Slurm, logs: Path) -> None:
    other = logs.parents[1] / "other" / ".snakemake" / "slurm_logs"
    slurm.holds({"7": logs / "group_scan" / "7.log", "8": other / "8.log", "12_3": logs / "a.log"})
    assert cancel_orphans(logs.parents[1]) == ["7", "12_3"]
    assert slurm.asked.read_text(encoding="utf-8").split() == ["7", "12_3"]


def test_a_folder_without_jobs_asks_nothing(slurm: Slurm, tmp_path: Path, logs: Path) -> None:
    slurm.write("squeue", "#!/bin/sh\nexit 1\n")
    assert cancel_orphans(tmp_path) == []
    slurm.holds({})
    assert cancel_orphans(logs.parents[1]) == []
    assert not slurm.asked.exists()


def test_jobs_that_stay_stop_the_run(slurm: Slurm, logs: Path) -> None:
    slurm.holds({"7": logs / "7.log"}, obeys=False)
    with pytest.raises(QueueError, match="still in Slurm's queue after scancel and 0 s: 7"):
        cancel_orphans(logs.parents[1], longest_s=0)


def test_a_slurm_that_does_not_answer_stops_the_run(slurm: Slurm, logs: Path) -> None:
    slurm.write("squeue", "#!/bin/sh\necho 'Unable to contact slurm controller' >&2\nexit 1\n")
    with pytest.raises(QueueError, match="Unable to contact slurm controller"):
        cancel_orphans(logs.parents[1])
