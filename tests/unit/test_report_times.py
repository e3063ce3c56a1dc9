"""What the report says of time: sums by rule, and nothing where nothing was timed."""

from __future__ import annotations

from pathlib import Path

from affectmix.report.gather.times import times_by_rule

HEAD = "s\th:m:s\tmax_rss\tcpu_time\n"


def test_times_are_summed_by_rule_the_longest_first(tmp_path: Path) -> None:
    (tmp_path / "search_cell").mkdir()
    (tmp_path / "search_cell" / "a-0.tsv").write_text(f"{HEAD}100.0\t0:01:40\t2048\t90.0\n")
    (tmp_path / "search_cell" / "a-1.tsv").write_text(f"{HEAD}200.0\t0:03:20\t1024\t60.0\n")
    (tmp_path / "group_clips.tsv").write_text(f"{HEAD}0.4\t0:00:00\tNA\tNA\n")
    assert list(times_by_rule(tmp_path).items()) == [
        ("search_cell", "5 min, 2 min of CPU, 2.0 GB at most (2 jobs)"),
        ("group_clips", "0 s (1 job)"),
    ]


def test_nothing_is_said_without_benchmarks(tmp_path: Path) -> None:
    assert times_by_rule(tmp_path / "nowhere") == {}
