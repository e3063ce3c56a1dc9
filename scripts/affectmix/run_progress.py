"""How far a run of the workflow is, how long the rest may take, and where everything is."""

from __future__ import annotations

import logging
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from affectmix.progress import EVERY_S, duration

Failure = tuple[str, tuple[str, ...], str | None]  # rule, logs, signal
_DIED = re.compile(r"died with <Signals\.(SIG[A-Z]+)")
_REST = ("figures", "tables", "models")  # below results/, beside the report


class Estimate:
    """How much of a run is left, from the jobs that have finished.

    A job that is still to be run is taken for the mean of its rule's finished jobs, or of all
    finished jobs where its rule has none; what is left is divided by how many jobs ran at a
    time so far. Without a finished job nothing is said.

    Args:
        counts: rule -> jobs of this run.
    """

    def __init__(self, counts: Mapping[str, int]) -> None:
        self._left = Counter(counts)
        self._seconds: defaultdict[str, list[float]] = defaultdict(list)

    def finish(self, rule: str, seconds: float) -> None:
        """Count a finished job of ``rule``."""
        self._left[rule] -= 1
        self._seconds[rule].append(seconds)

    def seconds_left(self, elapsed: float) -> float | None:
        """Return the seconds that are left, ``elapsed`` seconds after the first job's start."""
        every = [second for of_rule in self._seconds.values() for second in of_rule]
        if not every or elapsed <= 0 or sum(every) <= 0:
            return None
        means = {rule: sum(s) / len(s) for rule, s in self._seconds.items()}
        overall = sum(every) / len(every)
        work = sum(
            count * means.get(rule, overall) for rule, count in self._left.items() if count > 0
        )
        return work / max(1.0, sum(every) / elapsed)


class RunProgress(logging.Handler):
    """Listens to Snakemake's events and says now and then how far the run is.

    It writes whole lines through ``say``, never more often than every ``every_s`` seconds, so
    that a log file or a terminal without cursor movement can take them.

    Attributes:
        failed: the failed jobs' rules, the logs that they left, and the signal that ended
            them if one did, in the order of failing.
    """

    def __init__(
        self,
        say: Callable[[str], None],
        *,
        every_s: float = EVERY_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self.failed: list[Failure] = []
        self._signal: str | None = None
        self._say, self._every_s, self._clock = say, every_s, clock
        self._estimate = Estimate({})
        self._rules: dict[int, str] = {}
        self._started: dict[int, float] = {}
        self._first: float | None = None
        self._said: float | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Take in one of Snakemake's log records; whatever is no event is passed over."""
        event = str(getattr(record, "event", None) or "")
        if died := _DIED.search(str(record.msg)):  # told just before the job's error is
            self._signal = died[1]
        handle = getattr(self, f"_on_{event}", None)
        if handle is None:
            return
        try:
            handle(record)
        except Exception:  # another Snakemake's fields must not end a run
            self.handleError(record)

    def _on_run_info(self, record: Any) -> None:
        self._estimate = Estimate({r: n for r, n in record.stats.items() if r != "total"})

    def _on_job_info(self, record: Any) -> None:
        self._rules[record.jobid] = record.rule_name

    def _on_job_started(self, record: Any) -> None:
        now = self._clock()
        if self._first is None:
            self._first = self._said = now
        self._started.update(dict.fromkeys(record.jobs, now))

    def _on_job_finished(self, record: Any) -> None:
        rule = self._rules.get(record.job_id, "")
        began = self._started.pop(record.job_id, self._clock())
        self._estimate.finish(rule, self._clock() - began)

    def _on_job_error(self, record: Any) -> None:
        self.failed.append((record.rule_name, tuple(record.log), self._signal))
        self._signal = None

    def _on_progress(self, record: Any) -> None:
        now = self._clock()
        if self._first is None or self._said is None or record.done >= record.total:
            return
        if now - self._said < self._every_s:
            return
        self._said = now
        elapsed = now - self._first
        left = self._estimate.seconds_left(elapsed)
        rest = "" if left is None else f", about {duration(left)} left"
        self._say(
            f"affectmix: {record.done} of {record.total} jobs done in {duration(elapsed)}{rest}"
        )


def summary(results: str | Path, storage: str | None = None) -> list[str]:
    """Return where a finished run's report, tables, figures and models are, a line each.

    Args:
        results: the folder of results.
        storage: the prefix of the storage that they lie on, where that is not this folder.
    """
    if storage is not None:
        return [f"affectmix: results: {storage}/{results}"]
    folder = Path(results)
    found = [("report", folder / "report.html"), *((name, folder / name) for name in _REST)]
    return [f"affectmix: {name}: {path}" for name, path in found if path.exists()]


def failures(failed: Iterable[Failure]) -> list[str]:
    """Return which jobs failed and where their logs are, and how to go on, a line each."""
    named = list(dict.fromkeys((rule, ", ".join(logs), signal) for rule, logs, signal in failed))
    lines = [
        f"affectmix: failed: {rule}: {_how(signal)}see {logs or 'the lines above'}"
        for rule, logs, signal in named
    ]
    return [*lines, "affectmix: what is done is kept; the same command goes on from there"]


def _how(signal: str | None) -> str:
    """Say why a job ended that could not say so itself."""
    if signal is None:
        return ""
    if signal != "SIGKILL":
        return f"it ended by {signal}: "
    return (
        "it was killed, by hand or by the system when memory ran out (then run fewer jobs at "
        "once, --cores 1, or with more memory): "
    )
