"""A short campaign of faults; the whole one is ``tests/faults/campaign.py``, run by hand."""

from __future__ import annotations

from pathlib import Path

import clips
import clocks
import twice
from conftest import SmallProject, make_project
from corruption import alter_all
from kills import kill_until
from projects import Run, killed_at_last, run, wait_until


def test_killed_runs_and_jobs_are_made_good_by_the_same_command(
    finished: SmallProject, tmp_path: Path
) -> None:
    outcomes = kill_until(
        3, kind="small", seed=4, folder=tmp_path / "killed", reference=finished.folder
    )
    assert [problem for outcome in outcomes for problem in outcome.problems] == []
    assert sum(outcome.times for outcome in outcomes[:-1]) == 3


def test_altered_files_are_refused_by_name(project: SmallProject) -> None:
    outcomes = alter_all(project.folder / "results", flips=20, seed=1)
    assert len(outcomes) > 15
    assert [problem for outcome in outcomes for problem in outcome.problems] == []


def test_second_run_in_a_live_folder_is_refused(tmp_path: Path) -> None:
    """Two runs at once would write the same files; the first one is left alone."""
    project = make_project(tmp_path / "live")
    with killed_at_last(Run(project)) as first:
        results = project.folder / "results"
        assert wait_until(lambda: list(results.glob("corpora/*/scan/*.parquet")), first)
        code, said = run(project, "--dry-run")
        assert code == 0, said
        project.snakemake("--unlock")
        code, said = run(project)
        assert code != 0
        assert f"process {first.process.pid} {twice.WORDS}" in said
        assert first.alive


def test_a_clip_that_changes_after_one_of_its_jobs_stops_the_run(project: SmallProject) -> None:
    """Its features would be of another recording than its length and its group."""
    clips.same_size(project.folder / clips.CLIP)
    results = project.folder / "results"
    kinds = ("corpora/tones/scan", "features/eGeMAPSv02/mix/tones")

    def made() -> dict[Path, int]:
        files = [file for kind in kinds for file in (results / kind).glob("[!.]*.parquet")]
        return {file: file.stat().st_mtime_ns for file in files}

    before = made()
    # On one core, one of the clip's two jobs comes after the other, whichever that is.
    with killed_at_last(Run(project, "--cores", "1")) as started:
        assert wait_until(lambda: made().keys() == before.keys() and made() != before, started)
        clips.other_content(project.folder / clips.CLIP)
        assert started.wait() != 0
    assert f"{clips.CLIP}: had" in started.said
    assert "run snakemake again" in started.said
    assert "Traceback" not in started.said


def test_results_from_the_future_do_not_stop_a_run(finished: SmallProject, tmp_path: Path) -> None:
    outcome = clocks.move_time(clocks.AHEAD, finished, tmp_path, finished.folder)
    assert outcome.problems == []
