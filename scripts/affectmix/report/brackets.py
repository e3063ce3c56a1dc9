"""What known causes allow: the oracle's brackets, by the mixtures of an experiment."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from affectmix.splits.mixtures import mixture_name, parse_mixture


def oracle_brackets(
    oracle: pd.DataFrame | None, mixtures: Iterable[str], *, quantity: str = "gain"
) -> pd.DataFrame:
    """Return what the known causes allow of each mixture, where the oracle knows it.

    Args:
        oracle: rows of ``schemas.ORACLE``, or None.
        mixtures: of an experiment; views that are tested and not trained on are passed over.
        quantity: ``gain`` (R² with another corpus mixed in, less R² without) or ``r2``.

    Returns:
        ``view, target, mixture, mean, low, high``, one row per bracket of R².
    """
    columns = ["view", "target", "mixture", "mean", "low", "high"]
    if oracle is None:
        return pd.DataFrame(columns=columns)
    trained = pd.DataFrame(
        [(mixture, _trained(mixture)) for mixture in sorted(set(mixtures))],
        columns=["mixture", "train"],
    )
    known = oracle[oracle["quantity"] == quantity].rename(columns={"corpus": "view"})
    return known.merge(trained, on="train")[columns]


def _trained(mixture: str) -> str:
    """Return the mixture's name without the views that are only tested, as the oracle writes it."""
    return mixture_name({v: share for v, share in parse_mixture(mixture).items() if share > 0})
