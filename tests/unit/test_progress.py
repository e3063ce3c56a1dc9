"""How far a run and a job are: estimates with known answers, and lines that are not too many."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from affectmix.progress import counted, duration
from affectmix.run_progress import Estimate, RunProgress, failures, summary


class Run:
    """Snakemake's events of a run, at times that the test sets."""

    def __init__(self, every_s: float = 10.0) -> None:
        self.now = 100.0
        self.lines: list[str] = []
        self.progress = RunProgress(self.lines.append, every_s=every_s, clock=lambda: self.now)

    def event(self, event: str, **fields: Any) -> None:
        record = logging.LogRecord("snakemake", logging.INFO, "", 0, "", None, None)
        record.__dict__.update(fields, event=event)
        self.progress.emit(record)

    def job(self, jobid: int, rule: str, seconds: float, done: int, total: int) -> None:
        self.event("job_info", jobid=jobid, rule_name=rule)
        self.event("job_started", jobs=[jobid])
        self.now += seconds
        self.event("job_finished", job_id=jobid)
        self.event("progress", done=done, total=total)


def test_what_is_left_is_the_rules_own_means_over_the_jobs_at_a_time() -> None:
    estimate = Estimate({"fast": 3, "slow": 3, "new": 2})
    for rule, seconds in (("fast", 2.0), ("slow", 10.0), ("slow", 20.0)):
        estimate.finish(rule, seconds)
    left = 2 * 2.0 + 1 * 15.0 + 2 * 32.0 / 3
    assert estimate.seconds_left(32.0) == pytest.approx(left)
    assert estimate.seconds_left(16.0) == pytest.approx(left / 2)  # two at a time


def test_nothing_is_said_of_the_time_before_a_job_has_finished() -> None:
    assert Estimate({"slow": 3}).seconds_left(10.0) is None


def test_a_run_says_now_and_then_how_far_it_is() -> None:
    run = Run()
    run.event("run_info", stats={"slow": 5, "total": 5})
    for jobid in range(1, 5):
        run.job(jobid, "slow", 6.0, done=jobid, total=5)
    assert run.lines == [
        "affectmix: 2 of 5 jobs done in 12 s, about 18 s left",
        "affectmix: 4 of 5 jobs done in 24 s, about 6 s left",
    ]
    run.job(5, "slow", 60.0, done=5, total=5)
    assert len(run.lines) == 2  # the end has a summary of its own


def test_lines_that_are_no_events_are_passed_over() -> None:
    run = Run()
    run.event("")
    run.event("shellcmd")
    assert run.lines == []


def test_a_record_with_other_fields_does_not_end_the_run(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = Run()
    run.event("job_finished")
    assert "AttributeError" in capsys.readouterr().err
    assert run.lines == []


def test_failed_jobs_are_named_once_with_their_logs() -> None:
    run = Run()
    for _ in range(2):
        run.event("job_error", rule_name="scan_audio", log=["results/logs/a.log"])
    assert failures(run.progress.failed)[:-1] == [
        "affectmix: failed: scan_audio: see results/logs/a.log"
    ]
    assert "see the lines above" in failures([("all", (), None)])[0]


def test_a_killed_job_is_said_to_be_killed() -> None:
    run = Run()
    run.event("", msg="Command 'python scan_audio.py' died with <Signals.SIGKILL: 9>.")
    for rule in ("scan_audio", "index_labels"):
        run.event("job_error", rule_name=rule, log=[])
    killed, other, _ = failures(run.progress.failed)
    assert "scan_audio: it was killed" in killed
    assert "memory" in killed
    assert other == "affectmix: failed: index_labels: see the lines above"


def test_the_summary_names_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "report.html").touch()
    assert [line.split()[1] for line in summary(tmp_path)] == ["report:", "models:"]
    assert summary("results", "s3://mine/one") == ["affectmix: results: s3://mine/one/results"]


def test_a_job_logs_how_many_clips_are_done(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        assert list(counted("abc", "clips", every_s=0.0)) == ["a", "b", "c"]
    assert [r.getMessage()[:14] for r in caplog.records] == ["1 of 3 clips, ", "2 of 3 clips, "]
    caplog.clear()
    assert list(counted("abc", "clips")) == ["a", "b", "c"]
    assert not caplog.records


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.4, "0 s"), (119, "119 s"), (121, "2 min"), (3599, "1 h 00 min")]
)
def test_times_are_as_exact_as_an_estimate_deserves(seconds: float, said: str) -> None:
    assert duration(seconds) == said
