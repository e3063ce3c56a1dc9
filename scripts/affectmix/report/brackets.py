"""What known causes allow: the oracle's brackets, by the mixtures of an experiment."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from affectmix.splits.mixtures import mixture_name, parse_mixture


def gain_brackets(oracle: pd.DataFrame | None, mixtures: Iterable[str]) -> pd.DataFrame:
    """Return the gain by mixing that the known causes allow, where the oracle knows it.

    Args:
        oracle: rows of ``schemas.ORACLE``, or None.
        mixtures: of an experiment; views that are tested and not trained on are passed over.

    Returns:
        ``view, target, mixture, mean, low, high``, one row per bracket of R² gained.
    """
    columns = ["view", "target", "mixture", "mean", "low", "high"]
    if oracle is None:
        return pd.DataFrame(columns=columns)
    trained = pd.DataFrame(
        [(mixture, _trained(mixture)) for mixture in sorted(set(mixtures))],
        columns=["mixture", "train"],
    )
    gains = oracle[oracle["quantity"] == "gain"].rename(columns={"corpus": "view"})
    return gains.merge(trained, on="train")[columns]


def _trained(mixture: str) -> str:
    """Return the mixture's name without the views that are only tested, as the oracle writes it."""
    return mixture_name({v: share for v, share in parse_mixture(mixture).items() if share > 0})
