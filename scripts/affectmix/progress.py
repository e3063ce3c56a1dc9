"""How far a long job is, now and then, in its log."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")
EVERY_S = 20.0


def duration(seconds: float) -> str:
    """Return a time in words that are as exact as an estimate deserves: ``3 min``."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def counted(items: Sequence[T], what: str, *, every_s: float = EVERY_S) -> Iterator[T]:
    """Yield ``items``; log how many are done, and the time left, every ``every_s`` seconds.

    Args:
        items: what a job works through, one after the other.
        what: their name in the plural, for the log.
    """
    began = said = time.monotonic()
    for done, item in enumerate(items):
        now = time.monotonic()
        if done and now - said >= every_s:
            said = now
            left = (now - began) / done * (len(items) - done)
            logging.info("%d of %d %s, about %s left", done, len(items), what, duration(left))
        yield item
