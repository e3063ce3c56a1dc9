"""A short campaign of each kind; the long one is campaign.py."""

from __future__ import annotations

from audio_campaign import run_audio
from audio_seeds import made_seeds
from config_judge import make_judge as make_config_judge
from config_mutations import spoilt_configurations
from drawn import run_drawn
from outcomes import CRASH, EXCEPTION, HANG, LEFT_OUT, USABLE, Outcome, Trial, bad, table
from table_judge import make_judge as make_table_judge
from table_mutations import spoilt_tables
from workers import Judge, Watched

SEED = 2026


def check(trials: list[Trial], count: int) -> None:
    """Require that nothing bad came of any, and that some were usable and some were not."""
    assert not bad(trials), "\n".join(map(str, bad(trials)))
    assert len(trials) == count
    assert {trial.outcome.kind for trial in trials} == {USABLE, LEFT_OUT}


def test_mutated_audio_files() -> None:
    check(list(run_audio(made_seeds(), 60, SEED)), 60)


def test_mutated_configurations() -> None:
    drawn = spoilt_configurations()
    check(run_drawn(drawn, make_config_judge, 30, SEED, lambda s: (s.example, s.mutation)), 30)


def test_mutated_label_files() -> None:
    drawn = spoilt_tables()
    check(run_drawn(drawn, make_table_judge, 30, SEED, lambda m: (str(m.case), m.mutation)), 30)


def make_faulty_judge() -> Judge:
    """Return a judge that does to its process what a task says."""
    import ctypes
    import os

    def judge(task: str) -> Outcome:
        if task == "segfault":
            ctypes.string_at(0)
        if task == "exit":
            os._exit(3)
        while task == "loop":
            pass
        if task == "memory":
            bytearray(8 << 30)
        return Outcome(USABLE)

    return judge


def test_a_process_that_dies_hangs_or_takes_too_much_costs_one_task() -> None:
    with Watched(make_faulty_judge, limit_s=0.5) as judge:
        tasks = ("fine", "segfault", "fine", "loop", "exit", "memory", "fine")
        found = [judge(task) for task in tasks]
    kinds = [outcome.kind for outcome in found]
    assert kinds == [USABLE, CRASH, USABLE, HANG, CRASH, EXCEPTION, USABLE]
    assert "MemoryError" in found[5].detail
    trials = [Trial("f", "m", str(n), outcome) for n, outcome in enumerate(found)]
    assert table(trials, "family").splitlines()[2] == "| f | 7 | 3 | 0 | 2 | 1 | 1 | 0 |  |"
