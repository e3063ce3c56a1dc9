"""A process that judges inputs, watched: its death, a hang or too much memory costs one input."""

from __future__ import annotations

import multiprocessing
import os
import resource
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any

from outcomes import CRASH, EXCEPTION, HANG, Outcome

_HEADROOM = 2 << 30  # bytes of address space above what the imports take
_START_S = 300.0  # for the imports, on a machine that is busy

Judge = Callable[[Any], Outcome]


class Watched:
    """Calls ``judge`` in a process of its own, which is begun anew after a death or a hang.

    Args:
        make_judge: importable; called once in each process, returns the judge.
        limit_s: seconds of processor time after which an input counts as a hang; the clock
            on the wall gets ten times as many.
    """

    def __init__(self, make_judge: Callable[[], Judge], *, limit_s: float) -> None:
        self._make_judge = make_judge
        self._limit_s = limit_s
        self._context = multiprocessing.get_context("spawn")
        self._process: multiprocessing.process.BaseProcess | None = None
        self._pipe: Connection | None = None

    def __enter__(self) -> Watched:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def __call__(self, task: Any) -> Outcome:
        """Return what the judge says of a task, or what it did to the process."""
        if self._process is None:
            self._begin()
        assert self._pipe is not None and self._process is not None
        self._pipe.send(task)
        try:
            if self._pipe.poll(10 * self._limit_s):
                outcome: Outcome = self._pipe.recv()
                return outcome
        except (EOFError, ConnectionResetError):
            self._process.join()
            code = self._process.exitcode
            self._end()
            if code == -24:  # SIGXCPU
                return Outcome(HANG, f"more than {self._limit_s:g} s of processor time")
            return Outcome(CRASH, f"exit code {code}")
        self._end()
        return Outcome(HANG, f"more than {10 * self._limit_s:g} s on the wall")

    def _begin(self) -> None:
        self._pipe, theirs = self._context.Pipe()
        self._process = self._context.Process(
            target=_serve, args=(theirs, self._make_judge, self._limit_s), daemon=True
        )
        self._process.start()
        theirs.close()
        assert self._pipe.poll(_START_S), "the process that judges did not begin"
        self._pipe.recv()

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
        self._process = self._pipe = None


def _serve(pipe: Connection, make_judge: Callable[[], Judge], limit_s: float) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # decoders tell it of each damaged frame
    judge = make_judge()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    most = pages * resource.getpagesize() + _HEADROOM
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    pipe.send("ready")
    while True:
        try:
            task = pipe.recv()
        except EOFError:
            return
        used = resource.getrusage(resource.RUSAGE_SELF)
        seconds = int(used.ru_utime + used.ru_stime + limit_s) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))
        try:
            outcome = judge(task)
        except Exception as error:  # that is what is looked for
            outcome = Outcome(
                EXCEPTION, f"{type(error).__name__}: {error!s:.300} ({_place(error)})"
            )
        pipe.send(outcome)


def _place(error: Exception) -> str:
    """Return file and line of the last of our own functions that an error went through."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "affectmix" in frame.filename]
    last = (ours or frames)[-1]
    return f"{Path(last.filename).name}:{last.lineno}"
