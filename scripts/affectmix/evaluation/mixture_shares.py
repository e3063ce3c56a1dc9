"""What a mixture's name says: which views were trained on, and how much of each."""

from __future__ import annotations

from collections.abc import Mapping

from affectmix.splits.mixtures import parse_mixture


def trained_views(mixture: str) -> tuple[str, ...]:
    """Return the views of which the mixture trains on some rows, in order of their names."""
    return tuple(sorted(view for view, share in parse_mixture(mixture).items() if share > 0))


def is_full(mixture: str) -> bool:
    """Whether every view is trained on wholly or not at all, as in Table 1 and Fig. 3."""
    return all(share in (0.0, 1.0) for share in parse_mixture(mixture).values())


def describe(mixture: str) -> str:
    """Return the training set in words: ``iads_e + 25 % pmemo``."""
    return describe_shares(parse_mixture(mixture))


def added(mixture: str, view: str) -> str:
    """Return in words what the mixture trains on besides ``view``: ``25 % pmemo``."""
    shares = parse_mixture(mixture)
    return describe_shares({name: share for name, share in shares.items() if name != view})


def describe_shares(shares: Mapping[str, float]) -> str:
    """Return shares by view in words, those of 0 left out; empty where all are."""
    words = [
        view if share == 1 else f"{round(100 * share)} % {view}"
        for view, share in sorted(shares.items())
        if share > 0
    ]
    return " + ".join(words)
