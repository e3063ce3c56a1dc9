"""A run that is killed, and the same command again: complete, and with the same content."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pandas as pd
import psutil
from conftest import SmallProject, make_project

LONGEST_S = 300


def start(project: SmallProject) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        project.command(),
        cwd=project.folder,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def wait_for(project: SmallProject, pattern: str, run: subprocess.Popen[bytes]) -> None:
    """Wait until a file of the results matches, while the run goes on."""
    end = time.monotonic() + LONGEST_S
    while not list((project.folder / "results").glob(pattern)):
        assert run.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() < end
        time.sleep(0.02)


def kill_with_its_jobs(run: subprocess.Popen[bytes]) -> None:
    """Kill Snakemake first, so that it can clean nothing up, then what it had started."""
    children = psutil.Process(run.pid).children(recursive=True)
    run.send_signal(signal.SIGKILL)
    run.wait()
    for child in children:
        try:
            child.kill()
        except psutil.NoSuchProcess:
            continue


def running_script(run: subprocess.Popen[bytes], name: str) -> psutil.Process | None:
    for child in psutil.Process(run.pid).children(recursive=True):
        try:
            if any(name in part for part in child.cmdline()):
                return child
        except psutil.NoSuchProcess:
            continue
    return None


def assert_same_content(first: SmallProject, second: SmallProject) -> None:
    tables, others = first.tables(), second.tables()
    assert tables.keys() == others.keys()
    for path, table in tables.items():
        pd.testing.assert_frame_equal(table, others[path], obj=path)


def test_killed_snakemake_goes_on_where_it_was(finished: SmallProject, tmp_path: Path) -> None:
    project = make_project(tmp_path / "killed")
    for pattern in ("corpora/*/scan/*.parquet", "cells/*/*.parquet"):
        run = start(project)
        wait_for(project, pattern, run)
        kill_with_its_jobs(run)
        assert list((project.folder / ".snakemake" / "locks").glob("*.lock"))
    project.snakemake()
    assert project.would_run() == {}
    assert_same_content(project, finished)


def test_killed_job_is_made_again(finished: SmallProject, tmp_path: Path) -> None:
    project = make_project(tmp_path / "killed")
    run = start(project)
    wait_for(project, "corpora/*/scan/*.parquet", run)
    end = time.monotonic() + LONGEST_S
    while (job := running_script(run, "extract_opensmile")) is None:
        assert run.poll() is None
        assert time.monotonic() < end
        time.sleep(0.005)
    job.kill()
    assert run.wait(timeout=LONGEST_S) != 0
    project.snakemake()
    assert project.would_run() == {}
    assert_same_content(project, finished)


def test_second_run_in_a_live_folder_is_refused(tmp_path: Path) -> None:
    """Two runs at once would write the same files; the first one is left alone."""
    project = make_project(tmp_path / "live")
    run = start(project)
    try:
        wait_for(project, "corpora/*/scan/*.parquet", run)
        project.snakemake("--dry-run")
        refused = project.snakemake(check=False)
        assert refused.returncode != 0
        assert "lock" in (refused.stdout + refused.stderr).lower()
        assert run.poll() is None
    finally:
        kill_with_its_jobs(run)
