"""What a mixture's name says: which views were trained on, and how much of each."""

from __future__ import annotations

import re

from affectmix.errors import ConfigError

_PART = re.compile(r"([a-z0-9]+(?:_[a-z0-9]+)*)-([0-9]{3})")


def shares_of(mixture: str) -> dict[str, float]:
    """Return view → share in [0, 1] of a name such as ``iads_e-100_pmemo-025``.

    Raises:
        ConfigError: the name is not made of ``view-percentage`` parts joined by ``_``.
    """
    parts = _PART.findall(mixture)
    if not parts or "_".join(f"{view}-{share}" for view, share in parts) != mixture:
        raise ConfigError(
            f"mixture: {mixture!r} is not a mixture's name; allowed are view and three-digit "
            "percentage joined by '-', several joined by '_', such as 'iads_e-100_pmemo-025'."
        )
    return {view: int(share) / 100 for view, share in parts}


def trained_views(mixture: str) -> tuple[str, ...]:
    """Return the views of which the mixture trains on some rows, in order of their names."""
    return tuple(sorted(view for view, share in shares_of(mixture).items() if share > 0))


def is_full(mixture: str) -> bool:
    """Whether every view is trained on wholly or not at all, as in Table 1 and Fig. 3."""
    return all(share in (0.0, 1.0) for share in shares_of(mixture).values())


def describe(mixture: str) -> str:
    """Return the training set in words: ``iads_e + 25 % pmemo``."""
    words = [
        view if share == 1 else f"{round(100 * share)} % {view}"
        for view, share in sorted(shares_of(mixture).items())
        if share > 0
    ]
    return " + ".join(words)
